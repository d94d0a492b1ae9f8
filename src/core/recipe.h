/*
 * recipe: how an endpoint wants to be asked.  Data and pure functions.
 *
 * Providers differ in the form of a chat request, in the name of its limit, in what
 * they refuse.  The built-in knowledge stands in the descriptors ("chat"); what an
 * endpoint's own 400 taught us is a correction, kept in the database and laid over.
 *
 * What an endpoint says is never sent back to it: a correction chooses among names that
 * stand here and numbers within bounds, so that a refusal can neither make us send what it
 * likes nor spend more than a few thousand tokens.
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"

enum chat_form { CHAT_OPENAI, CHAT_ANTHROPIC, CHAT_COHERE };
extern const char *const chat_form_names[3];
bool chat_form_parse(struct str name, enum chat_form *ret);

enum {
	RECIPE_LIMIT_MAX = 1000000,    /* of limit_min and limit_max */
	RECIPE_LEARNED_MIN_MAX = 4096, /* no endpoint can ask us to buy more tokens than these */
	RECIPE_LEARNED_MAX = 8,        /* corrections in a row; then the recipe stays as it is */
};

struct recipe {
	enum chat_form form;
	struct str limit;       /* name of the limit; absent: "max_tokens" */
	uint64_t limit_min;     /* the least that is accepted; 0: any */
	uint64_t limit_max;     /* the most; 0: any */
	bool no_stream_options; /* refuses stream_options */
	struct str add;         /* JSON object of further members, compact, or absent */
	unsigned learned;       /* how many corrections are in it */
};

/* OpenAI's form with max_tokens: for an endpoint of which nothing else is known, and for all
 * that are asked through Hugging Face's router, which takes this form for each of them. */
extern const struct recipe recipe_standard;

/*
 * {"messages":…,"max_tokens":512,"model":"…","stream":false}: members in this order, no
 * spaces; then those of `add`, and of a stream at the end
 * "stream_options":{"include_usage":true}.  Anthropic's form begins with model and limit,
 * Cohere's with model; neither knows stream_options.
 */
struct recipe_ask {
	struct str model, prompt;
	uint64_t max_tokens;
	bool stream;
};
void recipe_body(const struct recipe *r, const struct recipe_ask *q, struct buf *out);
/* What max_tokens really is with that recipe: for the budget. */
uint64_t recipe_limit(const struct recipe *r, uint64_t wanted);

/*
 * What a 400 or 422 teaches (416, too, which one host answers for a limit that is too large):
 * *ret is the recipe put right and *ret_reason one line that says what and why; false: nothing
 * that we know how to mend, or it would be the same again.
 */
bool recipe_correct(const struct recipe *r, int64_t status, struct str body, struct arena *a,
		    struct recipe *ret, struct str *ret_reason);

/* As JSON, for the database, and back.  ERR_DATA names what is wrong. */
void recipe_format(const struct recipe *r, struct buf *out);
bool recipe_parse(struct str json, struct arena *a, struct recipe *ret, struct err *e);

/* For who reads recipes from elsewhere: may that be the limit's name? */
bool recipe_is_limit(struct str name);
/* ... and `add` from a JSON object; ERR_DATA names the member that is not for it to say. */
bool recipe_read_add(yyjson_val *v, struct arena *a, struct str *ret, struct err *e);
