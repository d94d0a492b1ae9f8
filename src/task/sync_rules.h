/*
 * sync_rules: what a sync makes of a fetch that is complete, over time: which
 * absences count as removals, what went together as one incident, which values
 * went back to what they were, which changes are of the document and not of models.
 *
 * All of it inside the sync's transaction; how long is long enough and how many are
 * many is core/removal.h's and core/fold.h's.  A correction of our own knows none of
 * these rules (sync_merge_as_correction).
 *
 * One outage is one incident: a list that was suspect opens one, which the next
 * complete list takes over with its members or closes; many that follow within a day,
 * while none came back, go into the one that is open.  Few that follow are none of it.
 */
#pragma once
#include "task/sync_merge.h"

/* Another state: into m->changes, m->missing_incidents and m->removed. */
bool sync_rules_apply(struct store *s, struct sync_job *job, struct sync_merge *m, struct err *e);

/*
 * The same state once more: absences grow older.  Into job->report, and *b; where none
 * is old enough nothing of it is written.
 */
bool sync_rules_age(struct store *s, struct sync_job *job, struct store_batch *b, struct err *e);

/* A list was not taken over for what it lacks: into the transaction that keeps its run. */
bool sync_rules_suspect(struct store *s, struct sync_job *job, struct err *e);
