/* SPDX-License-Identifier: MIT */
/*
 * providers: the table of the companies that the simulator plays.
 *
 * One row is all that is special about a provider: which lists it has, who writes them, what they
 * ask of callers, what its rows are like (shape.h) and how much of the market it sells.  To add
 * one: a row here, a shape, and a writer in a file wire_SLUG.c if none speaks its dialect.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "paging.h"
#include "shape.h"
#include "wire.h"

enum { PROVIDER_LISTS_MAX = 6 };

/* How callers show the key that a list wants. */
enum key_kind {
	KEY_BEARER, /* Authorization: Bearer KEY; any will do */
	KEY_HEADER, /* NAME: KEY; any */
	KEY_SCHEME, /* Authorization: NAME KEY; any */
	KEY_TOKEN,  /* Authorization: Bearer TOKEN that the token endpoint issued (issuer.h) */
	KEY_KINDS
};

struct list_key {
	enum key_kind kind;
	const char *name; /* KEY_HEADER: in lower case; KEY_SCHEME: as it is written */
};

const char *key_kind_name(enum key_kind k);
bool key_kind_by_name(const char *name, enum key_kind *out);

struct list {
	const char *name;        /* as in ?list=; unique within the provider */
	const char *host, *path; /* served at /HOST/PATH, '*' being any one segment, … */
	const char *query;       /* … when asked with this parameter; NULL = however asked */
	const struct dialect *dialect; /* truth → true wire document */
	const char *refusal; /* body of the 401 for callers without a key; NULL = public */
	struct list_key key; /* unless it is public */
	const char *demands; /* a header, in lower case, without which it answers 400; or NULL */
	const char *ids; /* it has rows only for the ids in this parameter, joined by commas … */
	size_t ids_max;  /* … so many at most, else 422; NULL = it is a list of all */
	uint32_t hidden; /* rows with these traits are not in it */
	uint32_t kinds;  /* nor are rows of other kinds, bits 1 << enum kind; 0 = all */
	const char *prefix;   /* nor rows whose id begins otherwise; NULL = all */
	struct paging paging; /* how it pages by nature; without words: one document is all */
};

struct provider {
	const char *slug;
	struct list lists[PROVIDER_LISTS_MAX]; /* the first is the one that matters */
	const struct shape *shape;
	unsigned share_percent; /* rows at start, in percent of --scale … */
	unsigned rows_min;      /* … but not fewer, unless the scale is 0 */
	size_t rows_real;       /* about what the real one lists; 0 = not in --total */
	uint32_t variants;      /* which derived rows it sells: TRAIT_FREE | … */
	const char *quirks;     /* for people: what its documents do to naive readers */
};

extern const struct provider providers[];
extern const size_t providers_count;

/* The list that answers there; NULL when nobody does. */
const struct list *list_at(const char *host, const char *path, const char *query,
			   const struct provider **owner);
/* By name; the first one for NULL; NULL when the provider has none of that name. */
const struct list *list_named(const struct provider *p, const char *name);
