/*
 * auth: who may use the admin routes: who has the key.
 *
 * Both sides are digested to 32 bytes before they are compared, in constant time, so that neither length nor
 * bytes of the key can be measured.  An address that failed often is made to wait, but a right
 * key is never refused for what its address did before: the key is looked at first.
 */
#pragma once
#include "base/str.h"

#include <stdint.h>

struct auth;

enum auth_verdict {
	AUTH_OK,
	AUTH_NO_KEY,  /* none is configured */
	AUTH_MISSING, /* no Authorization, or of another scheme */
	AUTH_WRONG,
	AUTH_WAIT, /* wrong, and the address failed too often */
};

struct auth *auth_create(struct str key, uint32_t rate); /* absent key: AUTH_NO_KEY for everybody */
void auth_destroy(struct auth *a);
void auth_set_key(struct auth *a, struct str key);
/* From any thread.  *ret_wait_s: for AUTH_WAIT. */
enum auth_verdict auth_check(struct auth *a, struct str authorization, struct str peer,
			     uint64_t now_us, unsigned *ret_wait_s);

/* The comparison itself, for its test: equal 32 bytes?  Constant time. */
bool auth_same(const unsigned char a[32], const unsigned char b[32]);
