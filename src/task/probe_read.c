/*
 * The worker's part: what an answer says, and the sample of its attempt.
 */
#include "base/mask.h"
#include "core/chat.h"
#include "task/probe_job.h"

enum { HEADERS_JSON_MAX = 1 << 20 };

static struct str header_value(struct str head, struct str name)
{
	struct str line;

	while (head.n) {
		struct str key;

		(void)str_cut(&head, '\n', &line);
		if (str_cut(&line, ':', &key) && str_eq_nocase(str_trim(key), name))
			return str_trim(line);
	}
	return STR_NONE;
}

static void mask_request(struct probe_try *t)
{
	const struct probe_call *c = &t->call;
	struct mask_header *headers =
		arena_array(&t->read_arena, c->n_headers + 1, struct mask_header);

	for (size_t i = 0; i < c->n_headers; i++)
		headers[i] = (struct mask_header){ c->headers[i].name, c->headers[i].value };
	t->request_headers = BUF_INIT(HEADERS_JSON_MAX);
	mask_headers(headers, c->n_headers, &t->request_headers);
}

static struct stamps merged(const struct stamps *wire, const struct stamps *chat)
{
	struct stamps s = *wire;

	s.first_event_us = chat->first_event_us;
	s.first_reasoning_us = chat->first_reasoning_us;
	s.first_content_us = chat->first_content_us;
	s.last_token_us = chat->last_token_us;
	return s;
}

/* Only where the answer is a stream: what lies inside another has no instants of its own. */
static struct stamps without_pieces(const struct stamps *wire)
{
	static const struct stamps none = { .first_event_us = STAMP_NONE,
					    .first_reasoning_us = STAMP_NONE,
					    .first_content_us = STAMP_NONE,
					    .last_token_us = STAMP_NONE };

	return merged(wire, &none);
}

static bool chat_body(struct probe_try *t, struct chat_answer *ret)
{
	const struct ask_answer *r = t->answer;
	struct chat_read q = {
		.form = t->call.recipe.form,
		.streamed = t->call.stream,
		.content_type = header_value(r->head, STR("content-type")),
		.body = r->body,
		.cut = r->cut,
		.arrivals = r->arrivals,
		.n_arrivals = r->n_arrivals,
	};

	if (r->status < 0)
		return false;
	chat_read(&q, &t->read_arena, ret);
	return true;
}

static void learn(struct probe_try *t, const struct sample *s)
{
	if (s->outcome == OUTCOME_BAD_REQUEST &&
	    !recipe_correct(&t->call.recipe, s->status, t->answer->body, &t->read_arena,
			    &t->corrected, &t->corrected_why))
		t->corrected_why = STR_NONE;
}

void probe_read(struct probe_try *t)
{
	const struct ask_answer *r = t->answer;
	struct sample *s = &t->sample;
	struct arena *a = &t->read_arena;
	struct chat_answer chat = { 0 };
	bool has_chat = chat_body(t, &chat);
	const struct outcome_evidence evidence = { .end = r->end,
						   .status = r->status,
						   .chat = has_chat ? &chat : NULL,
						   .expected = t->call.prompt.expected,
						   .cut = r->cut };

	*s = (struct sample){
		.started_at_ms = r->started_at_ms,
		.stamps = has_chat && t->call.stream ? merged(&r->stamps, &chat.stamps)
						     : without_pieces(&r->stamps),
		.gaps = chat.gaps,
		.streamed = t->call.stream,
		.reused = r->reused,
		.lag_us = r->lag_us,
		.status = r->status,
		.tokens = has_chat ? chat.tokens : (struct tokens){ -1, -1, -1, -1 },
		.finish = chat.finish,
		.response_bytes = r->body_bytes,
		.chunks = chat.chunks,
		.counted = r->lag_us <= SAMPLE_LAG_MAX_US,
	};
	if (r->body_bytes)
		s->response_hash = r->body_hash;
	s->outcome = outcome_of(&evidence, a, &s->answer);
	s->error = outcome_line(&evidence, s->outcome,
				r->end == TRANSPORT_COMPLETE ? STR_NONE : str_of(r->err.text), a);
	probe_cost(t->p, &t->call, a, s);
	mask_request(t);
	t->response_headers = BUF_INIT(HEADERS_JSON_MAX);
	mask_header_block(r->head, &t->response_headers);
	learn(t, s);
}
