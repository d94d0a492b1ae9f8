/*
 * What every back end owes of the file of rows (task/record_file.h): file and database in step, each
 * completed probe in one of them exactly once, whatever fails when.
 */
#include "store/recording.h"

#include "base/file.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* The next n samples as one group. */
static struct record_group recording_group(struct fixture *f, size_t n, size_t body_n)
{
	struct record_group g = { .samples = arena_array(&f->a, n, struct store_sample), .n = n };

	for (size_t i = 0; i < n; i++) {
		g.samples[i].csv_row = recording_row(f, f->next, body_n);
		g.samples[i].sample = recording_sample(f);
	}
	return g;
}

static bool commit(struct fixture *f, struct record_group *g)
{
	return record_commit(f->store, &f->place, g, &f->e);
}

static void record(struct fixture *f, size_t n)
{
	struct record_group g = recording_group(f, n, 5);

	OK(commit(f, &g));
}

static void recording_put(const char *name, struct str bytes, const char *how)
{
	FILE *out = fopen(name, how);

	assert_non_null(out);
	assert_int_equal(fwrite(bytes.at, 1, bytes.n, out), bytes.n);
	assert_int_equal(fclose(out), 0);
}

/* ---- in step ---- */

static void test_rows_and_samples(void **state)
{
	struct fixture *f = *state;

	OK(record_recover(f->store, &f->place, &f->e));
	assert_rows(f, recording_path, 0, 0);
	record(f, 3);
	assert_in_step(f, 3);
	record(f, 1);
	record(f, 12);
	assert_in_step(f, 16);
	assert_query("SELECT host, first_cycle, last_cycle FROM csv_files WHERE batch IS NULL",
		     recording_on_postgres()
			     ? "a host/1|2025-08-03T06:03:00.123Z|2025-08-03T06:03:00.124Z\n"
			     : "a host/1|1754200980123|1754200980124\n");
}

static void test_without_a_file(void **state)
{
	struct fixture *f = *state;

	f->place.path = STR_NONE;
	OK(record_recover(f->store, &f->place, &f->e));
	record(f, 3);
	assert_count("samples", 3);
	assert_count("csv_files", 0);
	assert_int_equal(access(recording_path, F_OK), -1);
}

/* Appended and not committed, as who was killed between left it; the file is ours alone. */
static void append_uncommitted(struct fixture *f, struct str rows)
{
	struct store_csv_file known;
	struct csv_found found;
	struct csv_known word;
	struct csv_lock *lock;
	struct csv_file *file;

	OK(store_begin(f->store, "csv files", &f->e));
	OK(store_open_csv_file(f->store, f->place.host, f->place.path, T0, &f->a, &known, &f->e));
	store_rollback(f->store);
	word.end = known.end;
	word.ledger =
		arena_printf(&f->a, "%lld@%lld", (long long)known.id, (long long)known.begun_at_ms);
	OK(csv_lock(&lock, f->place.path, &f->e));
	OK(csv_open(&file, f->place.path, lock, &word, &f->a, &found, &f->e));
	OK(csv_append(file, rows, &f->e));
	csv_close(file);
	csv_unlock(lock);
}

static void test_what_was_not_committed_is_cut_off(void **state)
{
	struct fixture *f = *state;

	record(f, 2);
	append_uncommitted(f, recording_row(f, 99, 5));
	record(f, 1);
	assert_in_step(f, 3);
	append_uncommitted(f, recording_row(f, 99, 5));
	OK(record_recover(f->store, &f->place, &f->e));
	assert_in_step(f, 3);
	assert_int_equal(recording_logged(f, LOG_WARN), 0);
}

/* ... before anything was ever committed. */
static void test_killed_at_the_very_first_row(void **state)
{
	struct fixture *f = *state;
	struct record_group g = recording_group(f, 1, 5);

	recording_break_saving();
	assert_false(commit(f, &g));
	recording_mend();
	append_uncommitted(f, recording_row(f, 99, 5));
	OK(commit(f, &g));
	assert_in_step(f, 1);
}

/* Rows of another database, or of a user: they are rows of the buffer from then on. */
static void test_rows_of_somebody_else(void **state)
{
	struct fixture *f = *state;

	record(f, 2);
	recording_put(recording_path, recording_row(f, 2, 5), "ae");
	f->next = 3;
	record(f, 2);
	assert_rows(f, recording_path, 0, 5);
	assert_count("samples", 4);
	assert_query("SELECT row_count FROM csv_files", "5\n");
	assert_int_equal(recording_logged(f, LOG_WARN), 1);
}

static void test_a_file_that_is_there(void **state)
{
	struct fixture *f = *state;
	struct str old = recording_row(f, 0, 5);

	/* Of an earlier program: its rows are not ours, and stay. */
	recording_put(recording_path, str_of(csv_header), "we");
	recording_put(recording_path, old, "ae");
	recording_put(recording_path, STR("\"torn"), "ae");
	f->next = 1;
	record(f, 2);
	assert_rows(f, recording_path, 0, 3);
	assert_count("samples", 2);
	assert_query("SELECT row_count FROM csv_files", "3\n");
}

static void test_committed_rows_that_are_gone(void **state)
{
	struct fixture *f = *state;

	record(f, 3);
	assert_int_equal(unlink(recording_path), 0);
	record(f, 2);
	assert_rows(f, recording_path, 3, 5);
	assert_count("samples", 5);
	assert_query("SELECT row_count FROM csv_files", "2\n");
	assert_int_equal(recording_logged(f, LOG_ERROR), 1);
}

/* ---- the database fails ---- */

static void fails_and_works_again(struct fixture *f, void (*break_it)(void), bool doubtful)
{
	struct record_group g;

	record(f, 2);
	g = recording_group(f, 3, 5);
	break_it();
	assert_false(commit(f, &g));
	assert_int_equal(g.doubtful, doubtful);
	assert_false(commit(f, &g));
	assert_count("samples", 2);
	recording_mend();
	OK(commit(f, &g));
	assert_in_step(f, 5);
	record(f, 1);
	assert_in_step(f, 6);
}

static void test_saving_fails(void **state)
{
	fails_and_works_again(*state, recording_break_saving, false);
}

static void test_committing_fails(void **state)
{
	fails_and_works_again(*state, recording_break_commits, true);
}

/* The file says what is committed even while nobody tries again. */
static void test_a_row_that_was_not_saved_is_taken_back(void **state)
{
	struct fixture *f = *state;
	struct record_group g;

	record(f, 2);
	g = recording_group(f, 1, 5);
	recording_break_saving();
	assert_false(commit(f, &g));
	assert_rows(f, recording_path, 0, 2);
	assert_false(g.doubtful);
	recording_mend();
}

/* COMMIT happened, its answer was lost: what is tried again is there already. */
static void test_a_commit_in_doubt(void **state)
{
	struct fixture *f = *state;
	struct record_group g = recording_group(f, 3, 5);

	OK(commit(f, &g));
	g.doubtful = true;
	OK(commit(f, &g));
	assert_in_step(f, 3);
	/* It did not happen, although another probe of that endpoint is there. */
	g = recording_group(f, 2, 5);
	g.doubtful = true;
	OK(commit(f, &g));
	assert_in_step(f, 5);
}

struct late {
	struct store *store;
	struct err e;
	bool ok;
	pthread_t thread;
};

static void *commit_late(void *arg)
{
	struct late *l = arg;

	(void)usleep(200000);
	l->ok = store_commit(l->store, &l->e);
	return NULL;
}

/* The connection is gone, and the server is still about to commit. */
static void test_a_commit_in_doubt_that_comes_late(void **state)
{
	struct fixture *f = *state;
	struct record_group g = recording_group(f, 2, 5);
	struct late l = { 0 };

	f->place.path = STR_NONE;
	OK(store_open(&l.store, url, STORE_WRITE, &f->e));
	OK(store_begin(l.store, "csv files", &f->e));
	OK(store_save_samples(l.store, g.samples, g.n, &f->e));
	assert_int_equal(pthread_create(&l.thread, NULL, commit_late, &l), 0);
	g.doubtful = true;
	OK(commit(f, &g));
	(void)pthread_join(l.thread, NULL);
	assert_true(l.ok);
	store_close(l.store);
	assert_count("samples", 2);
}

/* ---- the file fails ---- */

static void spools_and_moves(struct fixture *f, void (*mend)(void))
{
	record(f, 2);
	record(f, 3);
	assert_count("samples", 5);
	assert_count("csv_spool", 5);
	assert_int_equal(recording_logged(f, LOG_FATAL), 1); /* once */
	mend();
	record(f, 2);
	assert_in_step(f, 7);
	assert_int_equal(recording_logged(f, LOG_FATAL), 1);
	assert_int_equal(recording_logged(f, LOG_INFO), 1);
}

static void make_folder(void)
{
	assert_int_equal(mkdir(recording_at("folder"), 0700), 0);
}

static void test_no_folder(void **state)
{
	struct fixture *f = *state;

	recording_set_path(f, "folder/rows.csv");
	OK(record_recover(f->store, &f->place, &f->e));
	spools_and_moves(f, make_folder);
}

static void take_folder(void)
{
	assert_int_equal(rmdir(recording_path), 0);
}

static void test_a_folder_in_its_place(void **state)
{
	assert_int_equal(mkdir(recording_path, 0700), 0);
	spools_and_moves(*state, take_folder);
}

/* The next process moves what the last one left, more than fits one step. */
static void test_the_next_process_moves_them(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(mkdir(recording_path, 0700), 0);
	record(f, 150);
	assert_count("csv_spool", 150);
	take_folder();
	f->place.file_failed = false;
	OK(record_recover(f->store, &f->place, &f->e));
	assert_in_step(f, 150);
	record(f, 1);
	assert_in_step(f, 151);
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The disk has room for a part of the rows: none of them stays there. */
static void test_no_room(void **state)
{
	enum { ROOM = 16 << 20, MOST = 15 << 20, MORE = 700000 };
	struct fixture *f = *state;
	struct record_group most = recording_group(f, 1, MOST);
	struct record_group more = recording_group(f, 2, MORE);
	struct stat before, after;

	OK(commit(f, &most));
	assert_int_equal(stat(recording_path, &before), 0);
	limit_files(ROOM);
	OK(commit(f, &more));
	limit_files(RLIM_INFINITY);
	assert_int_equal(stat(recording_path, &after), 0);
	assert_int_equal(after.st_size, before.st_size);
	assert_count("csv_spool", 2);
	OK(record_recover(f->store, &f->place, &f->e));
	assert_count("csv_spool", 0);
	assert_int_equal(stat(recording_path, &after), 0);
	assert_int_equal(after.st_size, before.st_size + recording_row(f, 1, MORE).n +
						recording_row(f, 2, MORE).n);
	assert_query("SELECT row_count FROM csv_files", "3\n");
}

/* Neither here nor there: the group is whole when both work again. */
static void test_file_and_database_fail(void **state)
{
	struct fixture *f = *state;
	struct record_group g = recording_group(f, 2, 5);

	assert_int_equal(mkdir(recording_path, 0700), 0);
	recording_break_commits();
	assert_false(commit(f, &g));
	assert_count("csv_spool", 0);
	recording_mend();
	OK(commit(f, &g));
	assert_count("csv_spool", 2);
	take_folder();
	OK(record_recover(f->store, &f->place, &f->e));
	assert_in_step(f, 2);
}

/* ---- rotation ---- */

static const char *rotate(struct fixture *f)
{
	struct str batch = STR("untouched");

	OK(record_rotate(f->store, f->place.host, f->place.path, &f->a, &batch, &f->e));
	return batch.at;
}

static const char *file_of(struct fixture *f, const char *batch)
{
	return arena_printf(&f->a, "%s.%s", recording_path, batch).at;
}

static void test_rotation(void **state)
{
	struct fixture *f = *state;
	const char *first;
	const char *second;

	assert_null(rotate(f)); /* no rows */
	record(f, 3);
	first = rotate(f);
	assert_true(str_starts(str_of(first), STR("a-host-1-")));
	assert_int_equal(strlen(first), strlen("a-host-1-") + 36);
	assert_int_equal(access(recording_path, F_OK), -1);
	assert_null(rotate(f));
	record(f, 2);
	record(f, 1);
	second = rotate(f);
	assert_string_not_equal(first, second);
	record(f, 1);
	assert_rows(f, file_of(f, first), 0, 3);
	assert_rows(f, file_of(f, second), 3, 6);
	assert_rows(f, recording_path, 6, 7);
	assert_query("SELECT row_count FROM csv_files ORDER BY id", "3\n3\n1\n");
	assert_count("csv_files WHERE batch IS NOT NULL AND rotated_path LIKE '%.' || batch", 2);
}

static void test_rotation_takes_what_waits(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(mkdir(recording_path, 0700), 0);
	record(f, 2);
	take_folder();
	assert_rows(f, file_of(f, rotate(f)), 0, 2);
	assert_count("csv_spool", 0);
	record(f, 1);
	assert_rows(f, recording_path, 2, 3);
}

static void test_rotation_of_no_file(void **state)
{
	struct fixture *f = *state;
	struct str batch;

	record(f, 1);
	assert_int_equal(unlink(recording_path), 0);
	assert_int_equal(mkdir(recording_path, 0700), 0);
	assert_false(record_rotate(f->store, f->place.host, f->place.path, &f->a, &batch, &f->e));
	assert_int_equal(f->e.kind, ERR_IO);
	assert_count("csv_files WHERE batch IS NOT NULL", 0);
}

/* Killed between COMMIT and rename: whoever comes next finishes it. */
static void interrupt(struct fixture *f, const char **ret_batch)
{
	record(f, 3);
	*ret_batch = rotate(f);
	assert_int_equal(rename(file_of(f, *ret_batch), recording_path), 0);
}

static void test_an_interrupted_rotation(void **state)
{
	struct fixture *f = *state;
	const char *batch;

	interrupt(f, &batch);
	OK(record_recover(f->store, &f->place, &f->e));
	assert_rows(f, file_of(f, batch), 0, 3);
	assert_rows(f, recording_path, 0, 0);
	record(f, 2);
	assert_rows(f, recording_path, 3, 5);
}

static void test_rows_after_an_interrupted_rotation(void **state)
{
	struct fixture *f = *state;
	const char *batch;

	interrupt(f, &batch);
	record(f, 2);
	assert_rows(f, file_of(f, batch), 0, 3);
	assert_rows(f, recording_path, 3, 5);
}

static void test_another_rotation_after_an_interrupted_one(void **state)
{
	struct fixture *f = *state;
	const char *batch;

	interrupt(f, &batch);
	assert_null(rotate(f));
	assert_rows(f, file_of(f, batch), 0, 3);
}

/* A batch whose file is gone is not made of the next buffer. */
static void test_a_lost_batch(void **state)
{
	struct fixture *f = *state;
	const char *batch;

	interrupt(f, &batch);
	assert_int_equal(unlink(recording_path), 0);
	record(f, 1);
	assert_rows(f, recording_path, 3, 4);
	assert_int_equal(access(file_of(f, batch), F_OK), -1);
}

static void assert_path(struct fixture *f, const char *typed, const char *want)
{
	assert_string_equal(record_absolute(str_of(typed), &f->a).at, want);
}

/* One name of a file, also of one that is not there yet. */
static void test_paths(void **state)
{
	struct fixture *f = *state;
	char *cwd = getcwd(NULL, 0);
	const char *want = arena_printf(&f->a, "%s/rows.csv", cwd).at;

	free(cwd);
	assert_path(f, "rows.csv", want);
	assert_path(f, "././/rows.csv", want);
	assert_path(f, "nowhere/../rows.csv", want);
	assert_path(f, "/no-such/./b//c/../d", "/no-such/b/d");
	assert_path(f, "/../no-such", "/no-such");
	assert_true(str_is_none(record_absolute(STR_NONE, &f->a)));
	make_folder();
	assert_int_equal(symlink("folder", recording_at("alias")), 0);
	assert_int_equal(symlink("alias/new.csv", recording_at("link")), 0);
	assert_int_equal(symlink("round", recording_at("round")), 0);
	want = arena_printf(&f->a, "%s", recording_at("folder/new.csv")).at;
	assert_path(f, recording_at("alias/new.csv"), want);
	assert_path(f, recording_at("link"), want); /* which leads nowhere yet */
	recording_put(want, STR(""), "we");
	assert_path(f, recording_at("link"), want);
	assert_path(f, recording_at("alias/../folder/./new.csv"), want);
	want = arena_printf(&f->a, "%s", recording_at("round")).at;
	assert_path(f, recording_at("round"), want);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		RECORDING_TEST(test_rows_and_samples),
		RECORDING_TEST(test_without_a_file),
		RECORDING_TEST(test_what_was_not_committed_is_cut_off),
		RECORDING_TEST(test_killed_at_the_very_first_row),
		RECORDING_TEST(test_rows_of_somebody_else),
		RECORDING_TEST(test_a_file_that_is_there),
		RECORDING_TEST(test_committed_rows_that_are_gone),
		RECORDING_TEST(test_saving_fails),
		RECORDING_TEST(test_committing_fails),
		RECORDING_TEST(test_a_row_that_was_not_saved_is_taken_back),
		RECORDING_TEST(test_a_commit_in_doubt),
		RECORDING_TEST(test_a_commit_in_doubt_that_comes_late),
		RECORDING_TEST(test_no_folder),
		RECORDING_TEST(test_a_folder_in_its_place),
		RECORDING_TEST(test_the_next_process_moves_them),
		RECORDING_TEST(test_no_room),
		RECORDING_TEST(test_file_and_database_fail),
		RECORDING_TEST(test_rotation),
		RECORDING_TEST(test_rotation_takes_what_waits),
		RECORDING_TEST(test_rotation_of_no_file),
		RECORDING_TEST(test_an_interrupted_rotation),
		RECORDING_TEST(test_rows_after_an_interrupted_rotation),
		RECORDING_TEST(test_another_rotation_after_an_interrupted_one),
		RECORDING_TEST(test_a_lost_batch),
		RECORDING_TEST(test_paths),
	};

	return KIT_RUN("record", tests);
}
