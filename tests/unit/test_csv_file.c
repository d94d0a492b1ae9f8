/* The file of rows: whole rows only, whoever stopped when. */
#include "base/file.h"
#include "sink/csv.h"

#include "base/clock.h"

#include "unit.h"
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROWS = 4, TEXT_MAX = 1 << 20 };

static char dir[] = "/tmp/assay-csv-XXXXXX";
static char path_bytes[64];
static struct str path;

/* Four rows, one with everything that could be taken for a row's end, and where each ends. */
static char text[TEXT_MAX];
static size_t row_end[ROWS + 1];
static const int64_t first_ms = 1763748000000;

static size_t make_row(int i, char *at)
{
	static const char *const bodies[ROWS] = { "plain", "a\"\n\"\"\n2025,\n,,,,,,,,,,,,,\n\"",
						  "\r\n\r\n", "\"" };
	struct sample s = { .hf_model = STR("org/m"), .status = 200 };
	struct csv_row r = { .sample = &s, .response_body = str_of(bodies[i]) };
	BUF_AUTO(out, 1 << 16);

	/* Not in order: the second is the earliest. */
	s.cycle_at_ms = first_ms + (i == 1 ? 0 : i + 1) * 1000;
	csv_format(&r, &out);
	memcpy(at, out.at, out.n);
	return out.n;
}

static void make_rows(void)
{
	size_t n = strlen(csv_header);

	memcpy(text, csv_header, n);
	row_end[0] = n;
	for (int i = 0; i < ROWS; i++) {
		n += make_row(i, text + n);
		row_end[i + 1] = n;
	}
}

static struct str row(int i)
{
	return (struct str){ text + row_end[i], row_end[i + 1] - row_end[i] };
}

static void put_file(struct str name, struct str bytes)
{
	ARENA_AUTO(a);
	FILE *f = fopen(arena_cstr(&a, name), "we");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes.at, 1, bytes.n, f), bytes.n);
	assert_int_equal(fclose(f), 0);
}

static void assert_file(struct str name, struct str want)
{
	ARENA_AUTO(a);
	struct str got;
	struct err e;

	if (!file_read(arena_cstr(&a, name), TEXT_MAX, &a, &got, &e))
		fail_msg("%s", e.text);
	assert_int_equal(got.n, want.n);
	assert_memory_equal(got.at, want.at, want.n);
}

static struct str beginning(size_t n)
{
	return (struct str){ text, n };
}

static struct csv_lock *lock; /* of who opens one, in this test */

static struct csv_file *opened_by(const char *ledger, uint64_t end, struct arena *a,
				  struct csv_found *found)
{
	const struct csv_known known = { str_of(ledger), end };
	struct csv_file *f = NULL;
	struct err e;

	if (!csv_open(&f, path, lock, &known, a, found, &e))
		fail_msg("%s", e.text);
	return f;
}

static struct csv_file *opened(uint64_t end, struct arena *a, struct csv_found *found)
{
	return opened_by("1@2", end, a, found);
}

static void append(struct csv_file *f, struct str rows)
{
	struct err e;

	if (!csv_append(f, rows, &e))
		fail_msg("%s", e.text);
}

/* ---- as it should be ---- */

static void a_new_file(void **state)
{
	ARENA_AUTO(a);
	struct csv_found found;
	struct csv_file *f = opened(0, &a, &found);

	(void)state;
	assert_true(found.counted);
	assert_int_equal(found.end, row_end[0]);
	assert_int_equal(found.rows, 0);
	assert_true(found.first_cycle_ms == CLOCK_NONE && found.last_cycle_ms == CLOCK_NONE);
	assert_true(str_is_none(found.aside));
	append(f, row(0));
	append(f, (struct str){ text + row_end[1], row_end[3] - row_end[1] });
	csv_close(f);
	assert_file(path, beginning(row_end[3]));
	/* Once more: the header is there already. */
	f = opened(row_end[3], &a, &found);
	assert_false(found.counted);
	assert_int_equal(found.end, row_end[3]);
	append(f, row(3));
	csv_close(f);
	assert_file(path, beginning(row_end[4]));
	csv_close(NULL);
}

/* Killed between append and commit, or within the append: what he appended, and nothing else. */
static void what_was_not_committed_goes(void **state)
{
	ARENA_AUTO(a);
	struct csv_found found;
	struct csv_file *f;

	(void)state;
	for (size_t n = row_end[2]; n <= row_end[3]; n++) {
		put_file(path, beginning(row_end[2]));
		f = opened(row_end[2], &a, &found);
		append(f, row(2));
		csv_close(f);
		put_file(path, beginning(n));
		csv_close(opened(row_end[2], &a, &found));
		assert_false(found.counted);
		assert_true(str_is_none(found.piece));
		assert_int_equal(found.end, row_end[2]);
		assert_file(path, beginning(row_end[2]));
	}
}

static void assert_kept_whole(const char *ledger, uint64_t known, size_t rows)
{
	ARENA_AUTO(a);
	struct csv_found found;

	csv_close(opened_by(ledger, known, &a, &found));
	assert_true(found.counted && str_is_none(found.piece));
	assert_int_equal(found.rows, rows);
	assert_int_equal(found.end, row_end[rows]);
	assert_file(path, beginning(row_end[rows]));
}

/* Rows that are committed, or were appended by others, or before or behind the killed one's. */
static void rows_of_others_stay(void **state)
{
	ARENA_AUTO(a);
	struct csv_found found;
	struct csv_file *f;

	(void)state;
	put_file(path, beginning(row_end[3]));
	assert_kept_whole("1@2", row_end[1], 3); /* nobody says anything of them */
	put_file(path, beginning(row_end[2]));
	f = opened(row_end[2], &a, &found);
	append(f, row(2));
	csv_keep(f);
	csv_close(f);
	assert_kept_whole("1@2", row_end[2], 3);
	put_file(path, beginning(row_end[2]));
	f = opened(row_end[2], &a, &found);
	append(f, row(2));
	csv_close(f);
	assert_kept_whole("1@22", row_end[2], 3);
	assert_kept_whole("1@2", row_end[1], 3);
	put_file(path, beginning(row_end[4]));
	assert_kept_whole("1@2", row_end[2], 4);
}

/* A place where a row ended in another file. */
static void an_end_that_is_none(void **state)
{
	const char *within = memchr(text + row_end[1], '\n', row_end[2] - row_end[1]);

	(void)state;
	put_file(path, beginning(row_end[4]));
	assert_kept_whole("1@2", (uint64_t)(within - text) + 1, 4);
}

/* Behind what is committed: whole rows stay, the rest is put aside, and the committed ones are not moved. */
static void what_is_no_row_behind_committed_ones(void **state)
{
	ARENA_AUTO(a);
	struct csv_found found;
	struct str piece = STR("none,of,ours\nand more");

	(void)state;
	put_file(path, arena_printf(&a, "%.*s%.*s", (int)row_end[2], text, STR_FMT(piece)));
	csv_close(opened(row_end[1], &a, &found));
	assert_true(str_is_none(found.aside));
	assert_int_equal(found.rows, 2);
	assert_int_equal(found.piece_bytes, piece.n);
	assert_file(found.piece, piece);
	assert_file(path, beginning(row_end[2]));
}

/* ---- written otherwise ---- */

static struct str with_crlf(struct arena *a, const char *begin, const char *header)
{
	return arena_printf(a, "%s%s%.*s\r\n%.*s\r\n", begin, header, (int)row(0).n - 1, row(0).at,
			    (int)row(2).n - 1, row(2).at);
}

static void assert_written_anew(struct str bytes)
{
	ARENA_AUTO(a);
	struct csv_found found;

	put_file(path, bytes);
	csv_close(opened(0, &a, &found));
	assert_true(found.anew && found.counted && str_is_none(found.aside));
	assert_int_equal(found.rows, 2);
	assert_file(path,
		    arena_printf(&a, "%s%.*s%.*s", csv_header, STR_FMT(row(0)), STR_FMT(row(2))));
	csv_close(opened(found.end, &a, &found));
	assert_false(found.counted || found.anew);
}

static void our_header_in_other_ways(void **state)
{
	ARENA_AUTO(a);
	struct str names = { csv_header, strlen(csv_header) - 1 };
	BUF_AUTO(quoted, TEXT_MAX);
	struct str name;
	bool more;

	(void)state;
	assert_written_anew(with_crlf(&a, "", csv_header));
	assert_written_anew(with_crlf(&a, "\xef\xbb\xbf", csv_header));
	assert_written_anew(with_crlf(&a, "", arena_printf(&a, "%.*s\r\n", STR_FMT(names)).at));
	do {
		more = str_cut(&names, ',', &name);
		buf_printf(&quoted, "\"%.*s\"%s", STR_FMT(name), more ? "," : "\r\n");
	} while (more);
	assert_written_anew(with_crlf(&a, "\xef\xbb\xbf", quoted.at));
}

/* A row of CRLF whose two bytes two reads bring. */
static void a_line_end_that_comes_in_two(void **state)
{
	enum { READ = 1 << 16 };
	ARENA_AUTO(a);
	size_t begun = row_end[0];
	struct str cells = STR("2025-11-21T17:00:00.000Z,,,,,,,,,,,,,");
	char *fill = arena_alloc(&a, READ + 1);
	struct csv_found found;

	(void)state;
	memset(fill, 'x', READ);
	fill[READ] = '\0';
	put_file(path, arena_printf(&a, "%s%.*s%.*s\r\n", csv_header, STR_FMT(cells),
				    (int)(READ - cells.n - 1), fill));
	csv_close(opened(0, &a, &found));
	assert_true(str_is_none(found.piece));
	assert_int_equal(found.rows, 1);
	assert_true(found.anew && found.end > begun + READ);
}

static void headers_that_are_not_ours(void **state)
{
	ARENA_AUTO(a);
	int most = (int)strlen(csv_header) - 1;
	const char *const others[] = {
		arena_printf(&a, "%.*s,more\n", most, csv_header).at,
		arena_printf(&a, "%.*s\n", most - 14, csv_header).at,
		arena_printf(&a, "\"%.*s\"\n", most, csv_header).at,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct csv_found found;

		put_file(path, str_of(others[i]));
		csv_close(opened(0, &a, &found));
		assert_false(str_is_none(found.aside));
		assert_file(found.aside, str_of(others[i]));
	}
}

static void what_was_not_committed_is_taken_back(void **state)
{
	ARENA_AUTO(a);
	struct csv_found found;
	struct csv_file *f = opened(0, &a, &found);

	(void)state;
	append(f, row(0));
	append(f, row(1));
	csv_take_back(f);
	assert_file(path, beginning(row_end[1]));
	append(f, row(1));
	csv_close(f);
	assert_file(path, beginning(row_end[2]));
}

/* ---- torn ---- */

/* A file that nobody knows, torn at every single byte. */
static void torn_anywhere(void **state)
{
	(void)state;
	for (size_t n = 0; n <= row_end[ROWS]; n++) {
		ARENA_AUTO(a);
		struct csv_found found;
		size_t whole = 0;

		while (whole < ROWS && row_end[whole + 1] <= n)
			whole++;
		put_file(path, beginning(n));
		csv_close(opened(0, &a, &found));
		assert_true(found.counted);
		assert_int_equal(found.rows, whole);
		assert_int_equal(found.end, row_end[whole]);
		assert_true(str_is_none(found.aside));
		assert_file(path, beginning(row_end[whole]));
		assert_int_equal(str_is_none(found.piece), n <= row_end[0] || n == row_end[whole]);
		if (str_is_none(found.piece))
			continue;
		assert_int_equal(found.piece_bytes, n - row_end[whole]);
		assert_file(found.piece, (struct str){ text + row_end[whole], n - row_end[whole] });
		assert_int_equal(unlink(found.piece.at), 0);
	}
}

static void cycles_of_an_unknown_file(void **state)
{
	ARENA_AUTO(a);
	struct csv_found found;

	(void)state;
	put_file(path, beginning(row_end[3]));
	csv_close(opened(0, &a, &found));
	assert_int_equal(found.first_cycle_ms, first_ms);
	assert_int_equal(found.last_cycle_ms, first_ms + 3000);
}

/* Rows that were committed and are gone: what there is is counted. */
static void shorter_than_committed(void **state)
{
	ARENA_AUTO(a);
	struct csv_found found;

	(void)state;
	for (size_t n = row_end[1]; n < row_end[2]; n++) {
		put_file(path, beginning(n));
		csv_close(opened(row_end[2], &a, &found));
		assert_true(found.counted);
		assert_int_equal(found.rows, 1);
		assert_file(path, beginning(row_end[1]));
		if (!str_is_none(found.piece))
			assert_int_equal(unlink(found.piece.at), 0);
	}
	assert_int_equal(unlink(path.at), 0);
	csv_close(opened(row_end[2], &a, &found));
	assert_true(found.counted);
	assert_file(path, beginning(row_end[0]));
	/* As long, and another text: a row does not end there. */
	put_file(path, beginning(row_end[2]));
	csv_close(opened(row_end[1] + 1, &a, &found));
	assert_true(found.counted);
	assert_int_equal(found.rows, 2);
}

static void zeros_of_a_power_cut(void **state)
{
	static char torn[TEXT_MAX];
	ARENA_AUTO(a);
	struct csv_found found;

	(void)state;
	memcpy(torn, text, row_end[2] + 100);
	put_file(path, (struct str){ torn, row_end[2] + 5000 });
	csv_close(opened(0, &a, &found));
	assert_int_equal(found.rows, 2);
	assert_file(path, beginning(row_end[2]));
}

/* ---- somebody else's ---- */

static void assert_moved_aside(struct str bytes, const char *name)
{
	ARENA_AUTO(a);
	struct csv_found found;
	struct str want = arena_printf(&a, "%s.%s", path.at, name);

	put_file(path, bytes);
	csv_close(opened(0, &a, &found));
	assert_int_equal(found.rows, 0);
	assert_true(str_eq(found.aside, want));
	assert_file(want, bytes);
	assert_file(path, beginning(row_end[0]));
}

static void another_file_is_moved_aside(void **state)
{
	ARENA_AUTO(a);
	struct csv_found found;

	(void)state;
	assert_moved_aside(STR("a,b,c\n1,2,3\n"), "aside-1");
	assert_moved_aside(STR("\n"), "aside-2");
	/* Known or not. */
	put_file(path, STR("#a comment\n"));
	csv_close(opened(row_end[3], &a, &found));
	assert_true(found.counted);
	assert_true(str_ends(found.aside, STR(".aside-3")));
}

static void rows_that_are_none_of_ours(void **state)
{
	ARENA_AUTO(a);
	struct str head = beginning(row_end[1]);

	(void)state;
	assert_moved_aside(arena_printf(&a, "%.*sone,two,three\n", STR_FMT(head)), "aside-1");
	/* A torn row, and another behind it. */
	assert_moved_aside(arena_printf(&a, "%.*s%.*s", (int)row_end[2] - 20, text,
					STR_FMT(row(2))),
			   "aside-2");
	/* As many columns, and quotes that RFC 4180 does not know. */
	assert_moved_aside(arena_printf(&a, "%.*s1,2,3,4,5,6,7,8,9,10,11,12,13,a\"b\n",
					STR_FMT(head)),
			   "aside-3");
}

static void assert_not_opened(const char *name, const char *why)
{
	ARENA_AUTO(a);
	const struct csv_known known = { .ledger = STR("1@2") };
	struct csv_found found;
	struct csv_file *f = NULL;
	struct err e = { .kind = ERR_NONE };

	assert_false(csv_open(&f, str_of(name), lock, &known, &a, &found, &e));
	assert_int_equal(e.kind, ERR_IO);
	assert_non_null(strstr(e.text, name));
	assert_non_null(strstr(e.text, why));
	assert_null(f);
}

static void what_is_no_file(void **state)
{
	(void)state;
	assert_not_opened(dir, "Is a directory");
	assert_not_opened("/dev/null", "not a regular file");
	assert_not_opened("/nowhere/at.all", "No such file");
	assert_int_equal(mkfifo(path.at, 0600), 0);
	assert_not_opened(path.at, "not a regular file");
	assert_int_equal(unlink(path.at), 0);
}

/* ---- a full disk ---- */

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void no_room_for_a_row(void **state)
{
	ARENA_AUTO(a);
	struct csv_found found;
	struct csv_file *f = opened(0, &a, &found);
	struct err e = { .kind = ERR_NONE };

	(void)state;
	append(f, row(0));
	limit_files(row_end[1] + 30);
	assert_false(csv_append(f, row(1), &e));
	limit_files(RLIM_INFINITY);
	assert_int_equal(e.kind, ERR_IO);
	assert_non_null(strstr(e.text, path.at));
	assert_file(path, beginning(row_end[1])); /* not even a part of it */
	append(f, row(1));
	csv_close(f);
	assert_file(path, beginning(row_end[2]));
}

static void no_room_for_the_header(void **state)
{
	ARENA_AUTO(a);
	struct csv_found found;

	(void)state;
	limit_files(10);
	assert_not_opened(path.at, "File too large");
	limit_files(RLIM_INFINITY);
	csv_close(opened(0, &a, &found));
	assert_file(path, beginning(row_end[0]));
}

/* ---- who writes ---- */

struct other {
	pthread_t thread;
	struct csv_lock *lock;
	bool released; /* before the lock is */
};

static void *let_go(void *arg)
{
	struct other *o = arg;

	(void)usleep(50000);
	o->released = true;
	csv_unlock(o->lock);
	return NULL;
}

static void one_at_a_time(void **state)
{
	struct other o = { .released = false };
	struct csv_lock *mine = lock;
	struct err e;

	(void)state;
	csv_unlock(mine);
	assert_true(csv_lock(&o.lock, path, &e));
	assert_int_equal(pthread_create(&o.thread, NULL, let_go, &o), 0);
	assert_true(csv_lock(&lock, path, &e));
	assert_true(o.released);
	assert_int_equal(pthread_join(o.thread, NULL), 0);
	csv_unlock(NULL);
	assert_false(csv_lock(&mine, STR("/nowhere/at.all"), &e));
	assert_int_equal(e.kind, ERR_IO);
	assert_non_null(strstr(e.text, "/nowhere/at.all.lock"));
}

static void rotation(void **state)
{
	ARENA_AUTO(a);
	struct str to = arena_printf(&a, "%s.batch", path.at);
	struct err e = { .kind = ERR_NONE };

	(void)state;
	put_file(path, STR("first"));
	assert_true(csv_rotate(path, to, &e));
	assert_file(to, STR("first"));
	assert_int_equal(access(path.at, F_OK), -1);
	/* Never over another batch, and nothing is made of nothing. */
	put_file(path, STR("second"));
	assert_false(csv_rotate(path, to, &e));
	assert_int_equal(e.kind, ERR_IO);
	assert_file(to, STR("first"));
	assert_file(path, STR("second"));
	assert_int_equal(unlink(to.at), 0);
	assert_int_equal(unlink(path.at), 0);
	assert_false(csv_rotate(path, to, &e));
}

/* ---- */

static int take_lock(void **state)
{
	struct err e;

	(void)state;
	return csv_lock(&lock, path, &e) ? 0 : -1;
}

static int clean(void **state)
{
	ARENA_AUTO(a);
	static const char *const ends[] = { "",         ".lock",    ".batch",
					    ".aside-1", ".aside-2", ".aside-3" };

	(void)state;
	csv_unlock(lock);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		(void)unlink(arena_printf(&a, "%s%s", path.at, ends[i]).at);
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(path_bytes, sizeof(path_bytes), "%s/rows.csv", dir);
	path = str_of(path_bytes);
	make_rows();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return rmdir(dir);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, take_lock, clean)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_new_file),
		TEST(what_was_not_committed_goes),
		TEST(rows_of_others_stay),
		TEST(an_end_that_is_none),
		TEST(what_is_no_row_behind_committed_ones),
		TEST(our_header_in_other_ways),
		TEST(a_line_end_that_comes_in_two),
		TEST(headers_that_are_not_ours),
		TEST(what_was_not_committed_is_taken_back),
		TEST(torn_anywhere),
		TEST(cycles_of_an_unknown_file),
		TEST(shorter_than_committed),
		TEST(zeros_of_a_power_cut),
		TEST(another_file_is_moved_aside),
		TEST(rows_that_are_none_of_ours),
		TEST(what_is_no_file),
		TEST(no_room_for_a_row),
		TEST(no_room_for_the_header),
		TEST(one_at_a_time),
		TEST(rotation),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
