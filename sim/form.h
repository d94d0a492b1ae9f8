/* SPDX-License-Identifier: MIT */
/*
 * form: the three ways in which chat endpoints are spoken to and answer: OpenAI's, Anthropic's,
 * Cohere's; and the many in which they say that something is wrong.
 *
 * Writers only.  A whole answer is one document; of a stream each function writes the events that
 * belong to one moment, framed as `framing` says.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

/* What is answered. */
struct said {
	uint64_t id;
	const char *model;
	const char *text;          /* NULL: null */
	const char *reasoning;     /* NULL: none */
	const char *reasoning_key; /* "reasoning_content"; OpenAI's form only */
	const char *refusal;       /* NULL: none; OpenAI's form only */
	const char *finish;        /* in OpenAI's words; the others have theirs for it */
	bool with_usage;
	uint64_t input, output, reasoned;
	uint64_t so_far; /* of a stream: tokens up to here */
};

/* How events look. */
struct framing {
	const char *eol;   /* "\n" */
	bool no_space;     /* data:{…} */
	bool usage_always; /* in every chunk, growing */
	bool usage_null;   /* "usage":null in chunks that have none */
};

struct form {
	const char *name;
	void (*whole)(struct buf *out, const struct said *s);
	void (*begin)(struct buf *out, const struct said *s, const struct framing *f);
	/* A piece of the text or of the reasoning. */
	void (*piece)(struct buf *out, const struct said *s, const struct framing *f,
		      const char *text, bool reasoning);
	/* finish, and usage with it where s->with_usage */
	void (*finish)(struct buf *out, const struct said *s, const struct framing *f);
	void (*usage)(struct buf *out, const struct said *s, const struct framing *f); /* or NULL */
	bool done; /* ends with [DONE] by nature */
};

extern const struct form form_openai, form_anthropic, form_cohere;

/* One event; `name` may be NULL. */
void form_event(struct buf *out, const struct framing *f, const char *name, const char *data);
/* A comment. */
void form_comment(struct buf *out, const struct framing *f, const char *text);

/* An error in a provider's own spelling. */
struct complaint {
	int status;
	const char *type; /* "invalid_request_error" */
	const char *code; /* "model_not_found", or NULL */
	const char *param;
	const char *message;
};
typedef void complain_fn(struct buf *out, const struct complaint *c);

complain_fn complain_openai;    /* {"error":{"message","type","param","code"}} */
complain_fn complain_text;      /* {"error":"…"} */
complain_fn complain_typed;     /* {"error":"…","error_type":"…"} */
complain_fn complain_detail;    /* {"detail":"…"} */
complain_fn complain_message;   /* {"message":"…","request_id":"…"} */
complain_fn complain_anthropic; /* {"type":"error","error":{"type","message"},"request_id"} */
complain_fn complain_google;    /* [{"error":{"code","message","status"}}] */
complain_fn complain_code;      /* {"code":429,"reason":"…","message":"…","metadata":{}} */
complain_fn complain_broker;    /* {"error":{"message","code":429,"metadata":{…}},"user_id"} */
complain_fn complain_xai;       /* {"code":"…","error":"…"} */
