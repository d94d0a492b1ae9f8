/*
 * sync_merge: a catalog against what is stored: which rows are new, changed,
 * missing or back, and what is to be written.  Runs inside the transaction.
 */
#pragma once
#include "task/sync_job.h"

/* What a price that opens is the next value of. */
struct sync_move {
	const struct price *before; /* NULL: the provider did not publish one */
	int64_t before_id;
	struct str before_suspect;
	size_t first_change; /* from here on stands the change of it, if it is one */
};

struct sync_merge {
	struct catalog catalog;     /* with the models carried over from before */
	const struct hash *content; /* [catalog.n] */
	struct hash hash;           /* of the state */
	const struct identity_rules *identity;
	struct store_row *rows;   /* stored, sorted by id */
	size_t n_rows, n_present; /* of them not missing before */

	struct store_model_write *writes;
	size_t n_writes;
	int64_t *price_closes;
	size_t n_price_closes, price_closes_room;
	struct store_price_open *price_opens;
	struct sync_move *moves; /* beside them */
	size_t n_price_opens, price_opens_room;
	int64_t *missing, *returned;
	size_t n_missing, n_returned;
	const struct str *lacking;        /* ids, beside `missing`, sorted */
	const int64_t *missing_incidents; /* beside `missing`, 0: none; or NULL */
	const int64_t *removed;           /* absences that count as removals from now on */
	size_t n_removed;
	uint64_t n_added, n_changed;
	struct changes changes;
	bool is_correction; /* sync_merge_as_correction() */
};

/*
 * Load the stored rows and compare.  Models that were listed but could not be
 * read, and what optional lists could not say, are carried over from
 * what was observed, so that the state and its name stay true.
 */
bool sync_merge_load(struct store *s, struct sync_job *job, const struct reading *r,
		     const struct snapshot *snapshot, struct sync_merge *ret, struct err *e);

/*
 * ERR_SUSPECT when more than max(5, 10 %) of the models present are gone at once,
 * unless a list was suspected before and at least 90 % of its ids lack again.
 */
bool sync_merge_check_shrink(struct sync_merge *m, struct sync_job *job, struct err *e);

/*
 * ERR_SUSPECT when the provider was asked with another key than the last time and
 * says something else, unless a list was suspected before with that very key.
 */
bool sync_merge_check_key(struct sync_merge *m, struct sync_job *job, struct err *e);

/* `key`: print of the key it was said to. */
bool sync_merge_apply(struct store *s, struct sync_job *job, const struct sync_merge *m,
		      int64_t at_ms, struct str key, struct err *e);

/* All that it changes becomes one event of kind `corrected`. */
void sync_merge_as_correction(struct sync_merge *m, struct sync_job *job);

/* Counts and changes into the job's report. */
void sync_merge_report(const struct sync_merge *m, struct sync_job *job);

/*
 * The stored document of one list, parsed; *ret_found false when there is none.
 * *ret holds what is to be freed, also after a failure.
 */
bool sync_reread_document(struct store *s, struct sync_job *job, const struct list *l,
			  struct reader_list *ret, bool *ret_found, struct err *e);
