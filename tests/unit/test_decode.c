/* gzip bodies: whole or an error, and bounded. */
#include "net/decode.h"

#include "unit.h"
#include <libdeflate.h>

/* A body as fetch would hand it over. */
struct body {
	unsigned char *at;
	size_t n;
};

static void append(struct body *b, const void *bytes, size_t n)
{
	b->at = realloc(b->at, b->n + n + FETCH_PADDING);
	assert_non_null(b->at);
	memcpy(b->at + b->n, bytes, n);
	b->n += n;
	memset(b->at + b->n, 0, FETCH_PADDING);
}

static void append_gzip(struct body *b, const void *bytes, size_t n)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);
	size_t room = libdeflate_gzip_compress_bound(c, n);
	void *packed = malloc(room);

	append(b, packed, libdeflate_gzip_compress(c, bytes, n, packed, room));
	free(packed);
	libdeflate_free_compressor(c);
}

static void check_refused(struct body b, size_t max, enum err_kind kind)
{
	unsigned char *before = b.at;
	struct document d = { (unsigned char *)before, 7 };
	struct err e = { 0 };

	assert_false(decode_body(&b.at, b.n, FETCH_GZIP, max, &d, &e));
	assert_int_equal(e.kind, kind);
	assert_ptr_equal(b.at, before);
	assert_int_equal(d.n, 7);
}

static struct document check_inflates(struct body b, size_t max)
{
	static const unsigned char zeros[FETCH_PADDING];
	struct document d;
	struct err e;

	if (!decode_body(&b.at, b.n, FETCH_GZIP, max, &d, &e))
		fail_msg("%s", e.text);
	assert_null(b.at);
	assert_memory_equal(d.at + d.n, zeros, FETCH_PADDING);
	return d;
}

static void identity_is_moved(void **state)
{
	struct body b = { 0 };
	unsigned char *before;
	struct document d;
	struct err e;

	(void)state;
	append(&b, "{}", 2);
	before = b.at;
	assert_false(decode_body(&b.at, 2, FETCH_IDENTITY, 1, &d, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_ptr_equal(b.at, before);
	assert_true(decode_body(&b.at, 2, FETCH_IDENTITY, 2, &d, &e));
	assert_null(b.at);
	assert_ptr_equal(d.at, before);
	assert_int_equal(d.n, 2);
	free(d.at);
}

static void one_member(void **state)
{
	struct body b = { 0 };
	struct document d;

	(void)state;
	append_gzip(&b, "hello", 5);
	d = check_inflates(b, 1000);
	assert_int_equal(d.n, 5);
	assert_memory_equal(d.at, "hello", 5);
	free(d.at);
}

static void members_follow_each_other(void **state)
{
	struct body b = { 0 };
	char big[100000];
	struct document d;

	(void)state;
	memset(big, 'b', sizeof(big));
	append_gzip(&b, big, sizeof(big)); /* the last member's size says nothing of this one */
	append_gzip(&b, "", 0);
	append_gzip(&b, "end", 3);
	d = check_inflates(b, 1 << 20);
	assert_int_equal(d.n, sizeof(big) + 3);
	assert_memory_equal(d.at, big, sizeof(big));
	assert_memory_equal(d.at + sizeof(big), "end", 3);
	free(d.at);
}

static void nothing_at_all_is_a_document(void **state)
{
	struct body b = { 0 };
	struct document d;

	(void)state;
	append_gzip(&b, "", 0);
	d = check_inflates(b, 10);
	assert_int_equal(d.n, 0);
	free(d.at);
}

static void exactly_the_limit_is_fine_one_more_is_not(void **state)
{
	struct body b = { 0 };
	char text[50000];
	struct document d;

	(void)state;
	memset(text, 't', sizeof(text));
	append_gzip(&b, text, sizeof(text));
	check_refused(b, sizeof(text) - 1, ERR_LIMIT);
	check_refused(b, 0, ERR_LIMIT);
	d = check_inflates(b, sizeof(text));
	assert_int_equal(d.n, sizeof(text));
	free(d.at);
}

static void a_bomb_is_stopped_at_the_limit(void **state)
{
	size_t n = 64 << 20;
	char *zeros = calloc(1, n);
	struct body b = { 0 };

	(void)state;
	append_gzip(&b, zeros, n);
	free(zeros);
	assert_true(b.n < n / 500);
	check_refused(b, 1 << 20, ERR_LIMIT);
	free(b.at);
}

static void a_lying_size_is_bad_data(void **state)
{
	static const uint32_t sizes[] = { 0, 4, 6, 0x7fffffff, 0xffffffff };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct body b = { 0 };

		append_gzip(&b, "hello", 5);
		memcpy(b.at + b.n - 4, &sizes[i], 4);
		check_refused(b, SIZE_MAX - FETCH_PADDING, ERR_PARSE);
		free(b.at);
	}
}

static void cut_anywhere_is_refused(void **state)
{
	struct body b = { 0 };
	char text[300];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 7 % 251);
	append_gzip(&b, text, sizeof(text));
	for (size_t n = 0; n < b.n; n++) {
		/* Its own block, so that a sanitizer sees a byte read too many. */
		unsigned char *cut = malloc(n + 1);

		memcpy(cut, b.at, n);
		check_refused((struct body){ cut, n }, 1000, ERR_PARSE);
		free(cut);
	}
	free(b.at);
}

static void a_flipped_bit_is_refused(void **state)
{
	struct body b = { 0 };

	(void)state;
	append_gzip(&b, "a list of models and their prices", 33);
	for (size_t i = b.n - 8; i < b.n; i++) {
		b.at[i] ^= 1;
		check_refused(b, 1000, ERR_PARSE);
		b.at[i] ^= 1;
	}
	free(b.at);
}

static void what_follows_must_be_a_member(void **state)
{
	static const char *const tails[] = { "\0\0\0\0\0\0\0\0\0\0\0\0", "garbage", "\x1f\x8b" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct body b = { 0 };

		append_gzip(&b, "hello", 5);
		append(&b, tails[i], i == 0 ? 12 : strlen(tails[i]));
		check_refused(b, 1000, ERR_PARSE);
		free(b.at);
	}
}

static void not_gzip_is_refused(void **state)
{
	struct body b = { 0 };

	(void)state;
	append(&b, "{\"data\":[1,2,3,4,5,6,7,8,9,10]}", 31);
	check_refused(b, 1000, ERR_PARSE);
	free(b.at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(identity_is_moved),
		cmocka_unit_test(one_member),
		cmocka_unit_test(members_follow_each_other),
		cmocka_unit_test(nothing_at_all_is_a_document),
		cmocka_unit_test(exactly_the_limit_is_fine_one_more_is_not),
		cmocka_unit_test(a_bomb_is_stopped_at_the_limit),
		cmocka_unit_test(a_lying_size_is_bad_data),
		cmocka_unit_test(cut_anywhere_is_refused),
		cmocka_unit_test(a_flipped_bit_is_refused),
		cmocka_unit_test(what_follows_must_be_a_member),
		cmocka_unit_test(not_gzip_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
