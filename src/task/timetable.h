/*
 * timetable: what is due when, in one heap.
 *
 * Each entry has a time on the monotonic clock and a reason in words; the earliest is waited for by one
 * timer.  Times are reckoned from when an entry was due, not from when it ran, so
 * nothing drifts; ± a tenth of random time keeps providers apart.  Who slept through several
 * (suspended, stopped) runs once, soon, spread over a minute; the others are skipped and counted.  Windows of
 * the day are of a time zone (base/zone.h): an hour that a change of clocks skips is not missed, one that
 * it repeats is not used twice.
 * On the loop thread.
 */
#pragma once
#include "base/loop.h"
#include "base/str.h"

struct timetable;
struct timetable_entry;

/* It is due: `late_us` after its time.  The entry rests until timetable_next(). */
typedef void timetable_fn(void *arg, struct timetable_entry *entry, uint64_t late_us);

struct timetable *timetable_create(struct loop *l);
void timetable_destroy(struct timetable *t); /* NULL is fine */
struct timetable_entry *timetable_add(struct timetable *t, struct str name, timetable_fn *fn,
				      void *arg);
/* Due `wait_ms` after its last time (never before now); `reason`: copied, for the status. */
void timetable_next(struct timetable_entry *e, int64_t wait_ms, struct str reason);
/* Due at a wall-clock instant; the computer's clock may be set meanwhile: it is looked at again each minute. */
void timetable_next_at(struct timetable_entry *e, int64_t at_ms, struct str reason);
void timetable_remove(struct timetable_entry *e);

/* Names of entries: "sync:SLUG", "hooks", "webhooks", "expire", "watch", …, one a schedule. */
struct timetable_row {
	struct str name, reason;       /* good until the entry moves */
	int64_t due_at_ms, last_at_ms; /* wall; CLOCK_NONE: resting, never */
	uint64_t runs, skipped;
};
/* How many there are; rows [0, room) filled in, by due time. */
size_t timetable_list(const struct timetable *t, struct timetable_row *ret, size_t room);
