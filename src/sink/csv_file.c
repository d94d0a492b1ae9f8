/* csv_file: the file of rows: opened, put right, appended to, renamed. */
#include "base/file.h"
#include "sink/csv.h"
#include "sink/csv_scan.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	CHUNK = 1 << 16,
	LOCK_WAIT_MS = 10000,
	LOCK_STEP_US = 20000,
	MARK_MAX = 128,
};

struct csv_file {
	int fd;
	int lock_fd;
	uint64_t end;      /* of the whole rows */
	uint64_t last_end; /* before the last append */
	char ledger[CSV_LEDGER_MAX + 1];
	char path[];
};

static struct str header(void)
{
	return str_of(csv_header);
}

/* A file's coming, going and renaming is on the disk when its folder is. */
static bool sync_folder_of(const char *path, struct err *e)
{
	ARENA_AUTO(a);
	const char *slash = strrchr(path, '/');
	struct str dir = slash ? (struct str){ path, (size_t)(slash - path) + 1 } : STR(".");
	int fd __attribute__((cleanup(file_close))) =
		open(arena_cstr(&a, dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return (fd >= 0 && fsync(fd) == 0) || err_errno(e, ERR_IO, errno, "%s", path);
}

/* ---- the lock ---- */

struct csv_lock {
	int fd;
};

/* flock() itself knows no time-out. */
static bool lock_in_time(int fd)
{
	for (int waited_us = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; waited_us += LOCK_STEP_US) {
		if ((errno != EWOULDBLOCK && errno != EINTR) || waited_us >= LOCK_WAIT_MS * 1000)
			return false;
		(void)usleep(LOCK_STEP_US);
	}
	return true;
}

bool csv_lock(struct csv_lock **ret, struct str path, struct err *e)
{
	ARENA_AUTO(a);
	struct str name = arena_printf(&a, "%.*s.lock", STR_FMT(path));
	int fd = open(name.at, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
	struct csv_lock *l;

	if (fd < 0)
		return err_errno(e, ERR_IO, errno, "%s", name.at);
	if (!lock_in_time(fd)) {
		enum err_kind kind = errno == EWOULDBLOCK ? ERR_BUSY : ERR_IO;
		int number = errno;

		(void)close(fd);
		return err_errno(e, kind, number, "%s", name.at);
	}
	l = malloc(sizeof(*l));
	if (!l)
		abort();
	l->fd = fd;
	*ret = l;
	return true;
}

void csv_unlock(struct csv_lock *l)
{
	if (!l)
		return;
	(void)close(l->fd);
	free(l);
}

/* ---- what is appended and not committed yet ---- */

/* "LEDGER BEGIN END": one write, and nothing is appended before it. */
static bool mark(const struct csv_file *f, uint64_t n)
{
	char text[MARK_MAX];
	int bytes = snprintf(text, sizeof(text), "%s %" PRIu64 " %" PRIu64 "\n", f->ledger, f->end,
			     f->end + n);

	return ftruncate(f->lock_fd, 0) == 0 && pwrite(f->lock_fd, text, (size_t)bytes, 0) == bytes;
}

/* Where it fails, the mark is one of rows that are known. */
static void unmark(const struct csv_file *f)
{
	(void)!ftruncate(f->lock_fd, 0);
}

/* Is all that stands behind `end` what we appended there, and were killed over? */
static bool is_ours_undone(const struct csv_file *f, uint64_t end, uint64_t size)
{
	char text[MARK_MAX];
	char want[MARK_MAX];
	ssize_t n = pread(f->lock_fd, text, sizeof(text), 0);
	int begin = snprintf(want, sizeof(want), "%s %" PRIu64 " ", f->ledger, end);
	int64_t marked_end;

	return n > begin && memcmp(text, want, (size_t)begin) == 0 &&
	       str_to_i64(str_trim((struct str){ text + begin, (size_t)(n - begin) }), 0, INT64_MAX,
			  &marked_end) &&
	       size <= (uint64_t)marked_end;
}

/* ---- putting right ---- */

static bool io_error(const struct csv_file *f, struct err *e)
{
	return err_errno(e, ERR_IO, errno, "%s", f->path);
}

static bool write_at(int fd, struct str bytes, uint64_t at)
{
	while (bytes.n > 0) {
		ssize_t w = pwrite(fd, bytes.at, bytes.n, (off_t)at);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return false;
		bytes = (struct str){ bytes.at + w, bytes.n - (size_t)w };
		at += (uint64_t)w;
	}
	return true;
}

static bool write_header(const struct csv_file *f, struct err *e)
{
	if (ftruncate(f->fd, 0) != 0 || !write_at(f->fd, header(), 0) || fsync(f->fd) != 0)
		return io_error(f, e);
	return sync_folder_of(f->path, e);
}

/* Does what is committed stand there?  As far as can be told without reading it. */
static bool stands(const struct csv_file *f, uint64_t end, uint64_t size)
{
	char last = '\0';

	return end >= header().n && size >= end && pread(f->fd, &last, 1, (off_t)end - 1) == 1 &&
	       last == '\n';
}

static struct str free_name(const char *path, struct arena *a)
{
	unsigned n = 1;
	struct str name;

	do
		name = arena_printf(a, "%s.aside-%u", path, n++);
	while (access(name.at, F_OK) == 0);
	return name;
}

static bool copy_to(const struct csv_file *f, uint64_t from, uint64_t to, int out)
{
	ARENA_AUTO(a);
	char *chunk = arena_alloc(&a, CHUNK);
	uint64_t written = 0;

	while (from < to) {
		size_t want = to - from < CHUNK ? (size_t)(to - from) : CHUNK;
		ssize_t n = pread(f->fd, chunk, want, (off_t)from);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || !write_at(out, (struct str){ chunk, (size_t)n }, written))
			return false;
		from += (uint64_t)n;
		written += (uint64_t)n;
	}
	return fsync(out) == 0;
}

static bool cut(const struct csv_file *f, uint64_t end, struct err *e)
{
	return (ftruncate(f->fd, (off_t)end) == 0 && fsync(f->fd) == 0) || io_error(f, e);
}

/* It lies there before it is gone here: killed between, it lies there twice. */
static bool put_piece_aside(const struct csv_file *f, uint64_t size, struct arena *a,
			    struct csv_found *found, struct err *e)
{
	struct str name = free_name(f->path, a);
	int out __attribute__((cleanup(file_close))) =
		open(name.at, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (out < 0 || !copy_to(f, found->end, size, out)) {
		(void)err_errno(e, ERR_IO, errno, "%s", name.at);
		if (out >= 0)
			(void)unlink(name.at);
		return false;
	}
	found->piece = name;
	found->piece_bytes = size - found->end;
	return sync_folder_of(name.at, e) && cut(f, found->end, e);
}

static bool open_path(struct csv_file *f, struct err *e)
{
	/* O_NONBLOCK: a pipe in its place must not be waited for. */
	const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK;
	struct stat st;

	f->fd = open(f->path, flags, 0666);
	if (f->fd < 0 || fstat(f->fd, &st) != 0)
		return io_error(f, e);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_IO, "%s: not a regular file", f->path);
	return true;
}

static bool reopen(struct csv_file *f, struct csv_found *found, struct err *e)
{
	struct stat st;

	file_close(&f->fd);
	f->fd = -1;
	if (!open_path(f, e))
		return false;
	if (fstat(f->fd, &st) != 0)
		return io_error(f, e);
	found->end = (uint64_t)st.st_size;
	found->anew = true;
	return true;
}

/* The same rows, all of one kind; the file is the one or the other. */
static bool write_anew(struct csv_file *f, const struct csv_head *head, struct csv_found *found,
		       struct err *e)
{
	struct file_draft draft = { .fd = -1 };
	struct stat st;
	ARENA_AUTO(a);
	char *folder = arena_cstr(&a, str_of(f->path));
	char *name = arena_cstr(&a, str_of(f->path));
	bool ok;

	if (fstat(f->fd, &st) != 0)
		return io_error(f, e);
	ok = file_draft_begin(&draft, dirname(folder), basename(name), &a, e);
	if (ok && fchmod(draft.fd, st.st_mode & 0777) != 0)
		ok = io_error(f, e);
	ok = ok && csv_write_anew(f->fd, head, found->end, &draft, e) && file_draft_keep(&draft, e);
	file_draft_drop(&draft);
	return ok && reopen(f, found, e);
}

/* *ret_ours false: something else than our rows stands there. */
static bool put_right(struct csv_file *f, const struct csv_head *head, uint64_t known,
		      uint64_t size, struct arena *a, struct csv_found *found, bool *ret_ours,
		      struct err *e)
{
	struct csv_rows rows;

	if (!csv_count(f->fd, head, known, &rows))
		return io_error(f, e);
	*ret_ours = !rows.foreign || rows.met;
	if (!*ret_ours)
		return true;
	*found = (struct csv_found){ .end = rows.end,
				     .counted = true,
				     .rows = rows.rows,
				     .first_cycle_ms = rows.first_cycle_ms,
				     .last_cycle_ms = rows.last_cycle_ms };
	return (rows.end == size || put_piece_aside(f, size, a, found, e)) &&
	       ((head->tidy && rows.tidy) || write_anew(f, head, found, e));
}

/* Whole rows to the end, of a file that begins with the header. */
static bool open_rows(struct csv_file *f, const struct csv_head *head, uint64_t known,
		      struct arena *a, struct csv_found *found, bool *ret_ours, struct err *e)
{
	struct stat st;
	uint64_t size;

	if (fstat(f->fd, &st) != 0)
		return io_error(f, e);
	size = (uint64_t)st.st_size;
	*ret_ours = true;
	*found = (struct csv_found){ .end = known };
	if (!head->tidy || !stands(f, known, size))
		return put_right(f, head, known, size, a, found, ret_ours, e);
	if (size == known)
		return true;
	if (is_ours_undone(f, known, size)) {
		if (!cut(f, known, e))
			return false;
		unmark(f);
		return true;
	}
	return put_right(f, head, known, size, a, found, ret_ours, e);
}

static bool move_aside(const char *path, struct arena *a, struct str *ret, struct err *e)
{
	struct str name = free_name(path, a);

	if (rename(path, name.at) != 0)
		return err_errno(e, ERR_IO, errno, "%s", path);
	*ret = name;
	return true;
}

/* ---- open ---- */

/* *ret_ours false: to be moved aside. */
static bool open_ours(struct csv_file *f, uint64_t known, struct arena *a, struct csv_found *found,
		      bool *ret_ours, struct err *e)
{
	struct csv_head head;

	if (!open_path(f, e))
		return false;
	if (!csv_look(f->fd, &head))
		return io_error(f, e);
	if (head.begins == CSV_BEGINS_EMPTY) {
		head = (struct csv_head){ CSV_BEGINS_OURS, header().n, true };
		if (!write_header(f, e))
			return false;
	}
	*ret_ours = head.begins == CSV_BEGINS_OURS;
	return !*ret_ours || open_rows(f, &head, known, a, found, ret_ours, e);
}

static bool open_right(struct csv_file *f, uint64_t known, struct arena *a, struct csv_found *found,
		       struct err *e)
{
	struct str aside = STR_NONE;
	bool ours;

	if (!open_ours(f, known, a, found, &ours, e))
		return false;
	if (!ours) {
		file_close(&f->fd);
		f->fd = -1;
		if (!move_aside(f->path, a, &aside, e) || !open_ours(f, known, a, found, &ours, e))
			return false;
	}
	found->aside = aside;
	f->end = f->last_end = found->end;
	return ours || err_set(e, ERR_IO, "%s: somebody else writes it, too", f->path);
}

bool csv_open(struct csv_file **ret, struct str path, const struct csv_lock *lock,
	      const struct csv_known *known, struct arena *a, struct csv_found *ret_found,
	      struct err *e)
{
	struct csv_file *f = calloc(1, sizeof(*f) + path.n + 1);
	struct csv_found found = { 0 };

	if (!f)
		abort();
	f->fd = -1;
	f->lock_fd = lock->fd;
	memcpy(f->path, path.at, path.n);
	assert(known->ledger.n && known->ledger.n < sizeof(f->ledger));
	memcpy(f->ledger, known->ledger.at, known->ledger.n);
	if (!open_right(f, known->end, a, &found, e)) {
		csv_close(f);
		return false;
	}
	*ret_found = found;
	*ret = f;
	return true;
}

void csv_close(struct csv_file *f)
{
	if (!f)
		return;
	file_close(&f->fd);
	free(f);
}

/* ---- rows ---- */

bool csv_append(struct csv_file *f, struct str rows, struct err *e)
{
	f->last_end = f->end;
	if (!mark(f, rows.n) || !write_at(f->fd, rows, f->end) || fsync(f->fd) != 0) {
		(void)io_error(f, e);
		csv_take_back(f);
		return false;
	}
	f->end += rows.n;
	return true;
}

void csv_keep(struct csv_file *f)
{
	unmark(f);
}

/* Where it fails, too, the mark stays, and the next one who opens it cuts it off. */
void csv_take_back(struct csv_file *f)
{
	if (ftruncate(f->fd, (off_t)f->last_end) == 0) {
		(void)fsync(f->fd);
		unmark(f);
	}
	f->end = f->last_end;
}

bool csv_rotate(struct str path, struct str rotated_path, struct err *e)
{
	ARENA_AUTO(a);
	const char *from = arena_cstr(&a, path);
	const char *to = arena_cstr(&a, rotated_path);

	if (access(to, F_OK) == 0)
		return err_errno(e, ERR_IO, EEXIST, "%s", to);
	if (rename(from, to) != 0)
		return err_errno(e, ERR_IO, errno, "%s", from);
	return sync_folder_of(to, e);
}
