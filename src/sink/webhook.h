/*
 * webhook: what is sent, and how it is signed.  Pure.
 *
 * Body: a CloudEvents 1.0 event in JSON, one per provider and sync however much changed.
 * Headers: Standard Webhooks (webhook-id, webhook-timestamp, webhook-signature), so that
 * the libraries people have verify it.  The id is of the notice: the same at every
 * attempt, so that a receiver can tell what it has had.
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "core/change.h"

/* ---- the body ---- */

struct webhook_change {
	int64_t id;
	const struct change *change;
};

struct webhook_news {
	struct str id;
	int64_t at_ms; /* when the sync began: `time`, and `at` of each change */
	struct str provider;
	struct str hash, prev_hash;
	const struct webhook_change *changes;
	size_t n;
};

enum { WEBHOOK_CHANGES_MAX = 100, WEBHOOK_BODY_MAX = 512 * 1024 };

/*
 * All are counted (data.summary, data.total), the first WEBHOOK_CHANGES_MAX are told, or
 * fewer when the body would become larger than WEBHOOK_BODY_MAX.
 */
void webhook_format(const struct webhook_news *n, struct buf *out);

/* ---- the headers ---- */

/*
 * The key of a secret: the bytes behind "whsec_" in base64, or the text itself.  ERR_USAGE when
 * there is none, or what should be base64 is not.
 */
bool webhook_key(struct str secret, struct arena *a, struct str *ret, struct err *e);

/*
 * Is it long enough to be one: "whsec_" and the base64 of 24 to 64 bytes, as Standard Webhooks
 * has it, or another text of at least 24?
 */
bool webhook_is_secret(struct str secret);

/* "v1," and the base64 of HMAC-SHA256(key, "ID.TIMESTAMP.BODY"), appended. */
void webhook_sign(struct str key, struct str id, int64_t timestamp_s, struct str body,
		  struct buf *out);

/* ---- when again ---- */

enum { WEBHOOK_ATTEMPTS = 10, WEBHOOK_RETRY_AFTER_MAX_S = 60 };

/* How long after the nth attempt (1 …) failed the next one is due; CLOCK_NONE: there is none. */
int64_t webhook_wait_ms(uint64_t attempt);
