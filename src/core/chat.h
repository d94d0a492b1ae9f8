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

/* What the body looks like, whatever its content type says. */
enum chat_shape {
	CHAT_NOTHING,  /* no byte, or white space */
	CHAT_DOCUMENT, /* begins like JSON */
	CHAT_STREAM,   /* an event stream */
	CHAT_HTML,
	CHAT_OTHER, /* plain text, … */
};

struct chat_answer {
	enum chat_shape shape;
	bool json;        /* the body is one JSON document, or every event of the stream is */
	bool ends_early;  /* it would be JSON if it went on */
	bool well_formed; /* ... of the form asked for: choices, or an error */
	bool finished;    /* finish_reason, or [DONE], or the form's own end */
	bool tool_calls;  /* it wants a tool */
	struct str text, reasoning; /* absent: none; without <think> parts, which are reasoning */
	struct str finish;          /* finish_reason as said, or absent */
	struct str refusal;         /* the form's own word for it, or absent */
	struct tokens tokens;       /* the last usage that was reported */
	bool has_error;        /* an error object, in a document of any status or in a stream */
	int64_t error_code;    /* a number said with it; 0: none */
	struct str error_text; /* or, of a body that is no JSON, its words; absent: not said */
	struct str
		error_type; /* the words for machines, type and code, parted by a blank; or absent */
	struct stamps stamps; /* of a stream: first_event_us … last_token_us */
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
/*
 * *ret_answer: the number that was taken for the answer (core/answer.h), canonical, or absent; in
 * the arena.  With OUTCOME_OK it is the expected one.
 */
enum outcome outcome_of(const struct outcome_evidence *v, struct arena *a, struct str *ret_answer);
/*
 * One line, "HTTP error 401: …" or the class and what is known; absent for a complete 200.
 * What the provider said is in it, made one line of clean UTF-8 and cut when long, but no secret
 * is masked: that is the caller's.
 */
struct str outcome_line(const struct outcome_evidence *v, enum outcome o,
			struct str transport_words, struct arena *a);
