/* SPDX-License-Identifier: MIT */
#include "answer.h"

#include <stdlib.h>
#include <string.h>

#include "http.h"
#include "spelling.h"
#include "sums.h"

enum { KIB = 1024, BYTES_PER_TOKEN = 4 };

static const char *const filler[] = { "Let",   " me", " go", " through", " this",   " one",
				      " step", " at", " a",  " time,",   " slowly." };

enum { FILLERS = sizeof(filler) / sizeof(filler[0]) };

/* --- what is said --- */

static void add_filler(struct buf *out, uint64_t words)
{
	for (uint64_t i = 0; i < words; i++)
		buf_str(out, i && i % FILLERS == 0 ? " Let" : filler[i % FILLERS]);
}

/* A token is a word with the space before it. */
static size_t token_length(const char *text)
{
	size_t n = strspn(text, " \n");

	return n + strcspn(text + n, " \n");
}

static uint64_t count_tokens(const char *text)
{
	uint64_t n = 0;

	for (; *text; text += token_length(text))
		n++;
	return n;
}

static void write_number(struct buf *out, const struct question *q, const struct programme *p)
{
	char number[SUM_TEXT];
	struct sum s;

	if (!sum_find(q->prompt, &s)) {
		buf_str(out, "I can hear you.");
		return;
	}
	sum_print(number, p->answer == ANSWER_WRONG ? sum_plus(s, 1) : s);
	spelling_write(out, p->spelling, number, q->rng);
}

static void write_text(struct buf *out, const struct question *q, const struct programme *p)
{
	struct buf core = { 0 };

	buf_str(out, "");
	if (p->answer == ANSWER_EMPTY)
		return;
	if (p->answer == ANSWER_REFUSAL)
		buf_str(&core, "I'm sorry, but I can't help with that.");
	else if (p->answer == ANSWER_TEXT)
		buf_str(&core, p->text);
	else
		write_number(&core, q, p);
	uint64_t n = count_tokens(core.len ? core.data : "");
	for (uint64_t i = 0; i < p->pad_kib; i++)
		buf_fill(out, 'x', KIB);
	if (p->pad_kib)
		buf_char(out, ' ');
	if (p->tokens > n) {
		add_filler(out, p->tokens - n);
		buf_char(out, ' ');
	}
	buf_add(out, core.data, core.len);
	buf_release(&core);
}

/* Cuts the text off where the limit is reached; how many tokens are left of it. */
static uint64_t cut_tokens(struct buf *text, uint64_t limit)
{
	uint64_t n = 0;
	size_t at = 0;

	for (; text->data[at] && n < limit; n++)
		at += token_length(text->data + at);
	text->len = at;
	text->data[at] = '\0';
	return n;
}

/* An answer before it has a form. */
struct draft {
	struct said said;
	struct buf text, reasoning;
	bool think; /* the reasoning stands in the text */
};

static void draft_write(struct draft *d, const struct question *q, const struct programme *p,
			const struct twist *t)
{
	uint64_t left = q->limit ? q->limit : UINT64_MAX, wanted, said;

	write_text(&d->text, q, p);
	buf_str(&d->reasoning, "");
	add_filler(&d->reasoning, p->reasoning);
	wanted = count_tokens(d->text.data) + count_tokens(d->reasoning.data);
	d->said.reasoned = cut_tokens(&d->reasoning, left);
	said = d->said.reasoned + cut_tokens(&d->text, left - d->said.reasoned);
	d->think = p->reasoning && p->reasoning_as == REASONING_THINK;
	d->said.id = q->id;
	d->said.model = q->model;
	d->said.text = t->null_text ? NULL : d->text.data;
	d->said.reasoning = p->reasoning && !d->think ? d->reasoning.data : NULL;
	d->said.reasoning_key =
		p->reasoning_as == REASONING_FIELD ? "reasoning" : "reasoning_content";
	d->said.refusal = t->refusal;
	d->said.finish = wanted > said ? "length" : p->finish;
	d->said.input = strlen(q->prompt) / BYTES_PER_TOKEN + 8;
	d->said.output = said;
}

static void draft_release(struct draft *d)
{
	buf_release(&d->text);
	buf_release(&d->reasoning);
}

/* --- heads --- */

static void write_head(struct buf *out, const struct question *q, int status, const char *type,
		       const char *headers)
{
	buf_printf(out, "HTTP/1.1 %d %s\r\n", status, http_reason(status));
	if (type)
		buf_printf(out, "Content-Type: %s\r\n", type);
	buf_printf(out, "x-request-id: %016jx\r\n", (uintmax_t)q->id);
	buf_str(out, q->server);
	if (headers)
		buf_str(out, headers);
	if (q->close)
		buf_str(out, "Connection: close\r\n");
}

struct script *answer_plain(const struct question *q, const struct plain *what)
{
	struct script *s = script_create();

	write_head(&s->bytes, q, what->status, what->type, what->headers);
	buf_printf(&s->bytes, "Content-Length: %zu\r\n\r\n", what->n);
	buf_add(&s->bytes, what->body, what->n);
	script_cut(s, q->latency_us, false);
	return s;
}

struct script *answer_complaint(const struct question *q, int status, const char *headers,
				const struct complaint *c)
{
	struct buf body = { 0 };

	q->complain(&body, c);
	struct plain what = { status, "application/json", headers, body.data, body.len };
	struct script *s = answer_plain(q, &what);

	buf_release(&body);
	return s;
}

/* --- a document --- */

static void whole_think(struct draft *d)
{
	struct buf both = { 0 };

	buf_printf(&both, "<think>\n%s\n</think>\n\n%s", d->reasoning.data, d->text.data);
	buf_release(&d->text);
	d->text = both;
	d->said.text = both.data;
}

static struct script *write_document(const struct question *q, const struct programme *p,
				     const struct twist *t)
{
	struct script *s = script_create();
	struct draft d = { .said.with_usage = p->usage != USAGE_NONE };
	struct buf body = { 0 };
	uint64_t head = p->has_head ? spread_draw(&p->head, q->rng) : q->latency_us;
	uint64_t wait = spread_draw(&p->body, q->rng);
	uint64_t due = (p->has_head ? q->latency_us : head) + wait;

	draft_write(&d, q, p, t);
	if (d.think)
		whole_think(&d);
	q->form->whole(&body, &d.said);
	write_head(&s->bytes, q, 200, "application/json", NULL);
	buf_printf(&s->bytes, "Content-Length: %zu\r\n\r\n", body.len);
	if (p->has_head || wait)
		script_cut(s, head, false);
	buf_add(&s->bytes, body.data, body.len);
	script_cut(s, due > head ? due : head, true);
	buf_release(&body);
	draft_release(&d);
	return s;
}

/* --- a stream --- */

struct stream {
	const struct question *q;
	const struct programme *p;
	struct script *script;
	struct framing framing;
	struct buf events; /* that are to go together */
	uint64_t at_us;
};

/* The events so far are sent: one chunk of the transfer. */
static void flush(struct stream *st, bool content)
{
	if (!st->events.len)
		return;
	buf_printf(&st->script->bytes, "%zx\r\n", st->events.len);
	buf_add(&st->script->bytes, st->events.data, st->events.len);
	buf_str(&st->script->bytes, "\r\n");
	st->events.len = 0;
	script_cut(st->script, st->at_us, content);
}

/* One run of text, in pieces of so many tokens. */
static void stream_text(struct stream *st, struct said *said, const char *text, bool reasoning,
			bool *first)
{
	while (*text) {
		struct buf piece = { 0 };

		for (uint64_t i = 0; *text && i < (st->p->piece ? st->p->piece : 1); i++) {
			size_t n = token_length(text);

			buf_add(&piece, text, n);
			text += n;
			said->so_far++;
		}
		if (!*first)
			st->at_us += spread_draw(&st->p->gap, st->q->rng);
		*first = false;
		if (st->p->comments)
			form_comment(&st->events, &st->framing, "PROCESSING");
		st->q->form->piece(&st->events, said, &st->framing, piece.data, reasoning);
		flush(st, true);
		buf_release(&piece);
	}
}

static void stream_body(struct stream *st, struct draft *d)
{
	bool first = true;

	if (d->think) {
		stream_text(st, &d->said, "<think>\n", false, &first);
		stream_text(st, &d->said, d->reasoning.data, false, &first);
		stream_text(st, &d->said, "\n</think>", false, &first);
	} else if (d->said.reasoning) {
		stream_text(st, &d->said, d->reasoning.data, true, &first);
	}
	stream_text(st, &d->said, d->text.data, false, &first);
}

static bool usage_apart(const struct stream *st)
{
	return st->q->form->usage && (st->p->usage == USAGE_CHUNK ||
				      (st->p->usage == USAGE_ASKED && st->q->include_usage));
}

static void stream_end(struct stream *st, struct draft *d, const struct twist *t)
{
	bool apart = usage_apart(st);

	d->said.with_usage = st->p->usage == USAGE_LAST || st->p->usage == USAGE_EVERY ||
			     (st->p->usage != USAGE_NONE && !st->q->form->usage);
	if (!t->no_finish)
		st->q->form->finish(&st->events, &d->said, &st->framing);
	if (apart)
		st->q->form->usage(&st->events, &d->said, &st->framing);
	if (st->p->done && st->q->form->done)
		form_event(&st->events, &st->framing, NULL, "[DONE]");
}

/* Drops what was written behind half of the pieces. */
static void keep_half(struct script *s)
{
	s->count = (s->count + 1) / 2;
	const struct piece *last = &s->pieces[s->count - 1];
	s->bytes.len = last->from + last->n;
}

static void stream_twisted(struct stream *st, struct draft *d, const struct twist *t)
{
	if (!t->at_once && !t->half) {
		stream_end(st, d, t);
		return;
	}
	if (!t->at_once) {
		keep_half(st->script);
		st->at_us = st->script->pieces[st->script->count - 1].due_us;
	}
	if (t->event)
		form_event(&st->events, &st->framing,
			   st->q->form == &form_anthropic ? "error" : NULL, t->event);
}

static struct script *write_stream(const struct question *q, const struct programme *p,
				   const struct twist *t)
{
	struct stream st = { .q = q,
			     .p = p,
			     .script = script_create(),
			     .framing = { .eol = p->eol,
					  .no_space = !p->space,
					  .usage_always = p->usage == USAGE_EVERY,
					  .usage_null = q->include_usage },
			     .at_us = q->latency_us };
	struct draft d = { 0 };

	draft_write(&d, q, p, t);
	write_head(&st.script->bytes, q, 200, "text/event-stream; charset=utf-8",
		   "Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n");
	buf_str(&st.script->bytes, "\r\n");
	if (p->has_head)
		script_cut(st.script, spread_draw(&p->head, q->rng), false);
	if (p->comments)
		form_comment(&st.events, &st.framing, "PROCESSING");
	if (!t->at_once && (p->role || !q->form->done))
		q->form->begin(&st.events, &d.said, &st.framing);
	flush(&st, false);
	if (!t->at_once)
		stream_body(&st, &d);
	stream_twisted(&st, &d, t);
	flush(&st, false);
	buf_str(&st.script->bytes, "0\r\n\r\n");
	script_cut(st.script, st.at_us, false);
	buf_release(&st.events);
	draft_release(&d);
	return st.script;
}

struct script *answer_write(const struct question *q, const struct programme *p,
			    const struct twist *t)
{
	struct script *s = q->stream && p->stream ? write_stream(q, p, t) : write_document(q, p, t);

	if (p->split)
		script_split(s, p->split, 0);
	return s;
}
