#include "reading.h"

bool document_add(struct documents *d, size_t list, struct str text, struct err *e)
{
	char *bytes = malloc(text.n + YYJSON_PADDING_SIZE);

	assert_non_null(bytes);
	assert_true(d->n < LENGTH(d->docs));
	if (text.n)
		memcpy(bytes, text.at, text.n);
	memset(bytes + text.n, 0, YYJSON_PADDING_SIZE);
	d->bytes[d->n] = bytes;
	d->docs[d->n] = NULL;
	if (!json_read_insitu(bytes, text.n, &d->docs[d->n++], e))
		return false;
	if (d->lists[list].n_pages++ == 0)
		d->lists[list].pages = &d->docs[d->n - 1];
	return true;
}

void documents_free_values(struct documents *d)
{
	for (size_t i = 0; i < d->n; i++) {
		yyjson_doc_free(d->docs[i]);
		d->docs[i] = NULL;
	}
}

void documents_free(struct documents *d)
{
	documents_free_values(d);
	for (size_t i = 0; i < d->n; i++)
		free(d->bytes[i]);
}

void print_reading(const struct reading *r, struct buf *out)
{
	snapshot_print(&r->catalog, out);
	buf_printf(out, "rows %zu\n", r->rows);
	for (size_t i = 0; i < r->n_skips; i++)
		buf_printf(out, "skip%s%.*s: %.*s\n", str_is_none(r->skips[i].id) ? "" : " ",
			   STR_FMT(r->skips[i].id), STR_FMT(r->skips[i].reason));
	for (size_t i = 0; i < r->n_notes; i++)
		buf_printf(out, "note %.*s\n", STR_FMT(r->notes[i]));
}

const struct descriptor *built_in(struct str slug, struct arena *a)
{
	struct registry *r = arena_new(a, struct registry);
	const struct descriptor *d;
	struct err e;

	if (!registry_load(NULL, a, r, &e))
		fail_msg("%s", e.text);
	d = registry_find(r, slug);
	assert_non_null(d);
	return d;
}

const struct descriptor *provider(const char *list, const char *more, struct arena *a)
{
	struct descriptor *d = arena_new(a, struct descriptor);
	struct err e;
	struct str json = arena_printf(
		a,
		"{\"slug\":\"acme\",\"name\":\"Acme\",\"base_url\":\"https://a.test\","
		"\"auth\":{\"form\":\"none\"},\"lists\":[{\"name\":\"models\","
		"\"url\":\"https://a.test/models\",\"fields\":{\"id\":\"/id\",\"name\":\"/name\","
		"\"description\":\"/about\",\"architecture\":\"/family\"},%s}%s]}",
		list, more);

	if (!descriptor_parse(json, STR("test"), a, d, &e))
		fail_msg("%s", e.text);
	return d;
}

void assert_reads_lists(const struct descriptor *d, const char *const *texts, const char *want)
{
	ARENA_AUTO(a);
	BUF_AUTO(got, 1 << 20);
	DOCUMENTS_AUTO(docs);
	struct reading r = { .rows = 0 };
	struct err e;

	for (size_t i = 0; i < d->n_lists; i++)
		if (texts[i] && !document_add(&docs, i, str_of(texts[i]), &e))
			fail_msg("%s", e.text);
	if (!reader_read(d, docs.lists, &a, &r, &e))
		fail_msg("%s", e.text);
	documents_free_values(&docs);
	print_reading(&r, &got);
	assert_string_equal(got.at, want);
}

void assert_reads(const struct descriptor *d, const char *text, const char *want)
{
	assert_reads_lists(d, (const char *const[2]){ text, NULL }, want);
}

/* ---- with ' for " ---- */

static char *unquoted(const char *text, struct arena *a)
{
	char *out = arena_cstr(a, str_of(text));

	for (char *c = out; *c; c++)
		if (*c == '\'')
			*c = '"';
	return out;
}

static bool describe(const char *lists, struct arena *a, struct descriptor *ret, struct err *e)
{
	struct str json =
		arena_printf(a,
			     "{\"slug\":\"acme\",\"name\":\"Acme\",\"base_url\":\"https://a.test\","
			     "\"auth\":{\"form\":\"none\"},\"lists\":[%s]}",
			     unquoted(lists, a));

	return descriptor_parse(json, STR("test"), a, ret, e);
}

const struct descriptor *described(const char *lists, struct arena *a)
{
	struct descriptor *d = arena_new(a, struct descriptor);
	struct err e;

	if (!describe(lists, a, d, &e))
		fail_msg("%s", e.text);
	return d;
}

void assert_not_described(const char *lists, const char *sentence)
{
	ARENA_AUTO(a);
	struct descriptor d;
	struct err e;

	if (describe(lists, &a, &d, &e))
		fail_msg("accepted: %s", lists);
	assert_int_equal(e.kind, ERR_CONFIG);
	if (!str_starts(str_of(e.text), arena_printf(&a, "test: %s", unquoted(sentence, &a))))
		fail_msg("\"%s\" does not begin with %s", e.text, sentence);
}

void assert_reading_of(const struct descriptor *d, const char *const *texts, const char *want)
{
	ARENA_AUTO(a);
	const char *quoted[3] = { NULL, NULL, NULL };

	for (size_t i = 0; i < d->n_lists; i++)
		quoted[i] = texts[i] ? unquoted(texts[i], &a) : NULL;
	assert_reads_lists(d, quoted, arena_printf(&a, "%s%s", ACME, unquoted(want, &a)).at);
}
