#include "core/snapshot.h"

#include "base/json.h"

#include <openssl/evp.h>
#include <stdlib.h>

/* ---- the canonical form ---- */

static void add_literal(struct buf *out, const char *text)
{
	buf_add(out, text, strlen(text));
}

static void add_text(struct buf *out, const char *key, struct str value)
{
	if (str_is_none(value))
		return;
	add_literal(out, key);
	json_add_quoted(out, value);
}

static void add_digits(struct buf *out, int64_t value)
{
	char digits[24];
	char *at = digits + sizeof(digits);
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	do {
		*--at = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest);
	if (value < 0)
		*--at = '-';
	buf_add(out, at, (size_t)(digits + sizeof(digits) - at));
}

static void add_count(struct buf *out, const char *key, int64_t value)
{
	if (value == MODEL_NO_COUNT)
		return;
	add_literal(out, key);
	add_digits(out, value);
}

static void add_instant(struct buf *out, int64_t ms)
{
	char text[CLOCK_TEXT_MAX];

	if (ms == CLOCK_NONE)
		add_literal(out, "null");
	else
		json_add_quoted(out, str_of(clock_text(ms, text)));
}

static void add_capabilities(struct buf *out, struct capabilities c)
{
	bool first = true;

	if (!c.said)
		return;
	add_literal(out, ",\"capabilities\":[");
	for (enum capability i = 0; i < CAP_COUNT; i++) {
		int said = capabilities_get(c, i);

		if (said < 0)
			continue;
		add_literal(out, first ? "\"" : ",\"");
		if (said == 0)
			buf_add_char(out, '!');
		add_literal(out, capability_names[i]);
		buf_add_char(out, '"');
		first = false;
	}
	buf_add_char(out, ']');
}

static void add_price(struct buf *out, const struct price *p)
{
	add_literal(out, "[\"");
	add_literal(out, meters[p->meter].name);
	add_literal(out, "\",");
	json_add_quoted(out, p->condition);
	add_literal(out, ",\"");
	add_literal(out, price_state_names[p->state]);
	add_literal(out, "\",");
	if (str_is_none(p->amount))
		add_literal(out, "null");
	else
		json_add_quoted(out, p->amount);
	buf_add_char(out, ',');
	json_add_quoted(out, p->currency);
	if (p->valid_from_ms != CLOCK_NONE || p->valid_to_ms != CLOCK_NONE) {
		buf_add_char(out, ',');
		add_instant(out, p->valid_from_ms);
		buf_add_char(out, ',');
		add_instant(out, p->valid_to_ms);
	}
	buf_add_char(out, ']');
}

void snapshot_add_model(struct buf *out, const struct model *m)
{
	add_text(out, "{\"id\":", m->id);
	add_text(out, ",\"name\":", m->name);
	add_count(out, ",\"context_length\":", m->context_length);
	add_count(out, ",\"max_output_tokens\":", m->max_output_tokens);
	add_text(out, ",\"modality\":", m->modality);
	add_capabilities(out, m->capabilities);
	add_text(out, ",\"quantization\":", m->quantization);
	if (m->deprecated_at_ms != CLOCK_NONE) {
		add_literal(out, ",\"deprecated_at\":");
		add_instant(out, m->deprecated_at_ms);
	}
	add_text(out, ",\"replaced_by\":", m->replaced_by);
	if (m->n_prices > 0) {
		add_literal(out, ",\"prices\":[");
		for (size_t i = 0; i < m->n_prices; i++) {
			if (i > 0)
				buf_add_char(out, ',');
			add_price(out, &m->prices[i]);
		}
		buf_add_char(out, ']');
	}
	buf_add_char(out, '}');
}

static void add_head(struct buf *out, const struct catalog *c)
{
	add_literal(out, "{\"assay\":1,\"provider\":");
	json_add_quoted(out, c->provider);
	add_literal(out, ",\"models\":[");
}

static const char *separator(size_t i)
{
	return i == 0 ? "\n" : ",\n";
}

static const char tail[] = "\n]}\n";

void snapshot_print(const struct catalog *c, struct buf *out)
{
	add_head(out, c);
	for (size_t i = 0; i < c->n; i++) {
		add_literal(out, separator(i));
		snapshot_add_model(out, &c->models[i]);
	}
	add_literal(out, tail);
}

/* ---- its name ---- */

/* One algorithm looked up once: the look-up costs as much as hashing a model. */
struct hasher {
	EVP_MD *algorithm;
	EVP_MD_CTX *whole, *one;
};

static void must(int ok)
{
	if (ok != 1)
		abort(); /* SHA-256 of memory fails only when memory or the library is broken */
}

static void hasher_init(struct hasher *h)
{
	h->algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
	h->whole = EVP_MD_CTX_new();
	h->one = EVP_MD_CTX_new();
	if (!h->algorithm || !h->whole || !h->one)
		abort();
	must(EVP_DigestInit_ex2(h->whole, h->algorithm, NULL));
}

static void hasher_release(struct hasher *h)
{
	EVP_MD_CTX_free(h->one);
	EVP_MD_CTX_free(h->whole);
	EVP_MD_free(h->algorithm);
}

/* Behind the line: what the row stores besides, each with a mark so that none runs into the next. */
static void add_untracked(struct buf *out, const struct model *m)
{
	const struct str parts[] = { m->description, m->architecture, m->hugging_face_id,
				     m->metadata };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		buf_add_char(out, str_is_none(parts[i]) ? '\1' : '\2');
		buf_add_str(out, parts[i]);
	}
	buf_add_char(out, '\3');
	add_digits(out, m->created_ms);
}

/* Both hashes of one model: its line joins the whole, line and rest make its own. */
static void hash_model(struct hasher *h, struct buf *line, const struct model *m, struct hash *ret)
{
	buf_clear(line);
	snapshot_add_model(line, m);
	must(EVP_DigestUpdate(h->whole, line->at, line->n));
	add_untracked(line, m);
	must(EVP_DigestInit_ex2(h->one, h->algorithm, NULL));
	must(EVP_DigestUpdate(h->one, line->at, line->n));
	must(EVP_DigestFinal_ex(h->one, ret->bytes, NULL));
}

void snapshot_take(const struct catalog *c, struct arena *a, struct snapshot *ret)
{
	BUF_AUTO(line, SIZE_MAX / 2);
	struct hasher h;

	hasher_init(&h);
	ret->content = arena_array(a, c->n, struct hash);
	add_head(&line, c);
	must(EVP_DigestUpdate(h.whole, line.at, line.n));
	for (size_t i = 0; i < c->n; i++) {
		must(EVP_DigestUpdate(h.whole, separator(i), strlen(separator(i))));
		hash_model(&h, &line, &c->models[i], &ret->content[i]);
	}
	must(EVP_DigestUpdate(h.whole, tail, strlen(tail)));
	must(EVP_DigestFinal_ex(h.whole, ret->hash.bytes, NULL));
	hasher_release(&h);
}

void hash_bytes(const void *bytes, size_t n, struct hash *ret)
{
	must(EVP_Digest(bytes, n, ret->bytes, NULL, EVP_sha256(), NULL));
}

const char *hash_text(const struct hash *h, char out[HASH_TEXT_MAX])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < HASH_BYTES; i++) {
		out[2 * i] = digits[h->bytes[i] >> 4];
		out[2 * i + 1] = digits[h->bytes[i] & 15];
	}
	out[HASH_TEXT_MAX - 1] = '\0';
	return out;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hash_parse(struct str text, struct hash *ret)
{
	struct hash h;

	if (text.n != 2 * HASH_BYTES)
		return false;
	for (size_t i = 0; i < HASH_BYTES; i++) {
		int high = hex_digit(text.at[2 * i]);
		int low = hex_digit(text.at[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		h.bytes[i] = (unsigned char)(high << 4 | low);
	}
	*ret = h;
	return true;
}
