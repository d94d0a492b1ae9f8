/* In the suite, in libFuzzer's place: every file of the target's corpus, once. */
#include "fuzz.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/file.h"

#include <dirent.h>

static int no_dot(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void test_corpus(void **state)
{
	ARENA_AUTO(a);
	struct str dir = arena_printf(&a, "%s/fuzz/corpus/%s", TESTS_DIR, fuzz_name);
	struct dirent **entries;
	int n = scandir(dir.at, &entries, no_dot, alphasort);

	(void)state;
	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		struct str path = arena_printf(&a, "%s/%s", dir.at, entries[i]->d_name);
		struct str bytes;
		struct err e;

		if (!file_read(path.at, 1 << 24, &a, &bytes, &e))
			fail_msg("%s", e.text);
		assert_int_equal(LLVMFuzzerTestOneInput((const uint8_t *)(const void *)bytes.at,
							bytes.n),
				 0);
		free(entries[i]);
	}
	free(entries);
}

static void test_nothing(void **state)
{
	(void)state;
	assert_int_equal(LLVMFuzzerTestOneInput(NULL, 0), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_corpus),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
