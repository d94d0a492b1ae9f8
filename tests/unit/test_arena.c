#include "unit.h"

#include "base/arena.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_aligned(const void *p)
{
	return (uintptr_t)p % 16 == 0;
}

static void test_aligned(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	for (size_t size = 0; size < 2000; size++) {
		char *p = arena_alloc(&a, size);

		assert_non_null(p);
		assert_true(is_aligned(p));
		memset(p, 0xee, size);
	}
}

/* Nothing taken later touches what was taken before. */
static void test_pieces_do_not_overlap(void **state)
{
	enum { PIECES = 3000 };
	ARENA_AUTO(a);
	unsigned char *piece[PIECES];

	(void)state;
	for (unsigned i = 0; i < PIECES; i++) {
		piece[i] = arena_alloc(&a, i + 1);
		memset(piece[i], (int)(i % 251), i + 1);
	}
	for (unsigned i = 0; i < PIECES; i++)
		for (unsigned k = 0; k <= i; k += 97)
			assert_int_equal(piece[i][k], i % 251);
}

static void test_sizes(void **state)
{
	static const size_t sizes[] = {
		1,      15,     16,     17,      4095,    4096,    4097,    65536,
		262143, 262144, 262145, 1048575, 1048576, 1048577, 5000000,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		ARENA_AUTO(a);
		char *small = arena_alloc(&a, 1);
		char *p = arena_alloc(&a, sizes[i]);

		*small = 's';
		memset(p, 'p', sizes[i]);
		assert_true(is_aligned(p));
		assert_int_equal(*small, 's');
		assert_true(a.taken >= sizes[i] + 1);
	}
}

/* A large piece has a block of its own: the ordinary block goes on where it was. */
static void test_large_piece_wastes_nothing(void **state)
{
	ARENA_AUTO(a);
	char *before = arena_alloc(&a, 16);
	size_t taken = a.taken;
	char *after;

	(void)state;
	memset(arena_alloc(&a, 3 << 20), 1, 3 << 20);
	assert_in_range(a.taken - taken, 3 << 20, (3 << 20) + 64);
	after = arena_alloc(&a, 16);
	assert_ptr_equal(after, before + 16);
}

/* One larger than the next block: that one is made as large as it has to be, and none is taken in vain. */
static void test_no_block_is_left_empty(void **state)
{
	static const size_t sizes[] = { 4096, 4097, 20000, 65536, 200000 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		ARENA_AUTO(a);

		(void)arena_alloc(&a, sizes[i]);
		assert_true(a.taken < 2 * sizes[i] + 64);
	}
}

/* Many small pieces cost little beside themselves. */
static void test_blocks_double(void **state)
{
	ARENA_AUTO(a);
	size_t used = 0;

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		(void)arena_alloc(&a, 64);
		used += 64;
		assert_true(a.taken <= 2 * used + (1 << 20) + 8192);
	}
}

static void test_zalloc_clears(void **state)
{
	ARENA_AUTO(a);
	unsigned char *dirty = arena_alloc(&a, 1000);
	const unsigned char *clean;

	(void)state;
	memset(dirty, 0xff, 1000);
	arena_release(&a);
	clean = arena_zalloc(&a, 125, 8);
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(clean[i], 0);
	assert_non_null(arena_zalloc(&a, 0, 8));
	assert_int_equal(*arena_new(&a, int64_t), 0);
	assert_int_equal(arena_array(&a, 3, int64_t)[2], 0);
}

static void test_release(void **state)
{
	struct arena a = ARENA_INIT;

	(void)state;
	arena_release(&a);
	(void)arena_alloc(&a, 100);
	(void)arena_alloc(&a, 1000000);
	arena_release(&a);
	assert_null(a.blocks);
	assert_int_equal(a.taken, 0);
	(void)arena_alloc(&a, 100); /* as good as new */
	arena_release(&a);
	arena_release(&a);
}

static void test_copies(void **state)
{
	ARENA_AUTO(a);
	char given[] = "sl\0ce";
	struct str copy = arena_str(&a, (struct str){ given, 5 });
	char *text;

	(void)state;
	given[0] = 'X';
	assert_int_equal(copy.n, 5);
	assert_memory_equal(copy.at, "sl\0ce", 6); /* with a NUL behind it */
	assert_true(str_is_none(arena_str(&a, STR_NONE)));
	copy = arena_str(&a, STR(""));
	assert_false(str_is_none(copy));
	assert_string_equal(copy.at, "");
	text = arena_cstr(&a, (struct str){ "abcdef", 3 });
	assert_string_equal(text, "abc");
	assert_string_equal(arena_cstr(&a, STR_NONE), "");
}

static void test_printf(void **state)
{
	ARENA_AUTO(a);
	struct str s = arena_printf(&a, "%s/%d", "lists", 12);

	(void)state;
	assert_string_equal(s.at, "lists/12");
	assert_int_equal(s.n, 8);
	s = arena_printf(&a, "%s", "");
	assert_int_equal(s.n, 0);
	assert_string_equal(s.at, "");
	s = arena_printf(&a, "%*d", 300000, 7);
	assert_int_equal(s.n, 300000);
	assert_int_equal(s.at[299999], '7');
	assert_int_equal(s.at[300000], '\0');
}

/* In a child: what cannot be had aborts, it never returns. */
static void assert_aborts(void (*fn)(struct arena *a))
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		struct arena a = ARENA_INIT;

		(void)signal(SIGABRT, SIG_DFL);
		(void)close(STDERR_FILENO);
		fn(&a);
		_exit(0);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

/* Not constants, so that no compiler refuses the calls below by their size. */
static volatile size_t half = SIZE_MAX / 2;

static void take_too_much(struct arena *a)
{
	(void)arena_alloc(a, half + 1);
}

static void take_array_that_overflows(struct arena *a)
{
	(void)arena_zalloc(a, half, 3);
}

static void test_aborts(void **state)
{
	(void)state;
	assert_aborts(take_too_much);
	assert_aborts(take_array_that_overflows);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_aligned),
		cmocka_unit_test(test_pieces_do_not_overlap),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_large_piece_wastes_nothing),
		cmocka_unit_test(test_no_block_is_left_empty),
		cmocka_unit_test(test_blocks_double),
		cmocka_unit_test(test_zalloc_clears),
		cmocka_unit_test(test_release),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_printf),
		cmocka_unit_test(test_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
