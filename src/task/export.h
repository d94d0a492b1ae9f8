/*
 * export: the arrow from the database to a file of somebody else's format.
 *
 *	store.shown, store.prices ▶ sink.export
 *
 * What is exported are the models that are listed and active, of active providers, as they are in force.
 */
#pragma once
#include "base/buf.h"
#include "sink/export.h"
#include "store/store.h"

struct export_query {
	const struct str *providers; /* slugs; none: all */
	size_t n_providers;
};
/* ERR_DATA for a provider that was never synced. */
bool export_catalog(struct store *s, const struct export_query *q, enum export_format format,
		    struct buf *out, struct err *e);
