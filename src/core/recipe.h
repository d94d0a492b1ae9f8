/*
 * recipe: how an endpoint wants to be asked.  Data and pure functions.
 *
 * Providers differ in the form of a chat request, in the name of its limit, in what
 * they refuse.  The built-in knowledge stands in the descriptors ("chat"); what an
 * endpoint's own 400 taught us is a correction, kept in the database and laid over.
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum chat_form { CHAT_OPENAI, CHAT_ANTHROPIC, CHAT_COHERE };
extern const char *const chat_form_names[3];

struct recipe {
	enum chat_form form;
	struct str limit;       /* name of the limit: "max_tokens", "max_completion_tokens" */
	uint64_t limit_min;     /* the least that is accepted; 0: any */
	uint64_t limit_max;     /* the most; 0: any */
	bool no_stream_options; /* refuses stream_options */
	struct str add; /* JSON object of further members ("reasoning_effort":"low"), or absent */
};

/* {"messages":…,"max_tokens":512,"model":"…","stream":false}: members in this order, no spaces. */
struct recipe_ask {
	struct str model, prompt;
	uint64_t max_tokens;
	bool stream;
};
void recipe_body(const struct recipe *r, const struct recipe_ask *q, struct buf *out);
/* What max_tokens really is with that recipe: for the budget. */
uint64_t recipe_limit(const struct recipe *r, uint64_t wanted);

/*
 * What a 400 or 422 teaches: *ret is the recipe put right and *ret_reason one line that says
 * what and why; false: nothing that we know how to mend, or it would be the same again.
 */
bool recipe_correct(const struct recipe *r, int64_t status, struct str body, struct arena *a,
		    struct recipe *ret, struct str *ret_reason);

/* As JSON, for the database, and back.  ERR_DATA names what is wrong. */
void recipe_format(const struct recipe *r, struct buf *out);
bool recipe_parse(struct str json, struct arena *a, struct recipe *ret, struct err *e);
