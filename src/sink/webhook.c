#include "sink/webhook.h"

#include "base/base64.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "core/change_json.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

/* ---- the body ---- */

static void add_summary(struct json_writer *w, const struct webhook_news *n)
{
	int64_t counts[CHANGE_KINDS] = { 0 };

	for (size_t i = 0; i < n->n; i++)
		counts[n->changes[i].change->kind]++;
	json_key(w, "summary");
	json_open(w, '{');
	for (size_t kind = 0; kind < CHANGE_KINDS; kind++)
		if (counts[kind])
			json_add_i64(w, change_kind_names[kind], counts[kind]);
	json_close(w, '}');
}

static void add_changes(struct json_writer *w, const struct webhook_news *n)
{
	json_key(w, "changes");
	json_open(w, '[');
	for (size_t i = 0; i < n->n && i < WEBHOOK_CHANGES_MAX; i++) {
		const struct webhook_change *c = &n->changes[i];
		struct json_writer before = *w;
		size_t size = w->out->n;

		change_json(w, c->id, n->at_ms, n->provider, c->change);
		if (w->out->n <= WEBHOOK_BODY_MAX)
			continue;
		*w = before;
		w->out->n = size;
		break;
	}
	json_close(w, ']');
}

static void add_data(struct json_writer *w, const struct webhook_news *n)
{
	json_key(w, "data");
	json_open(w, '{');
	json_add_str(w, "provider", n->provider);
	json_add_str(w, "hash", n->hash);
	json_add_str(w, "prev_hash", n->prev_hash);
	json_add_i64(w, "total", (int64_t)n->n);
	add_summary(w, n);
	add_changes(w, n);
	json_close(w, '}');
}

void webhook_format(const struct webhook_news *n, struct buf *out)
{
	struct json_writer w = { .out = out };
	char at[CLOCK_TEXT_MAX];

	json_open(&w, '{');
	json_add_str(&w, "specversion", STR("1.0"));
	json_add_str(&w, "id", n->id);
	json_add_str(&w, "source", STR("urn:assay:market"));
	json_add_str(&w, "type", STR("assay.provider.changed"));
	json_add_str(&w, "subject", n->provider);
	json_add_str(&w, "time", str_of(clock_text(n->at_ms, at)));
	json_add_str(&w, "datacontenttype", STR("application/json"));
	add_data(&w, n);
	json_close(&w, '}');
}

/* ---- the headers ---- */

bool webhook_key(struct str secret, struct arena *a, struct str *ret, struct err *e)
{
	const struct str prefix = STR("whsec_");

	if (secret.n == 0)
		return err_set(e, ERR_USAGE,
			       "ASSAY_WEBHOOK_URL needs ASSAY_WEBHOOK_SECRET: "
			       "nothing is sent unsigned");
	if (!str_starts(secret, prefix)) {
		*ret = secret;
		return true;
	}
	secret.at += prefix.n;
	secret.n -= prefix.n;
	return (secret.n && base64_decode(secret, a, ret) && ret->n) ||
	       err_set(e, ERR_USAGE,
		       "ASSAY_WEBHOOK_SECRET (value not shown): what follows whsec_ is not base64");
}

bool webhook_is_secret(struct str secret)
{
	enum { BYTES_MIN = 24, BYTES_MAX = 64 };
	ARENA_AUTO(a);
	struct str key;
	struct err e;

	if (!webhook_key(secret, &a, &key, &e) || key.n < BYTES_MIN)
		return false;
	return key.n <= BYTES_MAX || key.at == secret.at;
}

void webhook_sign(struct str key, struct str id, int64_t timestamp_s, struct str body,
		  struct buf *out)
{
	BUF_AUTO(text, SIZE_MAX / 2);
	unsigned n = HASH_BYTES;
	struct hash mac;

	buf_printf(&text, "%.*s.%" PRId64 ".", STR_FMT(id), timestamp_s);
	buf_add_str(&text, body);
	if (!HMAC(EVP_sha256(), key.at, (int)key.n, (const unsigned char *)text.at, text.n,
		  mac.bytes, &n))
		abort(); /* for want of memory alone */
	buf_add_str(out, STR("v1,"));
	base64_add(out, mac.bytes, n);
}

/* ---- when again ---- */

int64_t webhook_wait_ms(uint64_t attempt)
{
	enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };
	static const int64_t waits[WEBHOOK_ATTEMPTS - 1] = {
		5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR,  5 * HOUR,
		10 * HOUR,  14 * HOUR,  20 * HOUR,   24 * HOUR,
	};

	return attempt < WEBHOOK_ATTEMPTS ? waits[attempt ? attempt - 1 : 0] : CLOCK_NONE;
}
