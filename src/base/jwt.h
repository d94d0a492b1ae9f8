/*
 * jwt: JSON Web Tokens (RFC 7515), signed with RSA and SHA-256 (RS256).
 *
 * What the claims say is the caller's business.  A token is as good as a key
 * until it expires: wipe it after use.
 */
#pragma once
#include "base/buf.h"
#include "base/err.h"

/*
 * HEADER.CLAIMS.SIGNATURE, appended to `out`; header and claims are JSON.  `pem` is
 * the private key, PKCS #8 or PKCS #1, without a password.  ERR_CONFIG when it
 * cannot sign; no sentence holds a byte of it.
 */
bool jwt_sign_rs256(struct str header, struct str claims, struct str pem, struct buf *out,
		    struct err *e);
