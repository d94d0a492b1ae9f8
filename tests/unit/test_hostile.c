/*
 * Documents a hostile or broken provider could send: the golden ones, and those of
 * tests/fuzz/seeds, with bytes flipped, cut out, doubled and put in.  What must hold of whatever is
 * read is checked by the fuzz target.  Every run makes the same documents; one
 * that breaks something becomes a file of tests/fuzz/corpus/reader.
 */
#include "unit.h"

#include "base/buf.h"
#include "base/file.h"

#include <dirent.h>

#include "../fuzz/fuzz.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define BYTES(s)                   \
	{                          \
		(s), sizeof(s) - 1 \
	}

enum { MUTATIONS = 20000, DOCUMENTS_MAX = 1024, SIZE_SMALL = 20000 };

static struct arena arena;
static struct str documents[DOCUMENTS_MAX];
static size_t n_documents;
static uint64_t seed = 0x9e3779b97f4a7c15U;

static uint64_t rnd(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return below ? (seed >> 11) % below : 0;
}

static int only_json(const struct dirent *entry)
{
	return str_ends(str_of(entry->d_name), STR(".json"));
}

static int no_dots(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void add_documents(const char *folder)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, only_json, alphasort);
	struct err e;

	assert_true(n > 0 && n_documents + (size_t)n <= DOCUMENTS_MAX);
	for (int i = 0; i < n; i++) {
		struct str path = arena_printf(&arena, "%s/%s", folder, entries[i]->d_name);

		if (!file_read(path.at, SIZE_SMALL, &arena, &documents[n_documents++], &e))
			fail_msg("%s", e.text);
		free(entries[i]);
	}
	free(entries);
}

static int set_up(void **state)
{
	struct dirent **folders;
	int n = scandir(TESTS_DIR "/golden", &folders, no_dots, alphasort);

	(void)state;
	assert_true(n > 1);
	for (int i = 0; i < n; i++) {
		add_documents(arena_printf(&arena, TESTS_DIR "/golden/%s", folders[i]->d_name).at);
		free(folders[i]);
	}
	free(folders);
	add_documents(TESTS_DIR "/fuzz/seeds");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

/* What takes the place of a value: the document stays JSON. */
static const struct str values[] = {
	BYTES("null"),
	BYTES("true"),
	BYTES("0"),
	BYTES("-1"),
	BYTES("-0"),
	BYTES("0.1"),
	BYTES("1e400"),
	BYTES("1e-31"),
	BYTES("9223372036854775807"),
	BYTES("9223372036854775808"),
	BYTES("0.30000000000000000000000000000000000000000000000000000000000000001"),
	BYTES("\"\""),
	BYTES("\"0\""),
	BYTES("\"-1\""),
	BYTES("\"-2\""),
	BYTES("\"1e-7\""),
	BYTES("\"acme/x\""),
	BYTES("\"image\""),
	BYTES("\"2026-12-31\""),
	BYTES("\"2016-12-31T23:59:60+00:01\""),
	BYTES("\"a\\u0000b\""),
	BYTES("\"\\u001b[31m\""),
	BYTES("\"\xff\""),
	BYTES("\"\xed\xa0\x80\""),
	BYTES("[]"),
	BYTES("{}"),
	BYTES("[[[[[[[[]]]]]]]]"),
	BYTES("[\"image\"]"),
	BYTES("{\"prompt\":\"1\",\"completion\":0.5}"),
	BYTES("[{\"min_prompt_tokens\":1,\"prompt\":\"1\"}]"),
	BYTES("\"text-to-image\""),
	BYTES("1798675200"),
	BYTES("[{\"cost\":\"1\",\"min\":0,\"max\":9},{\"cost\":\"2\",\"min\":9}]"),
	BYTES("[{\"model_id\":\"acme/x\",\"input_price_per_million_tokens\":0.30000000000000004}]"),
	BYTES("[{\"utc_start\":0,\"utc_end\":2400,\"input_cache_write_1h\":\"1\"}]"),
};

/* What is put in anywhere. */
static const struct str pieces[] = {
	BYTES(","),
	BYTES(":"),
	BYTES("["),
	BYTES("}"),
	BYTES("\""),
	BYTES("\\"),
	BYTES("\\ud800"),
	BYTES("\0"),
	BYTES("\n"),
	BYTES("\x1b"),
	BYTES("\x7f"),
	BYTES("\x80"),
	BYTES("\xff"),
	BYTES("\xed\xa0\x80"),
	BYTES("\xef\xbb\xbf"),
	BYTES("\"id\":\"acme/x\","),
	BYTES("\"id\":null,"),
	BYTES("\"pricing\":{\"prompt\":1,\"completion\":1},"),
	BYTES("\"prompt\":\"1\","),
	BYTES("\"overrides\":[{\"min_prompt_tokens\":1,\"prompt\":\"1\"}],"),
	BYTES("\"input_cache_write_1h\":\"1e-6\","),
	BYTES("\"links\":{\"next\":\"x\"},"),
	BYTES("\"total_count\":1,"),
	BYTES("\"new\":1,"),
};

static void put(struct buf *b, size_t at, size_t gone, struct str in)
{
	BUF_AUTO(out, SIZE_MAX / 2);

	buf_add(&out, b->at, at);
	buf_add_str(&out, in);
	buf_add(&out, b->at + at + gone, b->n - at - gone);
	buf_clear(b);
	buf_add_str(b, buf_str(&out));
}

/* Behind one of some characters, where a value or a key begins; or any place at all. */
static size_t place(const struct buf *b, const char *behind)
{
	size_t at = (size_t)rnd(b->n + 1);

	if (!behind)
		return at;
	while (at < b->n && !strchr(behind, b->at[at]))
		at++;
	return at < b->n ? at + 1 : at;
}

/* How long the value at a place is, with all that is in it. */
static size_t value_length(const struct buf *b, size_t at)
{
	bool quoted = false;
	size_t depth = 0;
	size_t n = 0;

	for (; at + n < b->n; n++) {
		char c = b->at[at + n];

		if (c == '\\')
			n++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '[' || c == '{'))
			depth++;
		else if (!quoted && depth == 0 && (c == ',' || c == ']' || c == '}'))
			return n;
		else if (!quoted && (c == ']' || c == '}'))
			depth--;
	}
	return b->n - at;
}

/* Most of these leave JSON: what is refused at once tests little. */
static void mutate(struct buf *b)
{
	uint64_t what = rnd(16);
	size_t at = place(b, what < 2 ? NULL : what < 9 ? "{," : ":");
	size_t left = b->n - at;
	size_t n = left ? (size_t)rnd(left < 40 ? left : 40) + 1 : 0;
	struct str other = documents[rnd(n_documents)];
	size_t from = (size_t)rnd(other.n + 1);

	if (what == 0 && left && rnd(2)) { /* one bit */
		b->at[at] = (char)(b->at[at] ^ 1 << rnd(8));
	} else if (what == 0 && left) { /* one byte */
		b->at[at] = (char)rnd(256);
	} else if (what == 1) { /* cut off, cut out */
		put(b, at, rnd(2) ? left : n, STR(""));
	} else if (what == 2) { /* from another document */
		n = (size_t)rnd(other.n - from < 80 ? other.n - from : 80);
		put(b, at, 0, (struct str){ other.at + from, n });
	} else if (what < 6) { /* put in */
		put(b, at, 0, pieces[rnd(LENGTH(pieces))]);
	} else if (what < 9) { /* a member or item doubled */
		n = value_length(b, at);
		put(b, at, 0, arena_printf(&arena, "%.*s,", (int)n, b->at + at));
	} else { /* another value */
		put(b, at, value_length(b, at), values[rnd(LENGTH(values))]);
	}
}

static void test_mutations(void **state)
{
	size_t outcomes[3] = { 0 };

	(void)state;
	for (unsigned i = 0; i < MUTATIONS; i++) {
		BUF_AUTO(b, SIZE_MAX / 2);

		buf_add_str(&b, STR(" ")); /* never nothing at all */
		buf_add_str(&b, documents[i % n_documents]);
		for (uint64_t times = rnd(3) + 1; times > 0; times--)
			mutate(&b);
		outcomes[fuzz_reader((const uint8_t *)(const void *)buf_str(&b).at, b.n)]++;
	}
	/* Enough of each kind came about for this to be a test. */
	assert_in_range(outcomes[FUZZ_NO_JSON], 1000, MUTATIONS);
	assert_in_range(outcomes[FUZZ_REFUSED], 200, MUTATIONS);
	assert_in_range(outcomes[FUZZ_READ], 5000, MUTATIONS);
}

/* Every document cut at every byte. */
static void test_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_documents; i++) {
		size_t step = documents[i].n > 2000 ? 37 : 1;

		for (size_t n = 0; n < documents[i].n; n += step)
			(void)fuzz_reader((const uint8_t *)(const void *)documents[i].at, n);
	}
}

/* Large enough that the rows are read in pieces. */
static void test_large(void **state)
{
	BUF_AUTO(b, SIZE_MAX / 2);

	(void)state;
	buf_printf(&b, "{\"data\":[");
	for (unsigned i = 0; i < 3000; i++) {
		const char *price = i % 7 == 0 ? "\"free\"" : i % 5 == 0 ? "-1" : "\"0.5e-6\"";

		buf_printf(
			&b,
			"%s{\"id\":\"acme/%u\",\"pricing\":{\"prompt\":%s,\"completion\":0,\"new%u\":1}}",
			i ? "," : "", (unsigned)rnd(2500), price, i % 40);
		if (i % 11 == 0)
			buf_printf(&b, ",null,{\"id\":5}");
	}
	buf_printf(&b, "]}");
	assert_int_equal(fuzz_reader((const uint8_t *)(const void *)b.at, b.n), FUZZ_READ);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mutations),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
