/*
 * What every step of a sync may do to its job.
 */
#include "task/sync_job.h"

#include <stdlib.h>

void sync_add_note(struct sync_job *job, struct str text)
{
	struct reading *r = &job->reading;
	struct str *notes = arena_array(&job->arena, r->n_notes + 1, struct str);

	if (r->n_notes)
		memcpy(notes, r->notes, r->n_notes * sizeof(*notes));
	notes[r->n_notes++] = text;
	job->report.notes = r->notes = notes;
	job->report.n_notes = r->n_notes;
}

void sync_fail(struct sync_job *job, enum store_completeness completeness, const struct err *e)
{
	job->report.outcome = SYNC_FAILED;
	job->report.completeness = completeness;
	job->report.err = *e;
}

void sync_overtaken(struct sync_job *job)
{
	struct sync_report *r = &job->report;

	r->outcome = SYNC_OVERTAKEN;
	r->has_prev = true;
	r->prev = r->hash = job->state.snapshot;
	r->models = r->synced = job->state.snapshot_models;
	r->prices = job->state.snapshot_prices;
}

bool sync_unpack(const struct store_document *d, size_t max, struct document *ret, struct err *e)
{
	unsigned char *copy = malloc(d->body.n + FETCH_PADDING);

	if (!copy)
		abort();
	if (d->body.n)
		memcpy(copy, d->body.at, d->body.n);
	if (decode_body(&copy, d->body.n, FETCH_GZIP, max, ret, e))
		return true;
	free(copy);
	return false;
}
