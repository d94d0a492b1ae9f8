/* Any bytes as the answer of a chat endpoint: the first one says of which form, how asked, how cut. */
#include "fuzz.h"

#include "base/utf8.h"
#include "core/chat.h"
#include "core/decimal.h"

const char fuzz_name[] = "chat";

static void check_text(struct str s, size_t most)
{
	fuzz_check(s.n <= most && (str_is_none(s) || utf8_is_clean(s)));
}

/* Bad bytes become three each. */
static void check_answer(const struct chat_answer *r, size_t n)
{
	check_text(r->text, 3 * n);
	check_text(r->reasoning, 6 * n);
	check_text(r->refusal, 3 * n);
	check_text(r->finish, 3 * n);
	check_text(r->error_text, 3 * n + 100);
	check_text(r->error_type, 3 * n + 100);
	fuzz_check(!r->finished || r->json || r->shape == CHAT_STREAM);
	fuzz_check(!r->well_formed || r->shape == CHAT_DOCUMENT || r->shape == CHAT_STREAM);
	fuzz_check(r->tokens.input >= -1 && r->tokens.output >= -1);
	fuzz_check(r->tokens.reasoning >= -1 && r->tokens.cached >= -1);
	fuzz_check(r->gaps.n == 0 || r->gaps.n == r->chunks - 1);
	fuzz_check(r->gaps.p50_us <= r->gaps.p95_us && r->gaps.p95_us <= r->gaps.max_us);
}

/* Nothing is earlier than what it follows from. */
static void check_stamps(const struct stamps *s)
{
	bool began = s->first_content_us != STAMP_NONE || s->first_reasoning_us != STAMP_NONE;

	fuzz_check(s->dns_us == STAMP_NONE && s->end_us == STAMP_NONE);
	fuzz_check(s->first_content_us == STAMP_NONE ||
		   (s->first_content_us >= s->first_event_us && s->first_event_us != STAMP_NONE));
	fuzz_check(s->last_token_us == STAMP_NONE ||
		   (began && s->last_token_us >= s->first_content_us &&
		    s->last_token_us >= s->first_reasoning_us));
}

static void check_outcome(const struct chat_answer *r, enum transport_end end, int64_t status,
			  bool cut, struct arena *a)
{
	struct outcome_evidence v = { end, status, r, STR("1771.2"), cut };
	struct str answer, line;
	enum outcome o = outcome_of(&v, a, &answer);
	struct dec d;
	struct err e;

	fuzz_check((unsigned)o < OUTCOMES);
	fuzz_check(str_is_none(answer) || dec_parse(answer, &d, &e) || e.kind == ERR_DATA);
	fuzz_check(o != OUTCOME_OK || str_eq(answer, STR("1771.2")));
	fuzz_check(o != OUTCOME_WRONG_ANSWER || !str_eq(answer, STR("1771.2")));
	line = outcome_line(&v, o, STR("words"), a);
	fuzz_check(line.n <= 600 && utf8_is_clean(line));
	for (size_t i = 0; i < line.n; i++)
		fuzz_check((unsigned char)line.at[i] >= ' ');
	fuzz_check(!str_is_none(line) || status / 100 == 2);
}

static bool is_same(const struct chat_answer *a, const struct chat_answer *b)
{
	return str_same(a->text, b->text) && str_same(a->reasoning, b->reasoning) &&
	       str_same(a->finish, b->finish) && str_same(a->error_text, b->error_text) &&
	       a->finished == b->finished && a->chunks == b->chunks;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const int64_t statuses[] = { 200, 200, 400, 403, 429, 500, 307, -1 };
	struct arena a = ARENA_INIT;
	uint8_t how = n ? data[0] : 0;
	struct str body = n ? (struct str){ (const char *)data + 1, n - 1 } : STR_NONE;
	struct arrival whole = { body.n, 7 };
	struct arrival two[] = { { body.n / 2, 3 }, { body.n, 9 } };
	struct chat_read q = {
		.form = (enum chat_form)(how % 3),
		.streamed = how & 4,
		.content_type = how & 8 ? STR("text/event-stream") : STR_NONE,
		.body = body,
		.arrivals = &whole,
		.n_arrivals = 1,
	};
	struct chat_answer r, again;

	chat_read(&q, &a, &r);
	check_answer(&r, body.n);
	check_stamps(&r.stamps);
	q.arrivals = two;
	q.n_arrivals = 2;
	chat_read(&q, &a, &again);
	check_stamps(&again.stamps);
	fuzz_check(is_same(&r, &again));
	check_outcome(&r, how & 16 ? TRANSPORT_CUT : TRANSPORT_COMPLETE, statuses[how >> 5],
		      how & 8, &a);
	arena_release(&a);
	return 0;
}
