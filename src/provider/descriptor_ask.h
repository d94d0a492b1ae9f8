/*
 * descriptor_ask: the members of a descriptor that say how its provider is asked.
 * Used by descriptor.c alone; what others call of it is in descriptor.h.
 */
#pragma once
#include "provider/descriptor.h"
#include "provider/strict.h"

bool descriptor_parse_auth(const struct strict *s, yyjson_val *v, struct descriptor *d);
/* "bearer", "header:NAME" … at `where`. */
bool descriptor_parse_form(const struct strict *s, struct str form, struct str where,
			   enum auth_form *ret, struct str *ret_name);
/* An object of header lines; `key_name` (or absent) is the key's and no line of theirs. */
bool descriptor_parse_lines(const struct strict *s, yyjson_val *v, struct str where,
			    struct str key_name, struct fixed_header **ret, size_t *ret_n);
bool descriptor_parse_headers(const struct strict *s, yyjson_val *v, struct descriptor *d);
bool descriptor_parse_variables(const struct strict *s, yyjson_val *v, struct descriptor *d);
/* Once the lists are known: every "{name}" has its variable, and every variable its place. */
bool descriptor_check_variables(const struct strict *s, const struct descriptor *d);
