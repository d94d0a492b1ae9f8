/*
 * service_account: the credentials that Google gives to programs, and the assertion
 * that an access token is asked for with (RFC 7523).
 *
 * Credentials are a JSON object with type "service_account", client_email,
 * private_key (PEM), perhaps private_key_id and token_uri.  They come as the path of
 * a file or, where the text begins with '{', as themselves.  No sentence of this
 * module holds a byte of them, nor the path: somebody may have put a key there.
 */
#pragma once
#include "base/json.h"

#include <stdint.h>

struct service_account {
	struct str email;     /* client_email: whose token it will be; no secret */
	struct str token_uri; /* https://… */

	/* private */
	struct str key, key_id;
	char *bytes; /* malloc'd; the strings above stand in it */
	size_t n;
	yyjson_doc *doc;
};

/* On a pool thread, for it may read a file.  Hides the key (base/secret.h).  ERR_CONFIG. */
bool service_account_load(struct str credentials, struct service_account *ret, struct err *e);
void service_account_release(struct service_account *sa); /* wipes */

/*
 * The assertion for `scope`, good from now_ms on for an hour, appended.  It is a
 * secret.  ERR_CONFIG when the key cannot sign.
 */
bool service_account_assert(const struct service_account *sa, struct str scope, int64_t now_ms,
			    struct buf *out, struct err *e);
