#include "store/samples.h"

#include "store/kit.h"

struct sample samples_full(void)
{
	struct sample s = {
		.hf_model = STR("acme/Large"),
		.provider = STR("acme"),
		.provider_name = STR("acme-ai"),
		.provider_model_id = STR("acme/large"),
		.via = STR("direct"),
		.url = STR("https://api.acme.test/v1/chat?a=\"b\",c"),
		.cycle_at_ms = T0,
		.intended_at_ms = T0 + 1,
		.started_at_ms = T0 + 2,
		.lateness_us = 1003,
		.stamps = { .dns_us = 1,
			    .connected_us = 2,
			    .tls_us = 3,
			    .sent_us = 4,
			    .first_byte_us = 5,
			    .first_event_us = 6,
			    .first_reasoning_us = 7,
			    .first_content_us = 8,
			    .last_token_us = 9,
			    .end_us = 5000000000 },
		.gaps = { .n = 11, .p50_us = 12, .p95_us = 13, .max_us = 14 },
		.streamed = true,
		.reused = false,
		.lag_us = 15,
		.status = 200,
		.outcome = OUTCOME_WRONG_ANSWER,
		.error = STR("said 42\u00e9"),
		.tokens = { .input = 21, .output = 22, .reasoning = 0, .cached = 24 },
		.finish = STR("stop"),
		.answer = STR("42"),
		.expected = STR("1771.2"),
		.agrees = 0,
		.group_key = STR("1754200980123:acme/Large"),
		.request_bytes = 31,
		.response_bytes = 32,
		.chunks = 33,
		.attempts = 3,
		.waited_ms = 4100,
		.total_us = 9000000000,
		.counted = true,
		.has_cost = true,
		.price_source = STR("catalog"),
	};
	struct err e;

	hash_bytes("body", 4, &s.response_hash);
	assert_true(dec_parse(STR("0.000000600000000000000001"), &s.cost, &e));
	return s;
}

struct sample samples_bare(const char *provider, const char *id, int64_t started_at_ms,
			   enum outcome outcome)
{
	return (struct sample){
		.provider = str_of(provider),
		.provider_model_id = str_of(id),
		.via = STR("router"),
		.url = STR("https://a.test"),
		.cycle_at_ms = started_at_ms,
		.intended_at_ms = started_at_ms,
		.started_at_ms = started_at_ms,
		.stamps = { STAMP_NONE, STAMP_NONE, STAMP_NONE, STAMP_NONE, STAMP_NONE, STAMP_NONE,
			    STAMP_NONE, STAMP_NONE, STAMP_NONE, 2500 },
		.status = -1,
		.outcome = outcome,
		.tokens = { -1, -1, -1, -1 },
		.agrees = -1,
		.attempts = 1,
		.total_us = 2500,
		.counted = true,
	};
}
