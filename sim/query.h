/* SPDX-License-Identifier: MIT */
/*
 * query: parameters of a request ("kind=status&times=2"), percent-decoded where used.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* The decoded value, to be freed; NULL when the key is absent.  NUL bytes (%00) end the value. */
char *query_text(const char *query, const char *key);
/* Decimal digits up to max; `otherwise` when absent.  false: present and not such a number. */
bool query_number(const char *query, const char *key, uint64_t max, uint64_t otherwise,
		  uint64_t *out);
bool query_has(const char *query, const char *key);
/* Decimal digits and nothing else. */
bool number_parse(const char *text, uint64_t max, uint64_t *out);
