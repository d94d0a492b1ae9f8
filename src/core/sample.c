#include "core/sample.h"

int64_t sample_first_token_us(const struct sample *s)
{
	int64_t reasoning = s->stamps.first_reasoning_us;
	int64_t content = s->stamps.first_content_us;

	if (!s->streamed || reasoning == STAMP_NONE || content == STAMP_NONE)
		return !s->streamed ? STAMP_NONE : reasoning == STAMP_NONE ? content : reasoning;
	return reasoning < content ? reasoning : content;
}

int64_t sample_token_rate(const struct sample *s)
{
	enum { THOUSANDTHS_US = 1000000000 };
	int64_t first_us = sample_first_token_us(s);
	int64_t took_us = s->stamps.last_token_us - first_us;

	if (first_us == STAMP_NONE || s->tokens.output < 2 || took_us <= 0)
		return -1;
	return (s->tokens.output - 1) * THOUSANDTHS_US / took_us;
}
