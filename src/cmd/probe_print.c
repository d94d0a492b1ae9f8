#include "cmd/probe_print.h"

#include "base/clock.h"
#include "base/json.h"

#include <inttypes.h>

enum { US_PER_MS = 1000, NUMBER_MAX = 64 };

/* ---- what follows from a sample ---- */

/* Reasoning is output, too. */
static int64_t first_token_us(const struct sample *s)
{
	int64_t reasoning = s->stamps.first_reasoning_us;
	int64_t content = s->stamps.first_content_us;

	if (!s->streamed || reasoning == STAMP_NONE || content == STAMP_NONE)
		return !s->streamed ? STAMP_NONE : reasoning == STAMP_NONE ? content : reasoning;
	return reasoning < content ? reasoning : content;
}

/* Thousandths of tokens per second; -1: not known. */
static int64_t token_rate(const struct sample *s)
{
	enum { THOUSANDTHS_US = 1000000000 };
	int64_t first_us = first_token_us(s);
	int64_t took_us = s->stamps.last_token_us - first_us;

	if (first_us == STAMP_NONE || s->tokens.output < 2 || took_us <= 0)
		return -1;
	return (s->tokens.output - 1) * THOUSANDTHS_US / took_us;
}

static bool is_well(const struct sample *s)
{
	return s->outcome == OUTCOME_OK;
}

/* ---- text ---- */

static void add_ms(struct buf *out, int64_t us)
{
	buf_printf(out, "%" PRId64 ".%" PRId64 " ms", us / US_PER_MS, us % US_PER_MS / 100);
}

static void add_outcome(struct buf *out, const struct sample *s, bool colour)
{
	if (colour)
		buf_add_str(out, is_well(s) ? STR("\033[32m") : STR("\033[31m"));
	buf_add_str(out, str_of(outcomes[s->outcome].name));
	if (colour)
		buf_add_str(out, STR("\033[0m"));
}

void probe_print_sample(struct buf *out, const struct sample *s, bool colour)
{
	int64_t first_us = first_token_us(s);
	int64_t rate = token_rate(s);

	cmd_add_text(out, s->provider);
	buf_add_char(out, ' ');
	cmd_add_text(out, str_is_none(s->hf_model) ? s->provider_model_id : s->hf_model);
	buf_add_str(out, STR(": "));
	add_outcome(out, s, colour);
	buf_add_str(out, STR("  "));
	add_ms(out, s->stamps.end_us);
	if (first_us != STAMP_NONE) {
		buf_add_str(out, STR(", first token "));
		add_ms(out, first_us);
	}
	if (rate >= 0)
		buf_printf(out, ", %" PRId64 ".%" PRId64 " tokens/s", rate / 1000,
			   rate % 1000 / 100);
	if (s->attempts > 1)
		buf_printf(out, ", %u attempts", s->attempts);
	if (!is_well(s) && s->error.n) {
		buf_add_str(out, STR("  "));
		cmd_add_text(out, s->error);
	} else if (!is_well(s) && s->answer.n) {
		buf_add_str(out, STR("  answered "));
		cmd_add_text(out, s->answer);
	}
	buf_add_char(out, '\n');
}

static size_t disagreeing(const struct cycle_report *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += r->samples[i].agrees == 0;
	return n;
}

static void add_count(struct buf *out, uint64_t n, const char *what)
{
	if (n)
		buf_printf(out, ", %" PRIu64 " %s", n, what);
}

void probe_print_cycle(struct buf *out, const struct cycle_report *r, bool colour)
{
	char at[CLOCK_TEXT_MAX];
	char cost[DEC_TEXT_MAX];

	(void)colour;
	buf_printf(out, "cycle %s: ", clock_text(r->at_ms, at));
	if (!r->measured) {
		buf_printf(out, "skipped: ");
		cmd_add_text(out, str_of(r->err.text));
		buf_add_char(out, '\n');
		return;
	}
	buf_printf(out,
		   "%" PRIu64 " models, %" PRIu64 " calls: %" PRIu64 " ok, %" PRIu64
		   " wrong, %" PRIu64 " failed",
		   r->models, r->calls, r->ok, r->wrong, r->failed);
	add_count(out, disagreeing(r), "disagree");
	add_count(out, r->unmapped, "of unknown providers");
	add_count(out, r->left_out, "left out");
	add_count(out, r->denied, "not asked for want of budget");
	add_count(out, r->dropped, "not asked");
	if (r->has_cost && dec_print(&r->cost, cost))
		buf_printf(out, ", $%s", cost);
	buf_printf(out, ", %.2f s%s\n", (double)r->duration_us / 1e6,
		   r->network_away ? " (nobody could be reached: nothing counts)" : "");
}

/* ---- JSON ---- */

/* Milliseconds with three decimals, exactly; null where there is none. */
static void add_us(struct json_writer *w, const char *key, int64_t us)
{
	char text[NUMBER_MAX];
	int64_t abs_us = us < 0 ? -us : us;

	if (us == STAMP_NONE) {
		json_add_raw(w, key, STR_NONE);
		return;
	}
	(void)snprintf(text, sizeof(text), "%s%" PRId64 ".%03" PRId64, us < 0 ? "-" : "",
		       abs_us / US_PER_MS, abs_us % US_PER_MS);
	json_add_raw(w, key, str_of(text));
}

static void add_known(struct json_writer *w, const char *key, int64_t n)
{
	if (n < 0)
		json_add_raw(w, key, STR_NONE);
	else
		json_add_i64(w, key, n);
}

static void add_instant(struct json_writer *w, const char *key, int64_t ms)
{
	char text[CLOCK_TEXT_MAX];

	json_add_str(w, key, str_of(clock_text(ms, text)));
}

static void add_agrees(struct json_writer *w, int agrees)
{
	if (agrees < 0)
		json_add_raw(w, "agrees", STR_NONE);
	else
		json_add_bool(w, "agrees", agrees == 1);
}

static void add_times(struct json_writer *w, const struct sample *s)
{
	int64_t rate = token_rate(s);

	add_us(w, "duration_ms", s->stamps.end_us);
	add_us(w, "ttft_ms", first_token_us(s));
	add_us(w, "first_byte_ms", s->stamps.first_byte_us);
	add_us(w, "first_content_ms", s->stamps.first_content_us);
	add_us(w, "tokens_per_second", rate < 0 ? STAMP_NONE : rate);
	json_add_i64(w, "attempts", s->attempts);
	add_us(w, "lateness_ms", s->lateness_us < 0 ? 0 : s->lateness_us);
	add_us(w, "lag_ms", s->lag_us);
}

static void add_money(struct json_writer *w, const struct sample *s)
{
	char cost[DEC_TEXT_MAX];

	add_known(w, "input_tokens", s->tokens.input);
	add_known(w, "output_tokens", s->tokens.output);
	json_add_str(w, "cost",
		     s->has_cost ? (struct str){ cost, dec_print(&s->cost, cost) } : STR_NONE);
	json_add_str(w, "price_source", s->price_source);
}

void probe_print_json(struct buf *out, const struct sample *s)
{
	static const char *const faults[] = {
		[FAULT_NONE] = "none",
		[FAULT_THEIRS] = "theirs",
		[FAULT_OURS] = "ours",
		[FAULT_NOBODYS] = "nobodys",
	};
	struct json_writer w = { .out = out };

	json_open(&w, '{');
	add_instant(&w, "at", s->started_at_ms);
	add_instant(&w, "cycle_at", s->cycle_at_ms);
	json_add_str(&w, "model", s->hf_model);
	json_add_str(&w, "provider", s->provider);
	json_add_str(&w, "provider_model_id", s->provider_model_id);
	json_add_i64(&w, "status", s->status);
	json_add_str(&w, "outcome", str_of(outcomes[s->outcome].name));
	json_add_str(&w, "fault", str_of(faults[outcomes[s->outcome].fault]));
	add_times(&w, s);
	json_add_bool(&w, "counted", s->counted);
	json_add_str(&w, "answer", s->answer);
	json_add_str(&w, "expected", s->expected);
	add_agrees(&w, s->agrees);
	add_money(&w, s);
	json_add_str(&w, "error", s->error.n ? s->error : STR_NONE);
	json_close(&w, '}');
	buf_add_char(out, '\n');
}
