#include "store/sample_fields.h"

#include "base/clock.h"
#include "base/utf8.h"

#include <assert.h>

/* Of which C type a member is, and what in it is NULL. */
enum kind {
	TEXT,    /* struct str; absent */
	HASH,    /* struct hash; all zeros */
	OUTCOME, /* enum outcome, by name */
	COST,    /* struct dec; !has_cost */
	MS,      /* int64_t; CLOCK_NONE */
	I64,     /* int64_t; never */
	REACHED, /* int64_t; below 0: no stamp, not reported */
	GAP,     /* int64_t; where there are no gaps */
	U64,     /* uint64_t; never */
	COUNT,   /* unsigned; never */
	YES,     /* bool; never */
	AGREES,  /* int; below 0 */
};

#define FIELD(column, type, kind, member)                                      \
	{                                                                      \
		column, SAMPLE_##type, (kind), offsetof(struct sample, member) \
	}

const struct sample_field sample_fields[SAMPLE_FIELDS] = {
	FIELD("cycle_at", TIME, MS, cycle_at_ms),
	FIELD("hf_model", TEXT, TEXT, hf_model),
	FIELD("provider", TEXT, TEXT, provider),
	FIELD("provider_name", TEXT, TEXT, provider_name),
	FIELD("provider_model_id", TEXT, TEXT, provider_model_id),
	FIELD("via", TEXT, TEXT, via),
	FIELD("url", TEXT, TEXT, url),
	FIELD("intended_at", TIME, MS, intended_at_ms),
	FIELD("started_at", TIME, MS, started_at_ms),
	FIELD("lateness_us", NUMBER, I64, lateness_us),
	FIELD("dns_us", NUMBER, REACHED, stamps.dns_us),
	FIELD("connected_us", NUMBER, REACHED, stamps.connected_us),
	FIELD("tls_us", NUMBER, REACHED, stamps.tls_us),
	FIELD("sent_us", NUMBER, REACHED, stamps.sent_us),
	FIELD("first_byte_us", NUMBER, REACHED, stamps.first_byte_us),
	FIELD("first_event_us", NUMBER, REACHED, stamps.first_event_us),
	FIELD("first_reasoning_us", NUMBER, REACHED, stamps.first_reasoning_us),
	FIELD("first_content_us", NUMBER, REACHED, stamps.first_content_us),
	FIELD("last_token_us", NUMBER, REACHED, stamps.last_token_us),
	FIELD("duration_us", NUMBER, I64, stamps.end_us),
	FIELD("gaps", NUMBER, U64, gaps.n),
	FIELD("gap_p50_us", NUMBER, GAP, gaps.p50_us),
	FIELD("gap_p95_us", NUMBER, GAP, gaps.p95_us),
	FIELD("gap_max_us", NUMBER, GAP, gaps.max_us),
	FIELD("chunks", NUMBER, U64, chunks),
	FIELD("streamed", FLAG, YES, streamed),
	FIELD("reused", FLAG, YES, reused),
	FIELD("lag_us", NUMBER, I64, lag_us),
	FIELD("attempts", NUMBER, COUNT, attempts),
	FIELD("waited_ms", NUMBER, I64, waited_ms),
	FIELD("total_us", NUMBER, I64, total_us),
	FIELD("counted", FLAG, YES, counted),
	FIELD("status", NUMBER, I64, status),
	FIELD("outcome", TEXT, OUTCOME, outcome),
	FIELD("error", TEXT, TEXT, error),
	FIELD("request_bytes", NUMBER, U64, request_bytes),
	FIELD("response_bytes", NUMBER, U64, response_bytes),
	FIELD("response_hash", TEXT, HASH, response_hash),
	FIELD("input_tokens", NUMBER, REACHED, tokens.input),
	FIELD("output_tokens", NUMBER, REACHED, tokens.output),
	FIELD("reasoning_tokens", NUMBER, REACHED, tokens.reasoning),
	FIELD("cached_tokens", NUMBER, REACHED, tokens.cached),
	FIELD("finish", TEXT, TEXT, finish),
	FIELD("answer", TEXT, TEXT, answer),
	FIELD("expected", TEXT, TEXT, expected),
	FIELD("group_key", TEXT, TEXT, group_key),
	FIELD("agrees", FLAG, AGREES, agrees),
	FIELD("cost", MONEY, COST, cost),
	FIELD("price_source", TEXT, TEXT, price_source),
};

static const struct hash no_hash;

static struct sample_value number(bool is_null, int64_t n)
{
	return (struct sample_value){ .is_null = is_null, .number = is_null ? 0 : n };
}

static struct sample_value text(struct str s)
{
	return (struct sample_value){ .is_null = str_is_none(s), .text = s };
}

static int64_t from_u64(uint64_t n)
{
	assert(n <= INT64_MAX);
	return (int64_t)n;
}

struct sample_value sample_get(const struct sample_field *f, const struct sample *s,
			       struct sample_scratch *scratch)
{
	const void *at = (const char *)s + f->at;
	int64_t n;

	switch ((enum kind)f->kind) {
	case TEXT:
		return text(utf8_clean(*(const struct str *)at, scratch->a));
	case HASH:
		if (hash_eq(at, &no_hash))
			return text(STR_NONE);
		return text(str_of(hash_text(at, scratch->hash)));
	case OUTCOME:
		return text(str_of(outcomes[*(const enum outcome *)at].name));
	case COST:
		if (!s->has_cost)
			return text(STR_NONE);
		return text((struct str){ scratch->cost, dec_print(at, scratch->cost) });
	case U64:
		return number(false, from_u64(*(const uint64_t *)at));
	case COUNT:
		return number(false, *(const unsigned *)at);
	case YES:
		return number(false, *(const bool *)at);
	case AGREES:
		return number(*(const int *)at < 0, *(const int *)at);
	case MS:
	case I64:
	case REACHED:
	case GAP:
		break;
	}
	n = *(const int64_t *)at;
	return number((f->kind == MS && n == CLOCK_NONE) || (f->kind == REACHED && n < 0) ||
			      (f->kind == GAP && s->gaps.n == 0),
		      n);
}

/* What an int64_t is when the column is NULL. */
static int64_t none_of(enum kind kind)
{
	return kind == MS ? CLOCK_NONE : kind == REACHED ? STAMP_NONE : 0;
}

bool sample_set(const struct sample_field *f, const struct sample_value *v, struct sample *s,
		struct err *e)
{
	void *at = (char *)s + f->at;

	switch ((enum kind)f->kind) {
	case TEXT:
		*(struct str *)at = v->is_null ? STR_NONE : v->text;
		break;
	case HASH:
		*(struct hash *)at = no_hash;
		if (!v->is_null)
			(void)hash_parse(v->text, at);
		break;
	case OUTCOME:
		return outcome_parse(v->text, at) ||
		       err_set(e, ERR_DB, "outcome %s of a sample is none this program knows",
			       err_quote(v->text.at, v->text.n));
	case COST:
		s->has_cost = !v->is_null;
		return v->is_null || dec_parse(v->text, at, e);
	case U64:
		*(uint64_t *)at = v->number < 0 ? 0 : (uint64_t)v->number;
		break;
	case COUNT:
		*(unsigned *)at = (unsigned)v->number;
		break;
	case YES:
		*(bool *)at = v->number != 0;
		break;
	case AGREES:
		*(int *)at = v->is_null ? -1 : v->number != 0;
		break;
	case MS:
	case I64:
	case REACHED:
	case GAP:
		*(int64_t *)at = v->is_null ? none_of((enum kind)f->kind) : v->number;
		break;
	}
	return true;
}

void sample_print_names(struct buf *out, const char *alias)
{
	for (size_t i = 0; i < SAMPLE_FIELDS; i++)
		buf_printf(out, ", %s%s", alias, sample_fields[i].name);
}

enum sample_way sample_way_of(const struct store_sample_query *q)
{
	if (str_is_none(q->provider_model_id))
		return str_is_none(q->provider) ? SAMPLES_OF_ALL : SAMPLES_OF_PROVIDER;
	return str_is_none(q->provider) ? SAMPLES_OF_MODEL : SAMPLES_OF_ENDPOINT;
}

bool sample_bounds_of(const struct store_sample_query *q, int64_t after_ms, int64_t before_ms,
		      struct sample_bounds *ret)
{
	*ret = (struct sample_bounds){ q->since_ms, 0, before_ms, q->before_id };
	if (after_ms != CLOCK_NONE && after_ms >= q->since_ms) {
		ret->from_ms = after_ms;
		ret->from_id = q->after_id;
	}
	return !q->before_id || before_ms != CLOCK_NONE;
}
