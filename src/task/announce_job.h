/*
 * announce_job: a lane of the announcer; shared by the files of this arrow
 * (announce.c whose turn it is, announce_hook.c and announce_webhook.c how it is said)
 * and by nobody else.
 *
 * A lane is in one thread at a time: loop → store (claim) → loop or pool (say) →
 * store (write down, claim the next) → loop.
 */
#pragma once
#include "task/announce.h"

struct announce_lane {
	const struct announce_conf *conf;
	enum notice_kind kind;
	struct str lease_name;

	/* of a pass */
	bool running, again, stopped;
	bool go_on; /* there is time for one more */
	struct announce_pass pass;
	struct announce_pass next_pass; /* of the one that `again` asks for */
	uint64_t begun_us;
	int64_t due_by_ms;
	struct store_lease lease; /* name empty: not ours */
	bool failed, busy;
	struct err err;

	/* of a notice */
	struct arena arena;
	bool found;
	struct store_notice notice;
	struct announce_report report;
	struct store_delivery delivery;
	bool said; /* delivery is to be written down */
};

/* What is left of the pass's time; UINT64_MAX: there is no limit. */
uint64_t announce_left_ms(const struct announce_lane *l);
/* Loop thread: the notice was said, l->delivery and l->report tell how. */
void announce_said(struct announce_lane *l);

/* Loop thread: each ends in announce_said(). */
void announce_hook(struct announce_lane *l);
void announce_webhook(struct announce_lane *l);
