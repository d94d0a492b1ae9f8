/*
 * strict: reading our own JSON files (descriptors) without forgiveness.
 *
 * A member that nobody asked for, a wrong type, a missing required member: each
 * is ERR_CONFIG with the pointer at which it stands.
 */
#pragma once
#include "base/json.h"

struct strict {
	struct arena *a;
	struct err *e;
};

/* An object and where it stands ("/lists/0/fields"); `seen` counts members taken. */
struct strict_obj {
	const struct strict *s;
	yyjson_val *v;
	struct str where;
};

/* The member `key` of a place, as a place: "/lists/0" + "fields". */
struct str strict_where(const struct strict *s, struct str where, const char *key);
struct str strict_where_index(const struct strict *s, struct str where, size_t index);

bool strict_object(const struct strict *s, yyjson_val *v, struct str where,
		   const char *const *known /* NULL-terminated */, struct strict_obj *ret);
/* An object whose members have free names: only that none stands twice. */
bool strict_free_object(const struct strict *s, yyjson_val *v, struct str where);
/* A list, or nothing. */
bool strict_list(const struct strict *s, yyjson_val *v, struct str where);
bool strict_fail(const struct strict *s, struct str where, const char *sentence);

/* Absent members leave *ret alone, unless `required`. */
bool strict_str(const struct strict_obj *o, const char *key, bool required, struct str *ret);
bool strict_bool(const struct strict_obj *o, const char *key, bool required, bool *ret);
/* A small positive count. */
bool strict_count(const struct strict_obj *o, const char *key, unsigned max, unsigned *ret);
/* A list of strings; one bare string counts as a list of one. */
bool strict_strs(const struct strict_obj *o, const char *key, struct str **ret, size_t *ret_n);
