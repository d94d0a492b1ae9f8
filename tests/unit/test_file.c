#include "unit.h"

#include "base/file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/assay-file-XXXXXX";

static const char *path_of(const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void write_file(const char *path, const char *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), n);
	assert_int_equal(close(fd), 0);
}

static void assert_reads(const char *bytes, size_t n, size_t max)
{
	const char *path = path_of("whole");
	ARENA_AUTO(a);
	struct str got = STR_NONE;
	struct err e;

	write_file(path, bytes, n);
	if (!file_read(path, max, &a, &got, &e))
		fail_msg("%s", e.text);
	assert_int_equal(got.n, n);
	assert_memory_equal(got.at, bytes, n);
	assert_int_equal(got.at[n], '\0');
}

static void test_reads(void **state)
{
	static char big[300000];

	(void)state;
	memset(big, 'x', sizeof(big));
	assert_reads("", 0, 0);
	assert_reads("", 0, 100);
	assert_reads("text\n", 5, 100);
	assert_reads("text\n", 5, 5); /* exactly the maximum */
	assert_reads("a\0b\xff", 4, 100);
	assert_reads(big, sizeof(big), sizeof(big));
}

static void assert_refused(const char *path, size_t max, enum err_kind kind, const char *why)
{
	ARENA_AUTO(a);
	struct str got = STR("untouched");
	struct err e = { .kind = ERR_NONE };

	assert_false(file_read(path, max, &a, &got, &e));
	assert_int_equal(e.kind, kind);
	assert_non_null(strstr(e.text, path));
	assert_non_null(strstr(e.text, why));
	assert_string_equal(got.at, "untouched");
}

static void test_refuses(void **state)
{
	(void)state;
	assert_refused(path_of("missing"), 10, ERR_IO, "No such file");
	assert_refused(dir, 10, ERR_IO, "not a regular file");
	assert_refused("/dev/null", 10, ERR_IO, "not a regular file");
	write_file(path_of("long"), "123456", 6);
	assert_refused(path_of("long"), 5, ERR_LIMIT, "larger than 5 bytes");
	assert_refused(path_of("long"), 0, ERR_LIMIT, "larger than 0 bytes");
	assert_refused(path_of("long/below"), 10, ERR_IO, "Not a directory");
	assert_refused("", 10, ERR_IO, "No such file");
}

static void wake_up(int signal_number)
{
	(void)signal_number;
}

/* Nobody writes to it: opening must not wait for somebody. */
static void test_refuses_a_pipe_at_once(void **state)
{
	const char *path = path_of("pipe");

	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	(void)sigaction(SIGALRM, &(struct sigaction){ .sa_handler = wake_up }, NULL);
	(void)alarm(2);
	assert_refused(path, 10, ERR_IO, "not a regular file");
	(void)alarm(0);
}

static void test_leaves_no_descriptor_open(void **state)
{
	ARENA_AUTO(a);
	int before = dup(STDERR_FILENO);
	struct str got;
	struct err e;
	int after;

	(void)state;
	(void)close(before);
	write_file(path_of("small"), "12", 2);
	for (int i = 0; i < 20; i++) {
		assert_true(file_read(path_of("small"), 9, &a, &got, &e));
		assert_false(file_read(path_of("small"), 1, &a, &got, &e));
		assert_false(file_read(dir, 9, &a, &got, &e));
	}
	after = dup(STDERR_FILENO);
	(void)close(after);
	assert_int_equal(after, before);
}

/* ---- written ---- */

static void assert_written(const char *below, const char *name, const char *bytes)
{
	ARENA_AUTO(a);
	struct str place = arena_printf(&a, "%s/%s", dir, below);
	struct str path = arena_printf(&a, "%s/%s", place.at, name);
	struct str got = STR_NONE;
	struct err e = { .kind = ERR_NONE };

	if (!file_write(place.at, name, str_of(bytes), &e) ||
	    !file_read(path.at, 1000, &a, &got, &e))
		fail_msg("%s", e.text);
	assert_string_equal(got.at, bytes);
}

/* Directories are made, what is there is replaced, and nothing else is left behind. */
static void test_writes(void **state)
{
	struct stat st;

	(void)state;
	(void)umask(022);
	assert_written("made/too/", "new", "text\n");
	assert_written("made/too", "new", "another");
	assert_written("made", "empty", "");
	assert_int_equal(stat(path_of("made/too/new"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	assert_int_equal(unlink(path_of("made/too/new")), 0);
	assert_int_equal(unlink(path_of("made/empty")), 0);
	assert_int_equal(rmdir(path_of("made/too")), 0);
	assert_int_equal(rmdir(path_of("made")), 0);
}

static void assert_not_written(const char *place, const char *name, const char *why)
{
	struct err e = { .kind = ERR_NONE };

	assert_false(file_write(place, name, STR("text"), &e));
	assert_int_equal(e.kind, ERR_IO);
	assert_non_null(strstr(e.text, place));
	assert_non_null(strstr(e.text, why));
}

static void test_does_not_write(void **state)
{
	(void)state;
	write_file(path_of("small"), "12", 2);
	assert_not_written(path_of("small"), "x", "Not a directory");
	assert_not_written(path_of("small/below"), "x", "Not a directory");
	assert_not_written("/proc/assay", "x", "/proc/assay");
	/* In the way stands a directory: the draft is taken back. */
	assert_int_equal(mkdir(path_of("way"), 0700), 0);
	assert_int_equal(mkdir(path_of("way/x"), 0700), 0);
	assert_not_written(path_of("way"), "x", "x: Is a directory");
	assert_int_equal(rmdir(path_of("way/x")), 0);
	assert_int_equal(rmdir(path_of("way")), 0);
}

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	static const char *const names[] = { "whole", "long", "small", "pipe" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)unlink(path_of(names[i]));
	return rmdir(dir);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_writes),
		cmocka_unit_test(test_does_not_write),
		cmocka_unit_test(test_leaves_no_descriptor_open),
		cmocka_unit_test(test_refuses_a_pipe_at_once),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
