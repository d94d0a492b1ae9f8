#include "core/chat_gather.h"

#include "base/utf8.h"

#include <stdlib.h>

/* Parts of the text that are thoughts.  The first byte of each tag stands in tag_starts. */
struct think_tag {
	struct str open, close;
};
static const struct think_tag think_tags[] = {
	{ { "<think>", 7 }, { "</think>", 8 } },
	{ { "<thinking>", 10 }, { "</thinking>", 11 } },
	{ { "<seed:think>", 12 }, { "</seed:think>", 13 } },
	{ { "[THINK]", 7 }, { "[/THINK]", 8 } },
	{ { "\xe2\x97\x81think\xe2\x96\xb7", 11 }, { "\xe2\x97\x81/think\xe2\x96\xb7", 12 } },
};
enum { THINK_TAGS = sizeof(think_tags) / sizeof(think_tags[0]) };
static const char tag_starts[] = "<[\xe2";

void chat_gather_begin(struct chat_gather *g, const struct chat_read *q, struct arena *a,
		       struct chat_answer *ret)
{
	/* Nothing that is read is longer than what stands for it in the body. */
	size_t most = q->body.n + sizeof(g->held) + 1;

	*ret = (struct chat_answer){
		.tokens = { -1, -1, -1, -1 },
		.stamps = { STAMP_NONE, STAMP_NONE, STAMP_NONE, STAMP_NONE, STAMP_NONE, STAMP_NONE,
			    STAMP_NONE, STAMP_NONE, STAMP_NONE, STAMP_NONE },
	};
	*g = (struct chat_gather){
		.arena = a,
		.answer = ret,
		.now_us = STAMP_NONE,
		.text = BUF_INIT(most),
		.reasoning = BUF_INIT(2 * most), /* and what was taken for text at first */
		.refusal = BUF_INIT(most),
		.pieces = BUF_INIT((q->body.n + 1) * sizeof(int64_t)),
		.total_tokens = -1,
	};
}

/* ---- text and thoughts ---- */

static void stamp_first(int64_t *stamp, int64_t us)
{
	if (*stamp == STAMP_NONE)
		*stamp = us;
}

static void put(struct chat_gather *g, struct str bytes, int64_t us)
{
	struct stamps *stamps = &g->answer->stamps;

	if (bytes.n == 0)
		return;
	buf_add_str(g->inside ? &g->reasoning : &g->text, bytes);
	stamp_first(g->inside ? &stamps->first_reasoning_us : &stamps->first_content_us, us);
}

/*
 * The end of thoughts whose beginning nobody wrote, because the prompt's template had it: what came
 * so far was no text.
 */
static void make_thoughts(struct chat_gather *g)
{
	struct stamps *stamps = &g->answer->stamps;

	buf_add_str(&g->reasoning, buf_str(&g->text));
	buf_clear(&g->text);
	if (stamps->first_content_us != STAMP_NONE)
		stamp_first(&stamps->first_reasoning_us, stamps->first_content_us);
	stamps->first_content_us = STAMP_NONE;
}

enum match { NO, MAYBE, YES };

static enum match match_tag(struct str rest, struct str tag)
{
	size_t n = rest.n < tag.n ? rest.n : tag.n;

	if (memcmp(rest.at, tag.at, n) != 0)
		return NO;
	return n == tag.n ? YES : MAYBE;
}

/* What begins `rest`: MAYBE when its end leaves it open. */
static enum match find_tag(struct str rest, bool *ret_opens, const struct think_tag **ret)
{
	enum match best = NO;

	for (size_t i = 0; i < 2 * THINK_TAGS && best != YES; i++) {
		const struct think_tag *tag = &think_tags[i / 2];
		enum match m = match_tag(rest, i % 2 ? tag->close : tag->open);

		if (m == NO)
			continue;
		best = m;
		*ret_opens = i % 2 == 0;
		*ret = tag;
	}
	return best;
}

static void turn(struct chat_gather *g, bool opens, const struct think_tag *tag, int64_t us)
{
	if (opens) {
		g->inside = tag;
	} else if (g->inside) {
		g->inside = NULL;
	} else {
		make_thoughts(g);
	}
	stamp_first(&g->answer->stamps.first_reasoning_us, us);
}

/* Bytes that came at `us`; what may be half a tag at their end stays behind.  Returns how many are done. */
static size_t sort_out(struct chat_gather *g, struct str bytes, int64_t us)
{
	size_t from = 0;
	size_t i = 0;

	while (i < bytes.n) {
		const struct think_tag *tag = NULL;
		struct str rest = { bytes.at + i, bytes.n - i };
		bool opens = false;
		enum match m = memchr(tag_starts, rest.at[0], sizeof(tag_starts) - 1)
				       ? find_tag(rest, &opens, &tag)
				       : NO;

		if (m == NO) {
			i++;
			continue;
		}
		put(g, (struct str){ bytes.at + from, i - from }, us);
		if (m == MAYBE)
			return i;
		turn(g, opens, tag, us);
		i += opens ? tag->open.n : tag->close.n;
		from = i;
	}
	put(g, (struct str){ bytes.at + from, bytes.n - from }, us);
	return bytes.n;
}

static void hold(struct chat_gather *g, struct str rest, int64_t us)
{
	memmove(g->held, rest.at, rest.n);
	g->n_held = rest.n;
	g->held_us = us;
}

/*
 * Half a tag from before, and then one byte after the other until it is known to be one or none.
 * Returns how many of `bytes` that took.
 */
static size_t finish_held(struct chat_gather *g, struct str bytes)
{
	size_t taken = 0;

	while (g->n_held > 0 && taken < bytes.n) {
		struct str both = { g->held, g->n_held + 1 };
		size_t done;

		g->held[g->n_held] = bytes.at[taken++];
		done = sort_out(g, both, g->held_us);
		hold(g, (struct str){ g->held + done, both.n - done },
		     done ? g->now_us : g->held_us);
	}
	return taken;
}

static void note_piece(struct chat_gather *g, size_t n)
{
	if (n > 0)
		g->brought = true;
}

void chat_add_text(struct chat_gather *g, yyjson_val *piece)
{
	struct str bytes = yyjson_is_str(piece) ? json_raw(piece) : STR_NONE;
	size_t done;

	note_piece(g, bytes.n);
	if (bytes.n == 0)
		return;
	done = finish_held(g, bytes);
	bytes = (struct str){ bytes.at + done, bytes.n - done };
	done = sort_out(g, bytes, g->now_us);
	if (done < bytes.n)
		hold(g, (struct str){ bytes.at + done, bytes.n - done }, g->now_us);
}

void chat_add_reasoning(struct chat_gather *g, yyjson_val *piece)
{
	struct str bytes = yyjson_is_str(piece) ? json_raw(piece) : STR_NONE;

	note_piece(g, bytes.n);
	if (bytes.n == 0)
		return;
	buf_add_str(&g->reasoning, bytes);
	stamp_first(&g->answer->stamps.first_reasoning_us, g->now_us);
}

/* It is text that declines: a piece like any other, but not the answer. */
void chat_add_refusal(struct chat_gather *g, yyjson_val *piece)
{
	struct str bytes = yyjson_is_str(piece) ? json_raw(piece) : STR_NONE;

	note_piece(g, bytes.n);
	if (bytes.n == 0)
		return;
	buf_add_str(&g->refusal, bytes);
	stamp_first(&g->answer->stamps.first_content_us, g->now_us);
}

/* ---- events ---- */

void chat_event_begin(struct chat_gather *g, int64_t us)
{
	g->now_us = us;
	g->brought = false;
	stamp_first(&g->answer->stamps.first_event_us, us);
}

void chat_event_end(struct chat_gather *g)
{
	if (!g->brought)
		return;
	g->answer->chunks++;
	if (g->now_us == STAMP_NONE)
		return;
	g->answer->stamps.last_token_us = g->now_us;
	buf_add(&g->pieces, &g->now_us, sizeof(g->now_us));
}

static int i64_order(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a;
	int64_t y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* The smallest of n sorted values that `percent` of them do not exceed. */
static int64_t percentile(const int64_t *sorted, size_t n, size_t percent)
{
	return sorted[(n * percent + 99) / 100 - 1];
}

static void find_gaps(struct chat_gather *g)
{
	enum { MEDIAN = 50, HIGH = 95 };
	size_t n = g->pieces.n / sizeof(int64_t);
	int64_t *times;

	if (n < 2)
		return;
	times = arena_array(g->arena, n, int64_t);
	memcpy(times, g->pieces.at, n * sizeof(*times));
	n--;
	for (size_t i = 0; i < n; i++)
		times[i] = times[i + 1] - times[i];
	qsort(times, n, sizeof(*times), i64_order);
	g->answer->gaps = (struct gaps){
		.n = n,
		.p50_us = percentile(times, n, MEDIAN),
		.p95_us = percentile(times, n, HIGH),
		.max_us = times[n - 1],
	};
}

/* ---- the end ---- */

static struct str keep(struct chat_gather *g, struct buf *b)
{
	struct str s = STR_NONE;

	if (b->n > 0)
		s = utf8_clean(arena_str(g->arena, buf_str(b)), g->arena);
	buf_release(b);
	return s;
}

void chat_gather_end(struct chat_gather *g)
{
	put(g, (struct str){ g->held, g->n_held }, g->held_us);
	g->answer->text = keep(g, &g->text);
	g->answer->reasoning = keep(g, &g->reasoning);
	g->answer->refusal = keep(g, &g->refusal);
	chat_settle_usage(g);
	find_gaps(g);
	buf_release(&g->pieces);
}
