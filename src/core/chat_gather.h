/*
 * chat_gather: what piles up while an answer is read, for core/chat's own files.
 *
 * The readers of the forms (chat_forms.c) hand in pieces as they find them; here
 * thoughts are told from text, pieces counted and stamped.
 */
#pragma once
#include "base/buf.h"
#include "base/json.h"
#include "core/chat.h"

struct chat_gather {
	struct arena *arena;
	struct chat_answer *answer;
	bool streaming; /* pieces are those of events, which have times */
	int64_t now_us; /* when the event that is being read came; STAMP_NONE: not known */

	struct buf text, reasoning, refusal;
	const struct think_tag *inside; /* which part of the text is open; NULL: none */
	char held[16]; /* end of the text so far that may be the beginning of a tag */
	size_t n_held;
	int64_t held_us;

	bool brought;      /* this event: something that is a piece */
	struct buf pieces; /* int64_t: when each came */

	int64_t total_tokens; /* as reported; the others in answer->tokens */
};

void chat_gather_begin(struct chat_gather *g, const struct chat_read *q, struct arena *a,
		       struct chat_answer *ret);
void chat_gather_end(struct chat_gather *g);

/* Around what one event brings. */
void chat_event_begin(struct chat_gather *g, int64_t us);
void chat_event_end(struct chat_gather *g);

/* A piece as it came: of any length, ill-formed or empty.  Values of other types are no pieces. */
void chat_add_text(struct chat_gather *g, yyjson_val *piece); /* may hold thoughts in tags */
void chat_add_reasoning(struct chat_gather *g, yyjson_val *piece);
void chat_add_refusal(struct chat_gather *g, yyjson_val *piece);

/* ---- chat_forms.c ---- */

struct chat_reader {
	/* The whole answer. */
	void (*document)(struct chat_gather *g, yyjson_val *root);
	/* One event.  `name` is its "event" line, or absent. */
	void (*event)(struct chat_gather *g, struct str name, yyjson_val *root);
};
extern const struct chat_reader chat_readers[3]; /* by enum chat_form */

/* ---- chat_error.c ---- */

/*
 * Takes the error out of a document or an event, if there is one.  `answered`: it has the
 * form's answer in it, so that only what is named an error is one.
 */
void chat_find_error(struct chat_gather *g, yyjson_val *root, bool answered);
/* The words of a body that is no JSON. */
void chat_take_words(struct chat_gather *g, struct str body);

/* ---- chat_usage.c ---- */

/* OpenAI's names and those that others gave them.  Members that are there replace earlier ones. */
void chat_take_usage(struct chat_gather *g, yyjson_val *usage);
void chat_take_usage_anthropic(struct chat_gather *g, yyjson_val *usage);
void chat_take_usage_cohere(struct chat_gather *g, yyjson_val *usage);
void chat_settle_usage(struct chat_gather *g);
