/*
 * token: access tokens of service accounts: got when somebody asks, kept in memory
 * until shortly before they run out, shared by all who ask with the same credentials.
 *
 *	loop: ask ─▶ worker: read, sign ─▶ loop: POST ─▶ answer ─▶ whoever waits
 *
 * Loop thread only.  Nothing of it is ever written down; key, assertion and the
 * answer are overwritten as soon as they are used, a token when it is given up.
 */
#pragma once
#include "net/fetch.h"

struct tokens;

struct tokens *tokens_create(struct loop *l, struct fetcher *f);
/* Nobody may be waiting any more; NULL is fine. */
void tokens_destroy(struct tokens *t);

struct token_request {
	struct str credentials; /* path or JSON (task/service_account.h); stays until `done` */
	struct str variable;    /* where they are from, for sentences */
	struct str scope;
};

struct token {
	struct str value;   /* a secret, in base/secret.h as long as it is kept */
	struct str account; /* whose it is */
	uint64_t serial;    /* for tokens_drop() */
	bool kept;          /* it was there already: it may be refused by now */
};

/* `t` is good during the call; NULL with a reason: ERR_CONFIG (credentials), or as a fetch fails. */
typedef void token_fn(void *arg, const struct token *t, const struct err *e);

/* `done` is called once, perhaps from inside. */
void tokens_get(struct tokens *t, const struct token_request *r, token_fn *done, void *arg);

/* Refused: whoever asks next gets another.  One that is gone already: nothing. */
void tokens_drop(struct tokens *t, uint64_t serial);
