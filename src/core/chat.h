/*
 * chat: what an answer of a chat endpoint says.  Pure; any thread.
 *
 * Reads a whole answer, JSON or an event stream, of any form (core/recipe.h), also a
 * broken one: what there is of it is told.  Where a stream's pieces arrived when is
 * known from the transport's arrivals, so the stamps inside a stream are those of the
 * reads that completed each event (base/sse.h tells where events end).
 *
 * A token is a piece of text or reasoning that is not empty; a role, an empty delta, a
 * comment, a usage chunk are none.
 */
#pragma once
#include "base/arena.h"
#include "core/recipe.h"
#include "core/sample.h"

struct chat_answer {
	bool json;        /* the body is one JSON document, or every event of the stream is */
	bool well_formed; /* ... of the form asked for: choices, or an error */
	bool finished;    /* finish_reason, or [DONE], or the form's own end */
	struct str text, reasoning; /* absent: none; without <think> parts, which are reasoning */
	struct str finish;          /* finish_reason as said, or absent */
	struct str refusal;         /* the form's own word for it, or absent */
	struct tokens tokens;       /* the last usage that was reported */
	bool has_error;     /* an error object, in a document of any status or in a stream */
	int64_t error_code; /* a number said with it; 0: none */
	struct str error_text, error_type; /* absent: not said */
	struct stamps stamps;              /* of a stream: first_event_us … last_token_us */
	struct gaps gaps;
	uint64_t chunks;
};

struct chat_read {
	enum chat_form form;
	bool streamed;           /* asked for; an answer in JSON is read as that all the same */
	struct str content_type; /* or absent */
	struct str body;         /* not written to; no padding needed */
	bool cut; /* less was kept than came: what is missing is no fault of theirs */
	const struct arrival *arrivals;
	size_t n_arrivals;
};
void chat_read(const struct chat_read *q, struct arena *a, struct chat_answer *ret);

/* ---- the class ---- */

struct outcome_evidence {
	enum transport_end end;
	int64_t status;
	const struct chat_answer *chat; /* NULL: no body was read */
	struct str expected;            /* decimal, or absent: any text will do */
	bool cut;
};
/* *ret_answer: the number that was taken for the answer, canonical, or absent; in the arena. */
enum outcome outcome_of(const struct outcome_evidence *v, struct arena *a, struct str *ret_answer);
/* One line, "HTTP error 401: …" or the class and what is known; empty for a complete 200. */
struct str outcome_line(const struct outcome_evidence *v, enum outcome o,
			struct str transport_words, struct arena *a);
