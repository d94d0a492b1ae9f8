/* SPDX-License-Identifier: MIT */
/*
 * issuer: the token endpoint of service accounts, POST /oauth2.googleapis.com/token.
 *
 * It knows accounts by name and public key, which tests make and register (POST
 * /sim/service-account): no private key is here.  An assertion is a JWT that such an account signed
 * with RS256; everything in it is checked.  The tokens handed out open the lists that want one
 * (providers.h) until they expire.  Its clock is the computer's unless it is told another time.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "http.h"

#define ISSUER_HOST "oauth2.googleapis.com"
#define ISSUER_PATH "/" ISSUER_HOST "/token"

enum { ACCOUNTS_MAX = 16, TOKENS_MAX = 256, TOKEN_SIZE = 64 };

enum issuer_answer { /* to an assertion that is good */
		     ISSUER_TOKEN,
		     ISSUER_INVALID_GRANT,
		     ISSUER_NO_TOKEN, /* 200 without access_token */
		     ISSUER_GARBAGE,  /* 200, not JSON */
		     ISSUER_ANSWERS
};

struct account {
	char *email;
	void *key; /* EVP_PKEY */
};

struct issued {
	char text[TOKEN_SIZE];
	int64_t until_s;
};

struct issuer {
	struct account accounts[ACCOUNTS_MAX];
	size_t account_count;
	struct issued tokens[TOKENS_MAX]; /* the newest */
	uint64_t asked, issued;
	const char *reason; /* of the last refusal, or NULL */
	enum issuer_answer answer;
	uint64_t expires_in_s; /* of the next ones */
	int64_t now_s;         /* 0: the computer's clock */
};

void issuer_init(struct issuer *is);
void issuer_release(struct issuer *is);
/* A new account, or another key for a known one; false: no PEM of a public RSA key, or too many. */
bool issuer_register(struct issuer *is, const char *email, const char *pem, size_t n);
bool issuer_answer_by_name(const char *name, enum issuer_answer *out);

void issuer_serve(struct issuer *is, const struct http_request *rq, struct reply *rp);
/* Is it a token of ours, and still good? */
bool issuer_admits(const struct issuer *is, const char *token);
void issuer_expire(struct issuer *is); /* all tokens */
void issuer_write(struct buf *out, const struct issuer *is);
