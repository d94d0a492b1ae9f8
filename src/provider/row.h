/*
 * row: one row of a provider's list → one model.  Used by reader.c alone.
 */
#pragma once
#include "provider/descriptor.h"
#include "provider/notes.h"

enum {
	ROW_ID_MAX = 1024,           /* bytes of an id: databases bound what an index can hold */
	ROW_TEXT_MAX = 4096,         /* bytes of a name, a modality, … */
	ROW_DESCRIPTION_MAX = 65536, /* bytes of a description */
	ROW_METADATA_MAX = 262144,   /* bytes of everything kept besides */
	ROW_DEPTH_MAX = 64,          /* containers in one another; what is deeper is not kept */
	ROW_PRICES_MAX = 512,        /* prices of one model */
};

/* Room that is used again for each row. */
struct row_scratch {
	yyjson_val **slots;       /* of the list's plan, and of the row around */
	yyjson_val **entry_slots; /* of the plan of overrides or tiers, whichever is read */
	struct price prices[ROW_PRICES_MAX];
	size_t n_prices;
	struct buf metadata;
	struct notes notes;
};

/* The first alternative that holds something, or NULL; *ret_slot says which, for sentences. */
yyjson_val *row_at(const struct place *p, yyjson_val **slots, unsigned *ret_slot);
/* ERR_DATA that names the place; always false. */
bool row_wrong_type(const struct list *l, unsigned slot, yyjson_val *v, const char *wanted,
		    struct err *e);
/* Is what stands there one of the tokens that mean "none"? */
bool row_is_absent(const struct str *absent, size_t n, yyjson_val *v);
/* A JSON number, whole and not negative, however it is spelled (1.28e5). */
bool row_count(yyjson_val *v, int64_t *ret);

/*
 * The row's id as clean text: absent (and *e says why) when there is none that
 * can be trusted.  Needs only `scratch->slots`.
 */
bool row_id(const struct list *l, struct row_scratch *s, struct arena *a, struct str *ret,
	    struct err *e);

/* Does a member that the id is read from stand twice in the row?  Then it names no row. */
bool row_id_is_twice(const struct list *l, yyjson_val *row);

/* All of it.  ERR_DATA names the pointer that could not be read. */
bool row_read(const struct list *l, struct row_scratch *s, struct str id, struct arena *a,
	      struct model *ret, struct err *e);

/* The prices of a row, into scratch->prices; row_read() does this (provider/row_prices.c). */
bool row_prices(const struct list *l, struct row_scratch *s, struct arena *a, struct err *e);

/* The time in a field, CLOCK_NONE for none (provider/row_date.c). */
bool row_date(const struct list *l, const struct date_field *f, yyjson_val **slots, int64_t *ret,
	      struct err *e);
/* Where it was read, for sentences. */
unsigned row_date_slot(const struct date_field *f, yyjson_val **slots);
