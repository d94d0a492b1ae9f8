#include "core/snapshot.h"

#include "base/fingerprint.h"
#include "base/json.h"
#include "base/parallel.h"

enum { WORTH_CUTTING = 1000 }; /* models */

/* ---- the canonical form ---- */

#define ADD(out, literal) buf_add((out), (literal), sizeof(literal) - 1)

static void add_text(struct buf *out, struct str key, struct str value)
{
	if (str_is_none(value))
		return;
	buf_add_str(out, key);
	json_add_quoted(out, value);
}

/* Text of a grammar of ours, in which nothing needs an escape. */
static void add_plain(struct buf *out, struct str s)
{
	buf_add_char(out, '"');
	buf_add_str(out, s);
	buf_add_char(out, '"');
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

static void add_count(struct buf *out, struct str key, int64_t value)
{
	if (value == MODEL_NO_COUNT)
		return;
	buf_add_str(out, key);
	add_digits(out, value);
}

static void add_instant(struct buf *out, int64_t ms)
{
	char text[CLOCK_TEXT_MAX];

	if (ms == CLOCK_NONE)
		ADD(out, "null");
	else
		add_plain(out, str_of(clock_text(ms, text)));
}

static void add_capabilities(struct buf *out, struct capabilities c)
{
	bool first = true;

	if (!c.said)
		return;
	ADD(out, ",\"capabilities\":[");
	for (enum capability i = 0; i < CAP_COUNT; i++) {
		int said = capabilities_get(c, i);

		if (said < 0)
			continue;
		if (!first)
			buf_add_char(out, ',');
		buf_add_char(out, '"');
		if (said == 0)
			buf_add_char(out, '!');
		buf_add_str(out, str_of(capability_names[i]));
		buf_add_char(out, '"');
		first = false;
	}
	buf_add_char(out, ']');
}

static void add_price(struct buf *out, const struct price *p)
{
	buf_add_char(out, '[');
	add_plain(out, str_of(meters[p->meter].name));
	buf_add_char(out, ',');
	add_plain(out, p->condition);
	buf_add_char(out, ',');
	add_plain(out, str_of(price_state_names[p->state]));
	buf_add_char(out, ',');
	if (str_is_none(p->amount))
		ADD(out, "null");
	else
		add_plain(out, p->amount);
	buf_add_char(out, ',');
	add_plain(out, p->currency);
	buf_add_char(out, ']');
}

void snapshot_add_model(struct buf *out, const struct model *m)
{
	add_text(out, STR("{\"id\":"), m->id);
	add_text(out, STR(",\"name\":"), m->name);
	add_count(out, STR(",\"context_length\":"), m->context_length);
	add_count(out, STR(",\"max_output_tokens\":"), m->max_output_tokens);
	add_text(out, STR(",\"modality\":"), m->modality);
	add_capabilities(out, m->capabilities);
	add_text(out, STR(",\"quantization\":"), m->quantization);
	if (m->deprecated_at_ms != CLOCK_NONE) {
		ADD(out, ",\"deprecated_at\":");
		add_instant(out, m->deprecated_at_ms);
	}
	add_text(out, STR(",\"replaced_by\":"), m->replaced_by);
	if (m->n_prices > 0) {
		ADD(out, ",\"prices\":[");
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
	ADD(out, "{\"assay\":1,\"provider\":");
	json_add_quoted(out, c->provider);
	ADD(out, ",\"models\":[");
}

static struct str separator(size_t i)
{
	return i == 0 ? STR("\n") : STR(",\n");
}

static const char tail[] = "\n]}\n";

void snapshot_print(const struct catalog *c, struct buf *out)
{
	add_head(out, c);
	for (size_t i = 0; i < c->n; i++) {
		buf_add_str(out, separator(i));
		snapshot_add_model(out, &c->models[i]);
	}
	buf_add_str(out, str_of(tail));
}

/* ---- its name ---- */

/* Behind the line: what the row stores besides, each with its length so that none runs into the next. */
static void add_untracked(struct buf *out, const struct model *m)
{
	const struct str parts[] = { m->description, m->architecture, m->metadata };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		add_digits(out, str_is_none(parts[i]) ? -1 : (int64_t)parts[i].n);
		buf_add_char(out, ':');
		buf_add_str(out, parts[i]);
	}
	for (size_t i = 0; i < m->n_prices; i++) {
		const struct price *p = &m->prices[i];

		if (p->valid_from_ms == CLOCK_NONE && p->valid_to_ms == CLOCK_NONE)
			continue;
		add_digits(out, (int64_t)i);
		add_instant(out, p->valid_from_ms);
		add_instant(out, p->valid_to_ms);
	}
}

/*
 * A run of the catalog's models, done apart from the others: each model's own
 * fingerprint, and its part of the canonical text, which is left for the whole.
 */
struct run {
	const struct catalog *catalog;
	size_t from, to;
	struct hash *content;
	struct buf text;
};

static void hash_run(void *piece)
{
	struct run *r = piece;

	for (size_t i = r->from; i < r->to; i++) {
		const struct model *m = &r->catalog->models[i];
		size_t line;
		size_t end;

		buf_add_str(&r->text, separator(i));
		line = r->text.n;
		snapshot_add_model(&r->text, m);
		end = r->text.n;
		add_untracked(&r->text, m);
		fingerprint_bytes(r->text.at + line, r->text.n - line, &r->content[i]);
		r->text.n = end; /* the whole is of the lines alone */
	}
}

void snapshot_take(const struct catalog *c, struct arena *a, struct snapshot *ret)
{
	size_t n = c->n < WORTH_CUTTING ? 1 : PARALLEL_MAX;
	struct run runs[PARALLEL_MAX];
	struct hasher *whole = hasher_create();
	BUF_AUTO(head, SIZE_MAX / 2);

	ret->content = arena_array(a, c->n, struct hash);
	for (size_t i = 0; i < n; i++)
		runs[i] = (struct run){ c, c->n * i / n, c->n * (i + 1) / n, ret->content,
					BUF_INIT(SIZE_MAX / 2) };
	parallel_run(hash_run, runs, sizeof(runs[0]), n);
	add_head(&head, c);
	hasher_add(whole, head.at, head.n);
	for (size_t i = 0; i < n; i++) {
		hasher_add(whole, runs[i].text.at, runs[i].text.n);
		buf_release(&runs[i].text);
	}
	hasher_add(whole, tail, strlen(tail));
	hasher_end(whole, &ret->hash);
	hasher_destroy(whole);
}
