#include "net/ask_take.h"

#include "base/buf.h"

#include <stdlib.h>

struct taken {
	struct ask_answer answer; /* first: what is released is this */
	struct buf head, body;
	struct arrival *arrivals;
	size_t arrivals_room;
	uint64_t keep_max;
	bool interim, head_whole;
};

struct taken *taken_create(uint64_t keep_max)
{
	struct taken *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	t->keep_max = keep_max;
	t->head = BUF_INIT(HEAD_MAX);
	t->body = BUF_INIT((size_t)keep_max + FETCH_PADDING);
	return t;
}

struct ask_answer *taken_answer(struct taken *t)
{
	return &t->answer;
}

void ask_answer_release(struct ask_answer *r)
{
	struct taken *t = (struct taken *)r;

	if (!t)
		return;
	buf_release(&t->head);
	buf_release(&t->body);
	free(t->arrivals);
	free(t);
}

/* ---- the head ---- */

/* "HTTP/1.1 103 …" */
static bool is_interim(struct str status_line)
{
	struct str rest = status_line;
	struct str version;

	return str_cut(&rest, ' ', &version) && rest.n > 0 && rest.at[0] == '1';
}

static void begin_head(struct taken *t, struct str status_line, int64_t us)
{
	buf_clear(&t->head);
	t->interim = is_interim(status_line);
	if (!t->interim && t->answer.stamps.first_byte_us == STAMP_NONE)
		t->answer.stamps.first_byte_us = us;
}

bool taken_header(struct taken *t, struct str line, int64_t us)
{
	if (t->head_whole)
		return true;
	if (str_starts(line, STR("HTTP/")))
		begin_head(t, line, us);
	buf_add_str(&t->head, line);
	if (str_trim(line).n == 0)
		t->head_whole = !t->interim;
	return !buf_overflowed(&t->head);
}

bool taken_head_is_whole(const struct taken *t)
{
	return t->head_whole;
}

/* ---- the body ---- */

static struct arrival *next_arrival(struct taken *t)
{
	enum { FIRST_ROOM = 8 };
	struct ask_answer *r = &t->answer;

	if (r->n_arrivals == t->arrivals_room) {
		size_t room = t->arrivals_room ? 2 * t->arrivals_room : FIRST_ROOM;

		t->arrivals = reallocarray(t->arrivals, room, sizeof(*t->arrivals));
		if (!t->arrivals)
			abort();
		t->arrivals_room = room;
	}
	return &t->arrivals[r->n_arrivals++];
}

/* Pieces that one wake-up read are one. */
static void note_arrival(struct taken *t, int64_t us)
{
	size_t n = t->answer.n_arrivals;
	struct arrival *last = n ? &t->arrivals[n - 1] : NULL;

	if (!last || (last->us != us && n < ARRIVALS_MAX))
		last = next_arrival(t);
	*last = (struct arrival){ t->answer.body_bytes, us };
}

static void keep(struct taken *t, struct str piece, int64_t announced)
{
	uint64_t room = t->keep_max - t->body.n;
	size_t n = piece.n < room ? piece.n : (size_t)room;

	if (t->body.n == 0 && announced > 0)
		(void)buf_reserve(&t->body,
				  ((uint64_t)announced < t->keep_max ? (size_t)announced
								     : (size_t)t->keep_max) +
					  FETCH_PADDING);
	buf_add(&t->body, piece.at, n);
	t->answer.cut |= n < piece.n;
}

void taken_body(struct taken *t, struct str piece, int64_t announced, int64_t us, struct hasher *h)
{
	hasher_add(h, piece.at, piece.n);
	keep(t, piece, announced);
	t->answer.body_bytes += piece.n;
	note_arrival(t, us);
}

/* ---- the end ---- */

void taken_end(struct taken *t, struct hasher *h)
{
	static const unsigned char padding[FETCH_PADDING];
	struct ask_answer *r = &t->answer;
	size_t n = t->body.n;

	if (t->interim)
		buf_clear(&t->head);
	buf_add(&t->body, padding, sizeof(padding));
	r->head = buf_str(&t->head);
	r->body = (struct str){ t->body.at, n };
	r->arrivals = t->arrivals;
	if (r->body_bytes)
		hasher_end(h, &r->body_hash);
}
