/*
 * What every back end owes of the recorder (task/record.h): file and database in step, each
 * completed probe in one of them exactly once, whatever fails when.
 */
#include "base/file.h"
#include "base/log.h"
#include "base/secret.h"
#include "task/record.h"
#include "task/record_file.h"

#include "base/clock.h"
#include "store/kit.h"
#include "store/samples.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 64 << 20, MANY = 200 };

static char dir[64], path[256], log_path[256];

struct fixture {
	struct store *store;
	struct arena a;
	struct err e;
	struct record_place place;
	struct loop *loop;
	struct store_thread *thread;
	unsigned next; /* number of the next sample */
	/* what the recorder called back */
	unsigned done, waits, failed, ready, flushed;
	unsigned stop_at; /* end the loop when so many are done */
	struct err flush_err;
};

static const char *at(const char *name)
{
	static char out[192];

	(void)snprintf(out, sizeof(out), "%s/%s", dir, name);
	return out;
}

static void set_path(struct fixture *f, const char *name)
{
	(void)snprintf(path, sizeof(path), "%s", at(name));
	f->place.path = str_of(path);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct log_conf log = { .threshold = LOG_INFO };

	*state = f;
	f->store = kit_open();
	(void)snprintf(dir, sizeof(dir), "/tmp/assay-record-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(log_path, sizeof(log_path), "%s", at("log"));
	log.fd = open(log_path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	log_setup(&log);
	f->place = (struct record_place){ .host = STR("a host/1"), .may_spool = true };
	set_path(f, "rows.csv");
	return 0;
}

static void remove_all(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *entry;

	assert_non_null(d);
	while ((entry = readdir(d))) {
		if (entry->d_name[0] != '.' && unlinkat(dirfd(d), entry->d_name, 0) != 0) {
			char below[512];

			(void)snprintf(below, sizeof(below), "%s/%s", folder, entry->d_name);
			remove_all(below);
		}
	}
	(void)closedir(d);
	assert_int_equal(rmdir(folder), 0);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->loop) {
		loop_run(f->loop);
		store_thread_stop(f->thread);
		loop_run(f->loop);
		loop_destroy(f->loop);
		f->store = NULL;
	}
	kit_close(f->store, &f->a);
	free(f);
	remove_all(dir);
	return 0;
}

/* ---- samples and rows ---- */

static struct sample *sample(struct fixture *f)
{
	struct sample *s = arena_new(&f->a, struct sample);
	unsigned n = f->next++;

	*s = samples_bare("acme", "m", T0 + n, OUTCOME_OK);
	s->hf_model = STR("org/m");
	s->cycle_at_ms = T0 + n / 10;
	s->total_us = s->stamps.end_us = 1000 + n;
	s->status = 200;
	return s;
}

/* The row of the sample of that number, as the file must have it. */
static struct str row_of(struct fixture *f, unsigned n, size_t body_n)
{
	unsigned next = f->next;
	struct csv_row r = { .request_body = arena_printf(&f->a, "number %u\n", n) };
	char *body = arena_alloc(&f->a, body_n + 1);
	BUF_AUTO(out, FILE_MAX);

	memset(body, 'b', body_n);
	r.response_body = (struct str){ body, body_n };
	f->next = n;
	r.sample = sample(f);
	f->next = next;
	csv_format(&r, &out);
	return arena_str(&f->a, buf_str(&out));
}

/* The next n samples as one group. */
static struct record_group group_of(struct fixture *f, size_t n, size_t body_n)
{
	struct record_group g = { .samples = arena_array(&f->a, n, struct store_sample), .n = n };

	for (size_t i = 0; i < n; i++) {
		g.samples[i].csv_row = row_of(f, f->next, body_n);
		g.samples[i].sample = sample(f);
	}
	return g;
}

static bool commit(struct fixture *f, struct record_group *g)
{
	return record_commit(f->store, &f->place, g, &f->e);
}

static void record(struct fixture *f, size_t n)
{
	struct record_group g = group_of(f, n, 5);

	OK(commit(f, &g));
}

static struct str read_file(struct fixture *f, const char *name)
{
	struct str got = STR_NONE;

	OK(file_read(name, FILE_MAX, &f->a, &got, &f->e));
	return got;
}

/* The header and these samples' rows in this order, to the byte. */
static void assert_rows(struct fixture *f, const char *name, unsigned from, unsigned to)
{
	BUF_AUTO(want, FILE_MAX);

	buf_add_str(&want, str_of(csv_header));
	for (unsigned n = from; n < to; n++)
		buf_add_str(&want, row_of(f, n, 5));
	assert_string_equal(read_file(f, name).at, want.at);
}

static void assert_count(const char *from, unsigned n)
{
	char sql[320], want[16];

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", from);
	(void)snprintf(want, sizeof(want), "%u\n", n);
	assert_query(sql, want);
}

/* Every sample stored once, none waiting, and each row where its sample says that it is. */
static void assert_in_step(struct fixture *f, unsigned n)
{
	struct stat st;
	char sql[256];

	assert_rows(f, path, 0, n);
	assert_count("samples", n);
	assert_count("csv_spool", 0);
	assert_int_equal(stat(path, &st), 0);
	(void)snprintf(sql, sizeof(sql), "csv_files WHERE bytes = %ld AND row_count = %u",
		       (long)st.st_size, n);
	assert_count(sql, 1);
	(void)snprintf(sql, sizeof(sql),
		       "(SELECT DISTINCT csv_end FROM samples WHERE csv_end > %zu"
		       " AND csv_end <= %ld) ends",
		       strlen(csv_header), (long)st.st_size);
	assert_count(sql, n);
}

/* How many events of that level were logged. */
static unsigned logged(struct fixture *f, enum log_level level)
{
	struct str rest = read_file(f, log_path);
	struct str want = arena_printf(&f->a, "{\"level\":%d,", (int)level);
	struct str line;
	unsigned n = 0;

	while (str_cut(&rest, '\n', &line))
		n += str_starts(line, want);
	return n;
}

static void put(const char *name, struct str bytes, const char *how)
{
	FILE *out = fopen(name, how);

	assert_non_null(out);
	assert_int_equal(fwrite(bytes.at, 1, bytes.n, out), bytes.n);
	assert_int_equal(fclose(out), 0);
}

/* ---- a database that fails ---- */

static bool is_postgres(void)
{
	return str_starts(str_of(url), STR("postgres"));
}

/* While a sample is saved. */
static void break_saving(void)
{
	contract_exec(url, is_postgres()
				   ? "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS"
				     " $$BEGIN RAISE EXCEPTION 'stopped'; END$$;"
				     "CREATE TRIGGER stop BEFORE INSERT ON samples FOR EACH ROW"
				     " EXECUTE FUNCTION stop()"
				   : "CREATE TRIGGER stop BEFORE INSERT ON samples"
				     " BEGIN SELECT RAISE(ABORT, 'stopped'); END");
}

/* All is well until COMMIT. */
static void break_commits(void)
{
	contract_exec(url, "CREATE TABLE stopper (n BIGINT REFERENCES providers (id)"
			   " DEFERRABLE INITIALLY DEFERRED)");
	contract_exec(url, is_postgres()
				   ? "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS"
				     " $$BEGIN INSERT INTO stopper VALUES (-1); RETURN NULL; END$$;"
				     "CREATE TRIGGER stop AFTER INSERT ON samples FOR EACH ROW"
				     " EXECUTE FUNCTION stop()"
				   : "CREATE TRIGGER stop AFTER INSERT ON samples"
				     " BEGIN INSERT INTO stopper VALUES (-1); END");
}

static void mend_database(void)
{
	contract_exec(url, is_postgres() ? "DROP FUNCTION stop CASCADE" : "DROP TRIGGER stop");
}

/* ---- in step ---- */

static void test_rows_and_samples(void **state)
{
	struct fixture *f = *state;

	OK(record_recover(f->store, &f->place, &f->e));
	assert_rows(f, path, 0, 0);
	record(f, 3);
	assert_in_step(f, 3);
	record(f, 1);
	record(f, 12);
	assert_in_step(f, 16);
	assert_query("SELECT host, first_cycle, last_cycle FROM csv_files WHERE batch IS NULL",
		     is_postgres() ? "a host/1|2025-08-03T06:03:00.123Z|2025-08-03T06:03:00.124Z\n"
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
	assert_int_equal(access(path, F_OK), -1);
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
	append_uncommitted(f, row_of(f, 99, 5));
	record(f, 1);
	assert_in_step(f, 3);
	append_uncommitted(f, row_of(f, 99, 5));
	OK(record_recover(f->store, &f->place, &f->e));
	assert_in_step(f, 3);
	assert_int_equal(logged(f, LOG_WARN), 0);
}

/* ... before anything was ever committed. */
static void test_killed_at_the_very_first_row(void **state)
{
	struct fixture *f = *state;
	struct record_group g = group_of(f, 1, 5);

	break_saving();
	assert_false(commit(f, &g));
	mend_database();
	append_uncommitted(f, row_of(f, 99, 5));
	OK(commit(f, &g));
	assert_in_step(f, 1);
}

/* Rows of another database, or of a user: they are rows of the buffer from then on. */
static void test_rows_of_somebody_else(void **state)
{
	struct fixture *f = *state;

	record(f, 2);
	put(path, row_of(f, 2, 5), "ae");
	f->next = 3;
	record(f, 2);
	assert_rows(f, path, 0, 5);
	assert_count("samples", 4);
	assert_query("SELECT row_count FROM csv_files", "5\n");
	assert_int_equal(logged(f, LOG_WARN), 1);
}

static void test_a_file_that_is_there(void **state)
{
	struct fixture *f = *state;
	struct str old = row_of(f, 0, 5);

	/* Of an earlier program: its rows are not ours, and stay. */
	put(path, str_of(csv_header), "we");
	put(path, old, "ae");
	put(path, STR("\"torn"), "ae");
	f->next = 1;
	record(f, 2);
	assert_rows(f, path, 0, 3);
	assert_count("samples", 2);
	assert_query("SELECT row_count FROM csv_files", "3\n");
}

static void test_committed_rows_that_are_gone(void **state)
{
	struct fixture *f = *state;

	record(f, 3);
	assert_int_equal(unlink(path), 0);
	record(f, 2);
	assert_rows(f, path, 3, 5);
	assert_count("samples", 5);
	assert_query("SELECT row_count FROM csv_files", "2\n");
	assert_int_equal(logged(f, LOG_ERROR), 1);
}

/* ---- the database fails ---- */

static void fails_and_works_again(struct fixture *f, void (*break_it)(void), bool doubtful)
{
	struct record_group g;

	record(f, 2);
	g = group_of(f, 3, 5);
	break_it();
	assert_false(commit(f, &g));
	assert_int_equal(g.doubtful, doubtful);
	assert_false(commit(f, &g));
	assert_count("samples", 2);
	mend_database();
	OK(commit(f, &g));
	assert_in_step(f, 5);
	record(f, 1);
	assert_in_step(f, 6);
}

static void test_saving_fails(void **state)
{
	fails_and_works_again(*state, break_saving, false);
}

static void test_committing_fails(void **state)
{
	fails_and_works_again(*state, break_commits, true);
}

/* The file says what is committed even while nobody tries again. */
static void test_a_row_that_was_not_saved_is_taken_back(void **state)
{
	struct fixture *f = *state;
	struct record_group g;

	record(f, 2);
	g = group_of(f, 1, 5);
	break_saving();
	assert_false(commit(f, &g));
	assert_rows(f, path, 0, 2);
	assert_false(g.doubtful);
	mend_database();
}

/* COMMIT happened, its answer was lost: what is tried again is there already. */
static void test_a_commit_in_doubt(void **state)
{
	struct fixture *f = *state;
	struct record_group g = group_of(f, 3, 5);

	OK(commit(f, &g));
	g.doubtful = true;
	OK(commit(f, &g));
	assert_in_step(f, 3);
	/* It did not happen, although another probe of that endpoint is there. */
	g = group_of(f, 2, 5);
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
	struct record_group g = group_of(f, 2, 5);
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
	assert_int_equal(logged(f, LOG_FATAL), 1); /* once */
	mend();
	record(f, 2);
	assert_in_step(f, 7);
	assert_int_equal(logged(f, LOG_FATAL), 1);
	assert_int_equal(logged(f, LOG_INFO), 1);
}

static void make_folder(void)
{
	assert_int_equal(mkdir(at("folder"), 0700), 0);
}

static void test_no_folder(void **state)
{
	struct fixture *f = *state;

	set_path(f, "folder/rows.csv");
	OK(record_recover(f->store, &f->place, &f->e));
	spools_and_moves(f, make_folder);
}

static void take_folder(void)
{
	assert_int_equal(rmdir(path), 0);
}

static void test_a_folder_in_its_place(void **state)
{
	assert_int_equal(mkdir(path, 0700), 0);
	spools_and_moves(*state, take_folder);
}

/* The next process moves what the last one left, more than fits one step. */
static void test_the_next_process_moves_them(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(mkdir(path, 0700), 0);
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
	struct record_group most = group_of(f, 1, MOST);
	struct record_group more = group_of(f, 2, MORE);
	struct stat before, after;

	OK(commit(f, &most));
	assert_int_equal(stat(path, &before), 0);
	limit_files(ROOM);
	OK(commit(f, &more));
	limit_files(RLIM_INFINITY);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(after.st_size, before.st_size);
	assert_count("csv_spool", 2);
	OK(record_recover(f->store, &f->place, &f->e));
	assert_count("csv_spool", 0);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(after.st_size,
			 before.st_size + row_of(f, 1, MORE).n + row_of(f, 2, MORE).n);
	assert_query("SELECT row_count FROM csv_files", "3\n");
}

/* Neither here nor there: the group is whole when both work again. */
static void test_file_and_database_fail(void **state)
{
	struct fixture *f = *state;
	struct record_group g = group_of(f, 2, 5);

	assert_int_equal(mkdir(path, 0700), 0);
	break_commits();
	assert_false(commit(f, &g));
	assert_count("csv_spool", 0);
	mend_database();
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
	return arena_printf(&f->a, "%s.%s", path, batch).at;
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
	assert_int_equal(access(path, F_OK), -1);
	assert_null(rotate(f));
	record(f, 2);
	record(f, 1);
	second = rotate(f);
	assert_string_not_equal(first, second);
	record(f, 1);
	assert_rows(f, file_of(f, first), 0, 3);
	assert_rows(f, file_of(f, second), 3, 6);
	assert_rows(f, path, 6, 7);
	assert_query("SELECT row_count FROM csv_files ORDER BY id", "3\n3\n1\n");
	assert_count("csv_files WHERE batch IS NOT NULL AND rotated_path LIKE '%.' || batch", 2);
}

static void test_rotation_takes_what_waits(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(mkdir(path, 0700), 0);
	record(f, 2);
	take_folder();
	assert_rows(f, file_of(f, rotate(f)), 0, 2);
	assert_count("csv_spool", 0);
	record(f, 1);
	assert_rows(f, path, 2, 3);
}

static void test_rotation_of_no_file(void **state)
{
	struct fixture *f = *state;
	struct str batch;

	record(f, 1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_false(record_rotate(f->store, f->place.host, f->place.path, &f->a, &batch, &f->e));
	assert_int_equal(f->e.kind, ERR_IO);
	assert_count("csv_files WHERE batch IS NOT NULL", 0);
}

/* Killed between COMMIT and rename: whoever comes next finishes it. */
static void interrupt(struct fixture *f, const char **ret_batch)
{
	record(f, 3);
	*ret_batch = rotate(f);
	assert_int_equal(rename(file_of(f, *ret_batch), path), 0);
}

static void test_an_interrupted_rotation(void **state)
{
	struct fixture *f = *state;
	const char *batch;

	interrupt(f, &batch);
	OK(record_recover(f->store, &f->place, &f->e));
	assert_rows(f, file_of(f, batch), 0, 3);
	assert_rows(f, path, 0, 0);
	record(f, 2);
	assert_rows(f, path, 3, 5);
}

static void test_rows_after_an_interrupted_rotation(void **state)
{
	struct fixture *f = *state;
	const char *batch;

	interrupt(f, &batch);
	record(f, 2);
	assert_rows(f, file_of(f, batch), 0, 3);
	assert_rows(f, path, 3, 5);
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
	assert_int_equal(unlink(path), 0);
	record(f, 1);
	assert_rows(f, path, 3, 4);
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
	assert_int_equal(symlink("folder", at("alias")), 0);
	assert_int_equal(symlink("alias/new.csv", at("link")), 0);
	assert_int_equal(symlink("round", at("round")), 0);
	want = arena_printf(&f->a, "%s/folder/new.csv", dir).at;
	assert_path(f, at("alias/new.csv"), want);
	assert_path(f, at("link"), want); /* which leads nowhere yet */
	put(want, STR(""), "we");
	assert_path(f, at("link"), want);
	assert_path(f, at("alias/../folder/./new.csv"), want);
	want = arena_printf(&f->a, "%s/round", dir).at;
	assert_path(f, at("round"), want);
}

/* ---- the recorder ---- */

static void on_done(void *arg, const struct err *e)
{
	struct fixture *f = arg;

	f->done += e == NULL;
	if (!e && f->done == f->stop_at)
		loop_stop(f->loop);
	f->waits += e && e->kind == ERR_BUSY;
	f->failed += e && e->kind != ERR_BUSY;
}

static void on_ready(void *arg, const struct err *e)
{
	struct fixture *f = arg;

	assert_null(e);
	f->ready++;
}

static void on_flushed(void *arg, const struct err *e)
{
	struct fixture *f = arg;

	f->flushed++;
	f->flush_err = e ? *e : (struct err){ .kind = ERR_NONE };
	loop_stop(f->loop);
}

static struct recorder *start_at_pace(struct fixture *f, uint64_t memory_max, uint32_t pace_ms)
{
	struct record_conf conf = { f->place.path, f->place.host, memory_max, pace_ms };

	f->loop = loop_create();
	f->thread = store_thread_start(f->loop, f->store);
	return recorder_create(f->loop, f->thread, &conf, on_ready, f);
}

static struct recorder *start(struct fixture *f, uint64_t memory_max)
{
	return start_at_pace(f, memory_max, 0);
}

/* A sample whose every text is gone when this returns. */
static void give(struct fixture *f, struct recorder *r)
{
	char body[] = "bbbbb";
	char where[] = "https://a.test";
	char asked[32];
	struct sample s = *sample(f);
	struct record_item item = { .sample = &s,
				    .request_body = { asked, 0 },
				    .response_body = { body, 5 } };

	assert_true(str_eq(s.url, str_of(where)));
	s.url.at = where;
	item.request_body.n = (size_t)snprintf(asked, sizeof(asked), "number %u\n", f->next - 1);
	record_sample(r, &item, on_done, f);
	memset(body, 'x', sizeof(body));
	memset(asked, 'x', sizeof(asked));
	memset(where, 'x', sizeof(where));
	memset(&s, 'x', sizeof(s));
}

static void flush(struct fixture *f, struct recorder *r)
{
	unsigned before = f->flushed;

	record_flush(r, on_flushed, f);
	assert_int_equal(f->flushed, before); /* never at once */
	loop_run(f->loop);
	assert_int_equal(f->flushed, before + 1);
}

/* How often each row stands in the file: in which order, only the pool knows. */
static void assert_each_once(struct fixture *f, unsigned n)
{
	struct str got = read_file(f, path);
	size_t bytes = strlen(csv_header);

	for (unsigned i = 0; i < n; i++) {
		struct str row = row_of(f, i, 5);
		const char *found = memmem(got.at, got.n, row.at, row.n);

		assert_non_null(found);
		assert_null(memmem(found + 1, got.n - (size_t)(found + 1 - got.at), row.at, row.n));
		bytes += row.n;
	}
	assert_int_equal(got.n, bytes);
	assert_count("samples", n);
}

static void test_the_recorder(void **state)
{
	struct fixture *f = *state;
	struct recorder *r = start(f, 0);

	assert_true(record_has_room(r));
	for (unsigned i = 0; i < MANY; i++)
		give(f, r);
	flush(f, r);
	assert_int_equal(f->flush_err.kind, ERR_NONE);
	assert_int_equal(f->ready, 1);
	assert_int_equal(f->done, MANY);
	assert_each_once(f, MANY);
	flush(f, r); /* nothing to do */
	give(f, r);
	flush(f, r);
	assert_each_once(f, MANY + 1);
	assert_int_equal(f->failed, 0);
	recorder_destroy(r);
}

static void test_the_recorder_without_a_file(void **state)
{
	struct fixture *f = *state;
	struct recorder *r;

	f->place.path = STR_NONE;
	r = start(f, 0);
	give(f, r);
	flush(f, r);
	recorder_destroy(r);
	assert_int_equal(f->done, 1);
	assert_count("samples", 1);
}

/* A provider quotes the key that it does not like. */
static void test_the_recorder_masks_secrets(void **state)
{
	struct fixture *f = *state;
	struct sample *s = sample(f);
	struct record_item item = { .sample = s, .response_body = STR("no: planted/secret") };
	struct recorder *r = start(f, 0);

	secret_hide(STR("planted/secret"));
	s->error = STR("HTTP error 401: planted/secret is no key");
	s->finish = STR("planted/secret");
	record_sample(r, &item, on_done, f);
	flush(f, r);
	recorder_destroy(r);
	assert_query("SELECT error, finish, answer FROM samples",
		     "HTTP error 401: [MASKED] is no key|[MASKED]|-\n");
	assert_null(strstr(read_file(f, path).at, "planted"));
}

/* What cannot be stored waits, in memory of which there is an end, and is stored once. */
static void test_the_recorder_waits(void **state)
{
	struct fixture *f = *state;
	struct recorder *r;

	break_commits();
	r = start(f, 20000);
	give(f, r);
	flush(f, r);
	assert_int_equal(f->flush_err.kind, ERR_DB);
	assert_int_equal(f->waits, 1); /* told, so that nobody else need wait */
	assert_true(record_has_room(r));
	while (record_has_room(r)) { /* bodies weigh no more once the row is written out */
		give(f, r);
		flush(f, r);
	}
	assert_int_equal(f->waits, f->next);
	assert_in_range(f->next, 4, 20);
	assert_int_equal(logged(f, LOG_FATAL), 1);
	mend_database();
	flush(f, r);
	assert_int_equal(f->flush_err.kind, ERR_NONE);
	assert_int_equal(f->done + f->failed, 0); /* each is told once */
	assert_true(record_has_room(r));
	assert_each_once(f, f->next);
	give(f, r);
	flush(f, r);
	assert_int_equal(f->done, 1);
	recorder_destroy(r);
}

/* Nobody needs to flush: it tries again by itself. */
static void test_the_recorder_tries_again(void **state)
{
	struct fixture *f = *state;
	struct recorder *r;
	struct record_item item = { .sample = sample(f) };

	break_saving();
	r = start(f, 0);
	record_sample(r, &item, on_done, f);
	flush(f, r);
	mend_database();
	assert_count("samples", 0);
	loop_run(f->loop); /* until nothing is left to do */
	assert_int_equal(f->waits, 1);
	assert_count("samples", 1);
	flush(f, r);
	recorder_destroy(r);
}

enum { AN_HOUR_MS = 3600 * 1000 };

static void run_until(struct fixture *f, unsigned done)
{
	f->stop_at = done;
	loop_run(f->loop);
	assert_int_equal(f->done, done);
}

static void stop(void *arg)
{
	loop_stop(arg);
}

/* The first goes at once, the next ones wait. */
static struct recorder *start_with_some_waiting(struct fixture *f, uint64_t memory_max)
{
	enum { LONG_ENOUGH_MS = 50 };
	struct recorder *r = start_at_pace(f, memory_max, AN_HOUR_MS);

	give(f, r);
	run_until(f, 1);
	give(f, r);
	give(f, r);
	loop_after(f->loop, LONG_ENOUGH_MS, stop, f->loop);
	run_until(f, 1);
	assert_count("samples", 1);
	return r;
}

static void test_a_flush_does_not_keep_to_the_pace(void **state)
{
	struct fixture *f = *state;
	struct recorder *r = start_with_some_waiting(f, 0);

	flush(f, r);
	assert_int_equal(f->done, 3);
	assert_in_step(f, 3);
	recorder_destroy(r);
}

static void test_who_hurries_does_not_keep_to_the_pace(void **state)
{
	struct fixture *f = *state;
	struct recorder *r = start_with_some_waiting(f, 0);

	record_hurry(r);
	run_until(f, 3);
	record_hurry(r); /* nobody waits, and the next one need not */
	give(f, r);
	run_until(f, 4);
	flush(f, r);
	recorder_destroy(r);
	assert_in_step(f, 4);
}

static void test_memory_does_not_keep_to_the_pace(void **state)
{
	enum { FULL_SOON = 200000 };
	struct fixture *f = *state;
	struct recorder *r = start_with_some_waiting(f, FULL_SOON);

	while (record_has_room(r))
		give(f, r);
	f->stop_at = 2;
	loop_run(f->loop);
	assert_in_range(f->done, 2, f->next);
	flush(f, r);
	recorder_destroy(r);
	assert_in_step(f, f->next);
}

static void test_the_pace_is_kept_without_anybody(void **state)
{
	struct fixture *f = *state;
	struct recorder *r = start_at_pace(f, 0, 1);

	for (unsigned n = 1; n <= 5; n++) {
		give(f, r);
		give(f, r);
		run_until(f, 2 * n);
	}
	flush(f, r);
	recorder_destroy(r);
	assert_in_step(f, 10);
}

enum { POOL_THREADS = 4 }; /* the loop's */

static sem_t pool_is_free;

static void hold_pool(void *arg)
{
	(void)arg;
	assert_int_equal(sem_wait(&pool_is_free), 0);
}

static void free_pool(void *arg)
{
	(void)arg;
	for (int i = 0; i < POOL_THREADS; i++)
		assert_int_equal(sem_post(&pool_is_free), 0);
}

static void ignore(void *arg)
{
	(void)arg;
}

/* A sample that is still being written out when the group before it fails was given before the flush, too. */
static void test_a_flush_waits_for_the_pool(void **state)
{
	struct fixture *f = *state;
	struct recorder *r;

	assert_int_equal(sem_init(&pool_is_free, 0, 0), 0);
	break_saving();
	r = start(f, 0);
	give(f, r);
	flush(f, r);
	for (int i = 0; i < POOL_THREADS; i++)
		loop_work(f->loop, hold_pool, ignore, NULL);
	give(f, r);
	loop_after(f->loop, 100, free_pool, NULL);
	flush(f, r);
	assert_int_equal(f->waits, 2);
	recorder_destroy(r);
	assert_int_equal(f->done + f->failed, 0);
	assert_count("samples", 0);
	mend_database();
	sem_destroy(&pool_is_free);
}

static void test_the_recorder_gives_up(void **state)
{
	struct fixture *f = *state;
	struct recorder *r;

	break_saving();
	r = start(f, 0);
	give(f, r);
	give(f, r);
	flush(f, r);
	give(f, r);
	flush(f, r);
	recorder_destroy(r);
	assert_int_equal(f->waits, 3);
	assert_int_equal(f->done + f->failed, 0);
	assert_int_equal(logged(f, LOG_FATAL), 2); /* that they wait, that they are lost */
	assert_count("samples", 0);
	assert_rows(f, path, 0, 0);
	recorder_destroy(NULL);
	mend_database();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_rows_and_samples),
		TEST(test_without_a_file),
		TEST(test_what_was_not_committed_is_cut_off),
		TEST(test_killed_at_the_very_first_row),
		TEST(test_rows_of_somebody_else),
		TEST(test_a_file_that_is_there),
		TEST(test_committed_rows_that_are_gone),
		TEST(test_saving_fails),
		TEST(test_committing_fails),
		TEST(test_a_row_that_was_not_saved_is_taken_back),
		TEST(test_a_commit_in_doubt),
		TEST(test_a_commit_in_doubt_that_comes_late),
		TEST(test_no_folder),
		TEST(test_a_folder_in_its_place),
		TEST(test_the_next_process_moves_them),
		TEST(test_no_room),
		TEST(test_file_and_database_fail),
		TEST(test_rotation),
		TEST(test_rotation_takes_what_waits),
		TEST(test_rotation_of_no_file),
		TEST(test_an_interrupted_rotation),
		TEST(test_rows_after_an_interrupted_rotation),
		TEST(test_another_rotation_after_an_interrupted_one),
		TEST(test_a_lost_batch),
		TEST(test_paths),
		TEST(test_the_recorder),
		TEST(test_the_recorder_without_a_file),
		TEST(test_the_recorder_masks_secrets),
		TEST(test_the_recorder_waits),
		TEST(test_the_recorder_tries_again),
		TEST(test_a_flush_does_not_keep_to_the_pace),
		TEST(test_who_hurries_does_not_keep_to_the_pace),
		TEST(test_memory_does_not_keep_to_the_pace),
		TEST(test_the_pace_is_kept_without_anybody),
		TEST(test_a_flush_waits_for_the_pool),
		TEST(test_the_recorder_gives_up),
	};

	return KIT_RUN("record", tests);
}
