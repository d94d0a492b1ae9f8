/*
 * sync_notice: whom a commit tells, written in its transaction.
 *
 * A hook is owed when the market moved the provider's state, its first one included; a
 * webhook when there is something to tell of: not a baseline, not our own corrections.
 * One notice of each kind for one provider and sync, however much changed.
 */
#pragma once
#include "task/sync_job.h"

/* The last step of a commit that keeps something: changes and snapshot are written. */
bool sync_notice_save(struct store *s, struct sync_job *job, struct err *e);
