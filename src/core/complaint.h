/*
 * complaint: what a refusal says, taken apart.  Pure.
 *
 * Providers word it each in his own way, often one's words inside another's, as JSON inside
 * a string.  So an answer is taken apart into complaints (the members of one object; a text
 * that is no JSON), each complaint into words, numbers and signs, in which phrases are
 * looked for.  What we sent and comes back is no part of them.  All is bounded.
 */
#pragma once
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	COMPLAINT_TEXT_MAX = 4096,
	COMPLAINT_TOKENS_MAX = 400,
	COMPLAINT_NEAR = 4, /* words between "at least" and its number, at most */
};

enum token_kind { TOKEN_WORD, TOKEN_NUMBER, TOKEN_SIGN };

struct token {
	enum token_kind kind;
	struct str text; /* of a word: lower case, without '_'; of a sign: ">", ">=", "<", "<=" */
	uint64_t number; /* what is beyond 10 million stays beyond a million */
};

struct complaint {
	struct token tokens[COMPLAINT_TOKENS_MAX];
	size_t n;
	char text[COMPLAINT_TEXT_MAX]; /* what the words point into */
	size_t used;
};

/* One after another until `fn` says true, which is then the result.  Good until it returns. */
typedef bool complaint_fn(void *arg, const struct complaint *c);
bool complaint_each(struct str body, complaint_fn *fn, void *arg);

/* ---- what stands at `i`, and anywhere ---- */

bool complaint_word_is(const struct complaint *c, size_t i, const char *word);
/* Words separated by blanks, from `i` on; *ret_end is behind them. */
bool complaint_phrase_at(const struct complaint *c, size_t i, const char *phrase, size_t *ret_end);
bool complaint_is_number(const struct complaint *c, size_t i);
/* The first number not far behind `from`. */
bool complaint_number_near(const struct complaint *c, size_t from, uint64_t *ret);
bool complaint_says(const struct complaint *c, const char *phrase);
bool complaint_says_one_of(const struct complaint *c,
			   const char *const *phrases); /* NULL at the end */
