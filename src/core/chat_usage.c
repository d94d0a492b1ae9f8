#include "core/chat_gather.h"

#include "core/decimal.h"

/* More tokens than any answer has; sums of a few stay far from overflowing. */
static const int64_t tokens_max = 1000000000000;

/* A count, also written as "12.0"; anything else leaves *ret alone. */
static void take(yyjson_val *v, int64_t *ret)
{
	char text[DEC_TEXT_MAX];
	struct dec d;
	struct err e;

	if (!yyjson_is_raw(v) || !dec_parse(json_raw(v), &d, &e))
		return;
	(void)dec_print(&d, text);
	(void)str_to_i64(str_of(text), 0, tokens_max, ret);
}

static int64_t count(yyjson_val *usage, const char *key)
{
	int64_t n = -1;

	take(yyjson_obj_get(usage, key), &n);
	return n;
}

static void take_either(yyjson_val *usage, const char *key, const char *other, int64_t *ret)
{
	take(yyjson_obj_get(usage, other), ret);
	take(yyjson_obj_get(usage, key), ret);
}

/*
 * The input is never nothing.  Some servers put zeros into every chunk, or into the last one of an
 * answer that they gave up: nothing is reported by those.
 */
static bool is_blank(yyjson_val *usage)
{
	int64_t input = 0;
	int64_t output = 0;

	take_either(usage, "prompt_tokens", "input_tokens", &input);
	take_either(usage, "completion_tokens", "output_tokens", &output);
	return input == 0 && output == 0;
}

void chat_take_usage(struct chat_gather *g, yyjson_val *usage)
{
	struct tokens *t = &g->answer->tokens;
	yyjson_val *in = yyjson_obj_get(usage, "prompt_tokens_details");
	yyjson_val *out = yyjson_obj_get(usage, "completion_tokens_details");

	if (!yyjson_is_obj(usage) || is_blank(usage))
		return;
	take_either(usage, "prompt_tokens", "input_tokens", &t->input);
	take_either(usage, "completion_tokens", "output_tokens", &t->output);
	take(yyjson_obj_get(usage, "total_tokens"), &g->total_tokens);
	take(yyjson_obj_get(usage, "reasoning_tokens"), &t->reasoning);
	take(yyjson_obj_get(out, "reasoning_tokens"), &t->reasoning);
	take_either(usage, "prompt_cache_hit_tokens", "cached_tokens", &t->cached);
	take(yyjson_obj_get(in, "cached_tokens"), &t->cached);
}

/* Its input counts neither what was read from the cache nor what was written to it. */
void chat_take_usage_anthropic(struct chat_gather *g, yyjson_val *usage)
{
	struct tokens *t = &g->answer->tokens;
	int64_t input = count(usage, "input_tokens");
	int64_t read = count(usage, "cache_read_input_tokens");
	int64_t written = count(usage, "cache_creation_input_tokens");

	if (input >= 0)
		t->input = input + (read > 0 ? read : 0) + (written > 0 ? written : 0);
	if (read >= 0)
		t->cached = read;
	take(yyjson_obj_get(usage, "output_tokens"), &t->output);
}

/* What is billed counts; "tokens" also holds those of their own template. */
void chat_take_usage_cohere(struct chat_gather *g, yyjson_val *usage)
{
	struct tokens *t = &g->answer->tokens;
	yyjson_val *all = yyjson_obj_get(usage, "tokens");
	yyjson_val *billed = yyjson_obj_get(usage, "billed_units");

	take(yyjson_obj_get(all, "input_tokens"), &t->input);
	take(yyjson_obj_get(all, "output_tokens"), &t->output);
	take(yyjson_obj_get(billed, "input_tokens"), &t->input);
	take(yyjson_obj_get(billed, "output_tokens"), &t->output);
	take(yyjson_obj_get(usage, "cached_tokens"), &t->cached);
}

/*
 * Some (xAI, Google) leave the thoughts out of the completion and count them in the total alone.
 * They are output, and are charged as that.
 */
void chat_settle_usage(struct chat_gather *g)
{
	struct tokens *t = &g->answer->tokens;
	int64_t rest = g->total_tokens - t->input - t->output;

	if (g->total_tokens < 0 || t->input < 0 || t->output < 0 || rest <= 0)
		return;
	t->output += rest;
	if (t->reasoning < 0)
		t->reasoning = rest;
}
