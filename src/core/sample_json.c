#include "core/sample_json.h"

/* Microseconds as milliseconds, thousandths as ones. */
enum { THOUSANDTHS = 3 };

static void add_times(struct json_writer *w, const struct sample *s)
{
	json_add_decimal(w, "duration_ms", s->stamps.end_us, THOUSANDTHS);
	json_add_decimal(w, "ttft_ms", sample_first_token_us(s), THOUSANDTHS);
	json_add_decimal(w, "first_byte_ms", s->stamps.first_byte_us, THOUSANDTHS);
	json_add_decimal(w, "first_content_ms", s->stamps.first_content_us, THOUSANDTHS);
	json_add_decimal(w, "tokens_per_second", sample_token_rate(s), THOUSANDTHS);
	json_add_i64(w, "attempts", s->attempts);
	json_add_decimal(w, "lateness_ms", s->lateness_us < 0 ? 0 : s->lateness_us, THOUSANDTHS);
	json_add_decimal(w, "lag_ms", s->lag_us, THOUSANDTHS);
}

static void add_agrees(struct json_writer *w, int agrees)
{
	if (agrees < 0)
		json_add_raw(w, "agrees", STR_NONE);
	else
		json_add_bool(w, "agrees", agrees == 1);
}

static void add_money(struct json_writer *w, const struct sample *s)
{
	char cost[DEC_TEXT_MAX];

	json_add_known(w, "input_tokens", s->tokens.input);
	json_add_known(w, "output_tokens", s->tokens.output);
	json_add_str(w, "cost",
		     s->has_cost ? (struct str){ cost, dec_print(&s->cost, cost) } : STR_NONE);
	json_add_str(w, "price_source", s->price_source);
}

void sample_json(struct json_writer *w, int64_t id, const struct sample *s)
{
	const struct outcome_info *outcome = &outcomes[s->outcome];

	json_open(w, '{');
	if (id)
		json_add_i64(w, "id", id);
	json_add_instant(w, "at", s->started_at_ms);
	json_add_instant(w, "cycle_at", s->cycle_at_ms);
	json_add_str(w, "model", s->hf_model);
	json_add_str(w, "provider", s->provider);
	json_add_str(w, "provider_model_id", s->provider_model_id);
	json_add_i64(w, "status", s->status);
	json_add_str(w, "outcome", str_of(outcome->name));
	json_add_str(w, "fault", str_of(fault_names[outcome->fault]));
	add_times(w, s);
	json_add_bool(w, "counted", s->counted);
	json_add_str(w, "answer", s->answer);
	json_add_str(w, "expected", s->expected);
	add_agrees(w, s->agrees);
	add_money(w, s);
	json_add_str(w, "error", s->error.n ? s->error : STR_NONE);
	json_close(w, '}');
}
