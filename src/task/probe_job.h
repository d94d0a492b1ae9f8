/*
 * probe_job: one call while it lives; shared by the files of this arrow (probe.c who
 * begins when, probe_try.c attempts and what lies between them, probe_read.c the worker's part,
 * probe_money.c what it may cost) and by nobody else.
 *
 * A call is in one thread at a time: loop (wait, ask) → worker (read) → loop (again, or
 * record) → loop (told), each handing it on by a post.
 */
#pragma once
#include "net/retry.h"
#include "task/probe.h"

/* All calls toward one provider. */
struct probe_lane {
	struct probe_lane *next; /* of its bucket */
	struct str provider;
	struct probe_try *first, *last; /* that wait, by due_us */
	unsigned running;
	int64_t planned_us; /* latest begin that was planned */
	int64_t free_us;    /* spacing: no begin before that */
	int64_t ready_us;   /* when the first one may begin; its key in the heap ... */
	size_t heap;        /* ... and place there, counted from 1; 0: not in it */
};

enum { PROBE_BUCKETS = 256, PROBE_READERS = 2, PROBE_READ_MAX = 64, PROBE_FREE_AT = 64 };

struct prober {
	struct loop *loop;
	struct asker *asker;
	struct store_thread *store;
	struct recorder *rec;
	struct probe_conf conf;
	struct chance chance;

	struct probe_lane *lanes[PROBE_BUCKETS];
	size_t n_lanes;
	struct probe_lane **heap; /* lanes in which somebody waits and may, first ready on top */
	size_t n_heap, room_heap;

	int alarm_fd;
	uv_poll_t alarm;
	int64_t armed_us; /* 0: not set */

	size_t calls;    /* that have not ended ... */
	size_t kept;     /* ... and of those, with the recorder */
	unsigned asking; /* attempts on their way */
	bool draining;

	struct probe_try *to_read, **to_read_last; /* answered, not yet read */
	unsigned readers;

	struct probe_try *over; /* what they held is freed in lots, elsewhere */
	unsigned n_over;

	struct probe_releases *releases; /* gathered in this round of the loop, or NULL */
};

struct probe_try {
	struct prober *p;
	struct probe_lane *lane;
	struct probe_try *next; /* in its lane, or among those to be read */
	struct probe_call call;
	probe_fn *done;
	void *arg;
	struct arena arena; /* of the call and what is told of it as a whole */
	struct buf body;

	int64_t intended_us, due_us; /* of the whole; of the next attempt */
	int64_t first_begin_us, ended_us;
	int64_t first_begin_ms; /* wall */
	uint64_t waited_us;
	unsigned begun, sent; /* attempts; requests on a wire */
	struct err error;     /* why it ends without a sample */

	/* the latest attempt */
	struct ask_answer *answer; /* NULL: none yet */
	int64_t reservation_id;
	struct arena read_arena;
	struct sample sample;
	struct buf request_headers, response_headers; /* JSON, masked */
	struct recipe corrected;
	struct str corrected_why; /* absent: nothing was learned */
};

/* ---- probe.c ---- */

/* It waits in its lane until due_us. */
void probe_queue(struct probe_try *t);
/* Its attempt has been answered: others may begin. */
void probe_answered(struct probe_try *t);

/* ---- probe_try.c ---- */

void probe_try_begin(struct probe_try *t);
/* It waits and shall not any more: what was measured is recorded, or it is dropped. */
void probe_try_give_up(struct probe_try *t);
void probe_try_release(struct probe_try *t);
/* Those that are over, at once. */
void probe_free_over(struct prober *p);

/* ---- probe_read.c; on the worker ---- */

void probe_read(struct probe_try *t);

/* ---- probe_money.c ---- */

bool probe_has_budget(const struct prober *p);
/* Of one more attempt; `granted` is called on the loop. */
typedef void probe_granted_fn(struct probe_try *t, bool granted);
void probe_reserve_again(struct probe_try *t, probe_granted_fn *granted);
/* Nothing of it was spent. */
void probe_release(struct prober *p, int64_t reservation_id);
/* Those that are gathered go their way without the prober. */
void probe_forget_releases(struct prober *p);
/* From what the answer says was used; on any thread. */
void probe_cost(const struct prober *p, const struct probe_call *c, struct arena *a,
		struct sample *s);
