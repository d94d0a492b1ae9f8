#include "cmd/probe_print.h"

#include "base/clock.h"
#include "core/sample_json.h"

#include <inttypes.h>

enum { US_PER_MS = 1000 };

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

/* A provider may have several endpoints of one model: by its own id they are told apart. */
static void add_model(struct buf *out, const struct sample *s)
{
	bool named = !str_is_none(s->hf_model);

	cmd_add_text(out, named ? s->hf_model : s->provider_model_id);
	if (!named || str_eq_nocase(s->hf_model, s->provider_model_id))
		return;
	buf_add_str(out, STR(" ("));
	cmd_add_text(out, s->provider_model_id);
	buf_add_char(out, ')');
}

void probe_print_sample(struct buf *out, const struct sample *s, bool colour)
{
	int64_t first_us = sample_first_token_us(s);
	int64_t rate = sample_token_rate(s);

	cmd_add_text(out, s->provider);
	buf_add_char(out, ' ');
	add_model(out, s);
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

void probe_print_json(struct buf *out, const struct sample *s)
{
	struct json_writer w = { .out = out };

	sample_json(&w, 0, s);
	buf_add_char(out, '\n');
}
