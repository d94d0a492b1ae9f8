/*
 * past: what somebody typed for a moment, and how two moments differ.
 *
 * A moment is typed as the hash of a state or the first digits of it (four at least), as
 * an RFC 3339 time, or as the path of a models_HASH.json (it ends in ".json" or has a '/').
 * A hash and a file are of one provider, a time is of all of them.  A state that was there
 * several times is one state.
 *
 *	what was typed ▶ store.snapshots ▶ instants ▶ store.moves
 *	                 core.snapshot_read ▶ two catalogs ▶ moves
 *
 * Reads only.
 */
#pragma once
#include "store/past.h"

struct past_query {
	struct str before, after;    /* as typed */
	const struct str *providers; /* slugs; none: all that a time is of */
	size_t n_providers;
};

struct past_moment {
	struct str typed;
	bool is_file;
	int64_t at_ms;          /* no file: an instant at which it was so */
	struct str provider;    /* absent: a time, of all */
	struct hash hash;       /* of the state; with a provider only */
	struct catalog catalog; /* of a file */
	/*
	 * Not a file: providers without a state then, taken as empty; of those asked for by
	 * name, or else of those that had one at the other moment.
	 */
	struct str *without;
	size_t n_without;
	bool nobody; /* no provider at all had one */
};

struct past_diff {
	struct past_moment before, after;
	/* Sorted by provider, id.  Not each of them differs in what is tracked (store/past.h). */
	struct store_move *moves;
	size_t n;
};

/* Can it be answered without a database? */
bool past_is_of_files(const struct past_query *q);

/*
 * `s` may be NULL when past_is_of_files().  ERR_USAGE for what is no moment, for an unknown
 * hash (with what there is), a prefix of several (with them), a provider that is not known,
 * and moments of two providers; ERR_IO, ERR_PARSE, ERR_DATA for a file.
 */
bool past_compare(struct store *s, const struct past_query *q, struct arena *a,
		  struct past_diff *ret, struct err *e);

/* The name of the market at an instant (core/market.h), and of how many providers. */
bool past_market(struct store *s, int64_t at_ms, struct arena *a, struct hash *ret, size_t *ret_n,
		 struct err *e);

/* ERR_USAGE naming those there are, when the database has no such provider. */
bool past_check_provider(struct store *s, struct str slug, struct arena *a, struct err *e);
