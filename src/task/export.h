/*
 * export: the arrow from the database to a file of somebody else's format.
 *
 *	store.shown, store.observed, reviews, overrides ▶ sink.export
 *
 * What is exported are the models that are listed and active, of active providers, as they are in force:
 * what is held is what was before, what an operator laid over stands.
 *
 * It goes in steps of a few hundred models, each a few short statements, so that 25,000 models need the memory
 * of those and a server holds no connection while a client reads.  A sync that commits between two
 * steps may be seen by the second alone: each model is whole, the text is of no single instant.
 */
#pragma once
#include "sink/export.h"
#include "store/store.h"

struct export_query {
	const struct str *providers; /* slugs; none: all */
	size_t n_providers;
	enum export_format format;
};

struct exporter;

/*
 * Appends to `out`, which may be emptied between two calls.  ERR_DATA for a provider that was never
 * synced.  The strings of the query are copied.
 */
bool exporter_create(struct exporter **ret, struct store *s, const struct export_query *q,
		     struct buf *out, struct err *e);
/* One more step, with any connection to that database; *ret_more false: that was the last.  One that failed may be taken again. */
bool exporter_step(struct exporter *x, struct store *s, bool *ret_more, struct err *e);
void exporter_destroy(struct exporter *x); /* NULL is fine */
