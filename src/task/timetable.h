/*
 * timetable: what is due when, in one heap.
 *
 * Each entry has a time on a clock that is never set and goes on while the computer sleeps
 * (CLOCK_BOOTTIME), and a reason in words; the earliest is waited for by one timer.  Times are
 * reckoned from when an entry was due, not from when it ran, so nothing drifts; ± a tenth of
 * random time keeps providers apart and is not added up.  Who slept through several (suspended,
 * stopped) runs once, soon, spread over a minute; the others are skipped and counted.  Instants of
 * the wall clock are looked at again at least each minute, because that clock may be set: who wants an
 * hour of the day asks base/zone.h.
 * On the loop thread.  An entry keeps no loop alive.
 */
#pragma once
#include "base/loop.h"
#include "base/str.h"

struct timetable;
struct timetable_entry;

/* It is due: `late_us` after its time.  The entry rests until timetable_next(). */
typedef void timetable_fn(void *arg, struct timetable_entry *entry, uint64_t late_us);

enum {
	TIMETABLE_LOOK_MS = 60 * 1000,   /* no wait is longer */
	TIMETABLE_SPREAD_MS = 60 * 1000, /* who is later than that slept */
	TIMETABLE_JITTER = 10,           /* one part in so many, to either side */
};

/* Where time and chance come from; a test brings its own. */
struct timetable_world {
	int64_t (*boot_us)(void);
	int64_t (*wall_ms)(void);
	uint64_t (*random)(void);
};

struct timetable *timetable_create(struct loop *l);
struct timetable *timetable_create_in(struct loop *l, const struct timetable_world *w);
/* With its entries.  The loop has a handle to close.  NULL is fine. */
void timetable_destroy(struct timetable *t);
/* It rests.  `name` is copied. */
struct timetable_entry *timetable_add(struct timetable *t, struct str name, timetable_fn *fn,
				      void *arg);
/* Due `wait_ms` after its last time (never before now); `reason`: copied, for the status. */
void timetable_next(struct timetable_entry *e, int64_t wait_ms, struct str reason);
/* Likewise, not a moment sooner or later: for what watches and beats. */
void timetable_next_exactly(struct timetable_entry *e, int64_t wait_ms, struct str reason);
/* Due at an instant of the wall clock; one that has passed: now. */
void timetable_next_at(struct timetable_entry *e, int64_t at_ms, struct str reason);
/* It happened just now, by itself or otherwise: the next time is reckoned from here. */
void timetable_touch(struct timetable_entry *e);
/* Another process, or somebody else, did it at that instant of the wall clock; only the status tells of it. */
void timetable_recall(struct timetable_entry *e, int64_t at_ms);
void timetable_rest(struct timetable_entry *e, struct str reason);
void timetable_remove(struct timetable_entry *e);

/* What the timer does; a test that has turned the clock calls it. */
void timetable_run(struct timetable *t);

/* Names of entries are those of task/agenda.h: "sync:SLUG", "announce", "expire", … */
struct timetable_row {
	struct str name, reason;       /* good until the entry moves */
	int64_t due_at_ms, last_at_ms; /* wall; CLOCK_NONE: resting, never */
	uint64_t runs, skipped;
};
/* How many there are; rows [0, room) filled in, by due time. */
size_t timetable_list(const struct timetable *t, struct timetable_row *ret, size_t room);
