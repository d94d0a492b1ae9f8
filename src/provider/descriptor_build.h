/*
 * descriptor_build: what the parts of a descriptor's list are built with.
 * Used by the files descriptor_*.c alone.
 */
#pragma once
#include "provider/descriptor.h"
#include "provider/strict.h"

/* What is being built, passed down so that every step can name its place. */
struct builder {
	const struct strict *s;
	struct list *list;
	/* price_defaults */
	struct str unit;
	const struct sentinel *sentinels;
	size_t n_sentinels;
	unsigned noise;
};

/* The slot of a pointer into a row, or ("../name") into the row around it. */
bool build_slot(const struct builder *b, struct str pointer, struct str where, unsigned *ret);
/* The slot of a pointer into an entry of an array. */
bool build_entry_slot(const struct builder *b, struct plan *plan, struct str pointer,
		      struct str where, unsigned *ret);
/* The plan that a pointer belongs to; cuts the ".." off. */
struct plan *build_plan_of(const struct list *l, struct str *pointer);
/* Member `key` of `o`: one pointer or several; into an entry where `entry` is a plan. */
bool build_place(const struct builder *b, struct plan *entry, const struct strict_obj *o,
		 const char *key, struct place *ret);
/* Member `key`, or nothing. */
bool build_date(const struct builder *b, const struct strict_obj *o, const char *key,
		struct date_field *ret);
bool build_test_at(const struct builder *b, yyjson_val *v, struct str where, struct test *ret);
bool build_test(const struct builder *b, const struct strict_obj *o, const char *key,
		struct test *ret);
/* The same, where a list of tests may stand. */
bool build_tests(const struct builder *b, const struct strict_obj *o, const char *key,
		 struct test *ret);
/* Member "split", or nothing: characters at which a string is cut. */
bool build_split(const struct strict_obj *o, struct str *ret);

/* Is it a pointer into a whole document, which selects nothing? */
bool build_check_pointer(const struct strict *s, struct str pointer, struct str where);
/* Member `key`, or nothing: a pointer into the whole document; it goes into no plan of rows. */
bool build_pointer(const struct strict_obj *o, const char *key, struct str *ret);

/* Member "pages" of a list (descriptor_pages.c). */
bool build_pages(const struct strict_obj *list, struct pages *ret);

/* Member "fields" of a list (descriptor_field.c). */
bool build_fields(const struct builder *b, const struct strict_obj *list);

/* Members "price_defaults", "prices" and "overrides" of a list (descriptor_price.c). */
bool build_prices(struct builder *b, const struct strict_obj *list);
/* Member "overrides", or nothing (descriptor_override.c); the prices are known. */
bool build_overrides(const struct builder *b, const struct strict_obj *list);
/* Which of the prices is the first to be read from its place. */
void build_mark_first(struct price_field *prices, size_t n);
