/*
 * Answers that a hostile or broken provider could send: the bodies of the fault matrix with bytes
 * flipped, cut out, doubled and put in.  What must hold of whatever is read is checked by
 * the fuzz target.  Every run makes the same; one that breaks something becomes a file of
 * tests/fuzz/corpus/chat.
 */
#include "chatting.h"

#include "../fuzz/fuzz.h"

enum { MUTATIONS = 20000 };

static const struct str pieces[] = {
	{ "\n", 1 },
	{ "\r", 1 },
	{ "\n\n", 2 },
	{ "\r\n\r\n", 4 },
	{ "data:", 5 },
	{ "data: [DONE]\n\n", 14 },
	{ "<think>", 7 },
	{ "</think>", 8 },
	{ "\\ud83d", 6 },
	{ "\"", 1 },
	{ "\\", 1 },
	{ "{", 1 },
	{ "]", 1 },
	{ "null", 4 },
	{ "1771.2", 6 },
	{ "1,771.2", 7 },
	{ "\xff", 1 },
	{ "\0", 1 },
	{ "\xef\xbb\xbf", 3 },
	{ "\"error\":\"x\",", 12 },
	{ "9e99", 4 },
	{ "\xe2", 1 },
	{ "event: error\n", 13 },
};

static uint64_t seed = 0x9e3779b97f4a7c15U;

static size_t rnd(size_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return below ? (size_t)(seed >> 11) % below : 0;
}

/* A copy with a part of it left out, doubled or replaced. */
static void mutate(struct str from, struct buf *out)
{
	size_t a = rnd(from.n + 1);
	size_t b = a + rnd(from.n - a < 16 ? from.n - a + 1 : 16);

	buf_clear(out);
	switch (rnd(5)) {
	case 0: /* cut short */
		buf_add(out, from.at, a);
		break;
	case 1: /* left out */
		buf_add(out, from.at, a);
		buf_add(out, from.at + b, from.n - b);
		break;
	case 2: /* doubled */
		buf_add(out, from.at, b);
		buf_add(out, from.at + a, from.n - a);
		break;
	case 3: /* put in */
		buf_add(out, from.at, a);
		buf_add_str(out, pieces[rnd(LENGTH(pieces))]);
		buf_add(out, from.at + a, from.n - a);
		break;
	default: /* flipped */
		buf_add_str(out, from);
		if (a < out->n)
			out->at[a] = (char)(out->at[a] ^ (1 << rnd(8)));
	}
}

/* In a block of the exact size; in front the byte that says how it is read. */
static void give(struct str body)
{
	uint8_t *bytes;

	if (body.n == SIZE_MAX)
		abort(); /* for whoever reads this without running it */
	bytes = malloc(body.n + 1);
	assert_non_null(bytes);
	bytes[0] = (uint8_t)rnd(256);
	if (body.n)
		memcpy(bytes + 1, body.at, body.n);
	assert_int_equal(LLVMFuzzerTestOneInput(bytes, body.n + 1), 0);
	free(bytes);
}

static void test_mutations(void **state)
{
	JSON_DOC_AUTO(doc);
	BUF_AUTO(body, FAULT_BODY_MAX);
	BUF_AUTO(once, 2 * FAULT_BODY_MAX);
	BUF_AUTO(twice, 4 * FAULT_BODY_MAX);
	size_t n;

	(void)state;
	doc = faults_load();
	n = yyjson_arr_size(yyjson_doc_get_root(doc));
	for (size_t i = 0; i < MUTATIONS; i++) {
		buf_clear(&body);
		fault_body(yyjson_arr_get(yyjson_doc_get_root(doc), i % n), &body);
		mutate(buf_str(&body), &once);
		mutate(buf_str(&once), &twice);
		give(buf_str(&once));
		give(buf_str(&twice));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
