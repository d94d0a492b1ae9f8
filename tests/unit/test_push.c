/* Where a batch goes, the card of a dataset, rows added to rows. */
#include "task/push_card.h"
#include "task/push_join.h"
#include "task/push_target.h"

#include "base/file.h"

#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

enum { AT_MS_DAYS = 20687 }; /* 2026-08-22 */

static void check_target(const char *target, const char *want)
{
	const struct push_target_words words = {
		.batch = STR("box-1f2e"),
		.host = STR("box/1 a"),
		.at_ms = INT64_C(86400000) * AT_MS_DAYS + (9 * 60 + 5) * 60000 + 59999,
	};
	ARENA_AUTO(a);
	struct err e;

	assert_true(push_check_target(str_of(target), &e));
	assert_string_equal(push_target(str_of(target), &words, &a).at, want);
}

static void words_of_a_target_are_filled_in(void **state)
{
	(void)state;
	check_target(PUSH_TARGET_DEFAULT, "data/2026/08/22/0905-box-1f2e.csv");
	check_target("{yyyy}{mm}{dd}{hhmm}", "202608220905");
	check_target("{host}/{batch}/{batch}.csv", "box-1-a/box-1f2e/box-1f2e.csv");
	check_target("metrics.csv", "metrics.csv");
}

static void what_is_no_target_is_refused(void **state)
{
	static const char *const bad[] = {
		"",         "/a.csv",    "a//b.csv",  "a/",
		"../a.csv", "a/./b",     "{year}",    "a{}.csv",
		"{batch",   "batch}",    "{{batch}}", "{batch}}",
		"a\nb",     "README.md", "a\\b",      ".gitattributes",
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		e.kind = ERR_NONE;
		assert_false(push_check_target(str_of(bad[i]), &e));
		assert_int_equal(e.kind, ERR_USAGE);
	}
}

static void only_a_batch_makes_it_unique(void **state)
{
	(void)state;
	assert_true(push_target_is_unique(STR(PUSH_TARGET_DEFAULT)));
	assert_false(push_target_is_unique(STR("data/{yyyy}/{mm}/{dd}/{hhmm}-{host}.csv")));
	assert_false(push_target_is_unique(STR("metrics.csv")));
}

static void check_pattern(const char *target, const char *want)
{
	ARENA_AUTO(a);

	assert_string_equal(push_target_pattern(str_of(target), &a).at, want);
}

static void a_pattern_covers_what_comes_of_a_target(void **state)
{
	(void)state;
	check_pattern(PUSH_TARGET_DEFAULT, "data/**/*.csv");
	check_pattern("{batch}.csv", "**/*.csv");
	check_pattern("a/b/x-{batch}.csv", "a/b/**/*.csv");
	check_pattern("a/{batch}", "a/**");
	check_pattern("a.b/{batch}", "a.b/**");
	check_pattern("metrics.csv", "metrics.csv");
}

static void the_card_names_files_and_columns(void **state)
{
	ARENA_AUTO(a);
	struct str card =
		push_card(STR("data/**/*.csv"),
			  STR("cycle_timestamp_iso,duration_ms,response_status_code\n"), &a);

	(void)state;
	assert_true(str_starts(card, STR("---\nconfigs:\n- config_name: default\n  data_files:\n"
					 "  - split: train\n    path: \"data/**/*.csv\"\n"
					 "  features:\n"
					 "  - name: cycle_timestamp_iso\n    dtype: string\n"
					 "  - name: duration_ms\n    dtype: float64\n"
					 "  - name: response_status_code\n    dtype: int64\n"
					 "---\n\n# ")));
}

/* ---- joining ---- */

struct folder {
	char path[32];
	char batch[48], out[48];
	struct arena arena;
};

static void open_folder(struct folder *f, const char *batch)
{
	struct err e;

	*f = (struct folder){ 0 };
	(void)snprintf(f->path, sizeof(f->path), "/tmp/assay-join-XXXXXX");
	assert_non_null(mkdtemp(f->path));
	(void)snprintf(f->batch, sizeof(f->batch), "%s/batch", f->path);
	(void)snprintf(f->out, sizeof(f->out), "%s/out", f->path);
	assert_true(file_write(f->path, "batch", str_of(batch), &e));
}

static void close_folder(struct folder *f)
{
	(void)unlink(f->batch);
	(void)unlink(f->out);
	assert_int_equal(rmdir(f->path), 0);
	arena_release(&f->arena);
}

static struct push_join joining(const struct folder *f, const char *head)
{
	return (struct push_join){
		.batch = str_of(f->batch), .head = str_of(head), .out = str_of(f->out), .max = 64
	};
}

static void check_joined(const char *head, const char *batch, const char *want)
{
	struct folder f;
	struct push_join j;
	struct str joined;
	struct err e;

	open_folder(&f, batch);
	j = joining(&f, head);
	if (!push_join(&j, &e))
		fail_msg("%s", e.text);
	assert_int_equal(j.there, want == NULL);
	if (want) {
		assert_true(file_read(f.out, 1000, &f.arena, &joined, &e));
		assert_string_equal(joined.at, want);
	} else {
		assert_int_not_equal(access(f.out, F_OK), 0);
	}
	close_folder(&f);
}

static void rows_are_added_once(void **state)
{
	(void)state;
	check_joined("a,b\n1,2\n", "a,b\n3,4\n", "a,b\n1,2\n3,4\n");
	check_joined("a,b\n1,2", "a,b\n3,4\n", "a,b\n1,2\n3,4\n");
	check_joined("a,b\r\n1,2\r\n", "a,b\n3,4\n", "a,b\r\n1,2\r\n3,4\n");
	check_joined("", "a,b\n3,4\n", "a,b\n3,4\n");
	check_joined("a,b\n", "a,b\n3,4\n", "a,b\n3,4\n");
	check_joined("a,b\n1,2\n3,4\n5,6\n", "a,b\n3,4\n", NULL);
	check_joined("a,b\n3,4\n", "a,b\n3,4\n", NULL);
	/* What ends like a row of ours is none. */
	check_joined("a,b\n13,4\n", "a,b\n3,4\n", "a,b\n13,4\n3,4\n");
	check_joined("a,b\n13,4\n3,4\n", "a,b\n3,4\n", NULL);
	check_joined("a,b\n1,2\n", "a,b\n", NULL);
	/* Whoever edits a file may leave its last line without an end. */
	check_joined("a,b", "a,b\n3,4\n", "a,b\n3,4\n");
	check_joined("a,b\n1,2\n3,4", "a,b\n3,4\n", NULL);
	check_joined("a,b\n3,4", "a,b\n3,4\n", NULL);
	check_joined("a,b\n13,4", "a,b\n3,4\n", "a,b\n13,4\n3,4\n");
}

static void check_not_joined(const char *head, const char *batch, enum err_kind kind)
{
	struct folder f;
	struct push_join j;
	struct err e;

	open_folder(&f, batch);
	j = joining(&f, head);
	assert_false(push_join(&j, &e));
	assert_int_equal(e.kind, kind);
	assert_int_not_equal(access(f.out, F_OK), 0);
	close_folder(&f);
}

static void what_does_not_fit_is_not_added(void **state)
{
	(void)state;
	check_not_joined("a,c\n1,2\n", "a,b\n3,4\n", ERR_DATA);
	check_not_joined("a,c", "a,b\n3,4\n", ERR_DATA);
	check_not_joined("a,b\n1,2\n", "a,b", ERR_DATA);
	check_not_joined("a,b\n0123456789012345678901234567890123456789,012345678901234567\n",
			 "a,b\n3,4\n", ERR_LIMIT);
}

static void the_header_is_the_first_line(void **state)
{
	ARENA_AUTO(a);
	struct folder f;
	struct str header;
	struct err e;

	(void)state;
	open_folder(&f, "a,b\n\"1\n2\",3\n");
	assert_true(push_header(str_of(f.batch), &a, &header, &e));
	assert_true(str_eq(header, STR("a,b\n")));
	assert_false(push_header(str_of(f.out), &a, &header, &e));
	assert_int_equal(e.kind, ERR_IO);
	close_folder(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_of_a_target_are_filled_in),
		cmocka_unit_test(what_is_no_target_is_refused),
		cmocka_unit_test(only_a_batch_makes_it_unique),
		cmocka_unit_test(a_pattern_covers_what_comes_of_a_target),
		cmocka_unit_test(the_card_names_files_and_columns),
		cmocka_unit_test(rows_are_added_once),
		cmocka_unit_test(what_does_not_fit_is_not_added),
		cmocka_unit_test(the_header_is_the_first_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
