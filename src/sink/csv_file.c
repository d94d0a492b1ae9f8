/* csv_file: the file of rows: opened, put right, appended to, renamed. */
#include "base/clock.h"
#include "base/file.h"
#include "sink/csv.h"

#include <assert.h>
#include <csv.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	COLUMNS = 14,
	HEADER_MAX = 512,
	CHUNK = 1 << 16,
	LOCK_WAIT_MS = 10000,
	LOCK_STEP_US = 20000,
};

struct csv_file {
	int fd;
	uint64_t end;      /* of the whole rows */
	uint64_t last_end; /* before the last append */
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

/* ---- counting rows ---- */

struct scan {
	struct csv_parser parser;
	struct csv_found *found;
	unsigned columns;     /* of the running row, so far */
	int64_t row_cycle_ms; /* its first cell, CLOCK_NONE: no time */
	bool row_ended, foreign;
};

static void on_cell(void *cell, size_t n, void *arg)
{
	struct scan *s = arg;
	struct err ignored;

	if (s->columns++ > 0)
		return;
	s->row_cycle_ms = CLOCK_NONE;
	(void)clock_parse((struct str){ cell ? cell : "", n }, &s->row_cycle_ms, &ignored);
}

static void on_row(int ended_by, void *arg)
{
	struct scan *s = arg;
	struct csv_found *f = s->found;

	(void)ended_by;
	s->row_ended = true;
	s->foreign |= s->columns != COLUMNS;
	s->columns = 0;
	f->rows++;
	if (s->row_cycle_ms == CLOCK_NONE)
		return;
	if (f->first_cycle_ms == CLOCK_NONE || s->row_cycle_ms < f->first_cycle_ms)
		f->first_cycle_ms = s->row_cycle_ms;
	if (s->row_cycle_ms > f->last_cycle_ms)
		f->last_cycle_ms = s->row_cycle_ms;
}

/* Line by line, so that it is known where a row ends; false: that is none of ours. */
static bool scan_chunk(struct scan *s, struct str chunk, uint64_t at)
{
	while (chunk.n) {
		const char *lf = memchr(chunk.at, '\n', chunk.n);
		size_t n = lf ? (size_t)(lf - chunk.at) + 1 : chunk.n;

		s->row_ended = false;
		if (csv_parse(&s->parser, chunk.at, n, on_cell, on_row, s) != n || s->foreign)
			return false;
		at += n;
		if (s->row_ended)
			s->found->end = at;
		chunk = (struct str){ chunk.at + n, chunk.n - n };
	}
	return true;
}

static bool scan_file(struct scan *s, const struct csv_file *f, bool *ret_ours, struct err *e)
{
	ARENA_AUTO(a);
	char *chunk = arena_alloc(&a, CHUNK);
	uint64_t at = header().n;
	ssize_t n;

	*ret_ours = true;
	while (*ret_ours && (n = pread(f->fd, chunk, CHUNK, (off_t)at)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(e, ERR_IO, errno, "%s", f->path);
		*ret_ours = scan_chunk(s, (struct str){ chunk, (size_t)n }, at);
		at += (uint64_t)n;
	}
	return true;
}

/* *ret_ours false: something else than our rows stands there. */
static bool count_rows(const struct csv_file *f, struct csv_found *found, bool *ret_ours,
		       struct err *e)
{
	struct scan s = { .found = found };
	bool ok;

	*found = (struct csv_found){ .end = header().n,
				     .counted = true,
				     .first_cycle_ms = CLOCK_NONE,
				     .last_cycle_ms = CLOCK_NONE };
	if (csv_init(&s.parser, CSV_STRICT) != 0)
		abort();
	csv_set_blk_size(&s.parser, CHUNK);
	ok = scan_file(&s, f, ret_ours, e);
	csv_free(&s.parser);
	return ok;
}

/* ---- putting right ---- */

enum beginning {
	BEGINS_EMPTY, /* or with a piece of the header, where its writer was stopped */
	BEGINS_OURS,
	BEGINS_OTHERWISE,
};

static bool look_at_beginning(const struct csv_file *f, enum beginning *ret, struct err *e)
{
	char bytes[HEADER_MAX];
	ssize_t n = pread(f->fd, bytes, header().n, 0);
	struct str begin = { bytes, n > 0 ? (size_t)n : 0 };

	assert(header().n <= sizeof(bytes));

	if (n < 0)
		return err_errno(e, ERR_IO, errno, "%s", f->path);
	*ret = !str_starts(header(), begin) ? BEGINS_OTHERWISE
	       : begin.n < header().n       ? BEGINS_EMPTY
					    : BEGINS_OURS;
	return true;
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
		return err_errno(e, ERR_IO, errno, "%s", f->path);
	return sync_folder_of(f->path, e);
}

/* Does what is committed stand there?  As far as can be told without reading it. */
static bool stands(const struct csv_file *f, uint64_t end, uint64_t size)
{
	char last = '\0';

	return end >= header().n && size >= end && pread(f->fd, &last, 1, (off_t)end - 1) == 1 &&
	       last == '\n';
}

/* Whole rows to the end, of a file that begins with the header. */
static bool put_right(struct csv_file *f, uint64_t end, struct csv_found *found, bool *ret_ours,
		      struct err *e)
{
	struct stat st;

	*ret_ours = true;
	if (fstat(f->fd, &st) != 0)
		return err_errno(e, ERR_IO, errno, "%s", f->path);
	if (stands(f, end, (uint64_t)st.st_size))
		*found = (struct csv_found){ .end = end };
	else if (!count_rows(f, found, ret_ours, e))
		return false;
	if (found->counted && *ret_ours)
		found->cut = (uint64_t)st.st_size - found->end;
	if (*ret_ours && found->end < (uint64_t)st.st_size &&
	    (ftruncate(f->fd, (off_t)found->end) != 0 || fsync(f->fd) != 0))
		return err_errno(e, ERR_IO, errno, "%s", f->path);
	f->end = found->end;
	f->last_end = found->end;
	return true;
}

/* Under the first name that is free. */
static bool move_aside(const char *path, struct arena *a, struct str *ret, struct err *e)
{
	unsigned n = 1;
	struct str name;

	do
		name = arena_printf(a, "%s.aside-%u", path, n++);
	while (access(name.at, F_OK) == 0);
	if (rename(path, name.at) != 0)
		return err_errno(e, ERR_IO, errno, "%s", path);
	*ret = name;
	return true;
}

/* ---- open ---- */

static bool open_path(struct csv_file *f, struct err *e)
{
	/* O_NONBLOCK: a pipe in its place must not be waited for. */
	const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK;
	struct stat st;

	f->fd = open(f->path, flags, 0666);
	if (f->fd < 0 || fstat(f->fd, &st) != 0)
		return err_errno(e, ERR_IO, errno, "%s", f->path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_IO, "%s: not a regular file", f->path);
	return true;
}

/* *ret_ours false: to be moved aside. */
static bool open_ours(struct csv_file *f, uint64_t end, struct csv_found *found, bool *ret_ours,
		      struct err *e)
{
	enum beginning b;

	if (!open_path(f, e) || !look_at_beginning(f, &b, e))
		return false;
	*ret_ours = b != BEGINS_OTHERWISE;
	if (b == BEGINS_OTHERWISE)
		return true;
	return (b == BEGINS_OURS || write_header(f, e)) && put_right(f, end, found, ret_ours, e);
}

static bool open_right(struct csv_file *f, uint64_t end, struct arena *a, struct csv_found *found,
		       struct err *e)
{
	struct str aside = STR_NONE;
	bool ours;

	if (!open_ours(f, end, found, &ours, e))
		return false;
	if (!ours) {
		file_close(&f->fd);
		f->fd = -1;
		if (!move_aside(f->path, a, &aside, e) || !open_ours(f, end, found, &ours, e))
			return false;
	}
	found->aside = aside;
	return ours || err_set(e, ERR_IO, "%s: somebody else writes it, too", f->path);
}

bool csv_open(struct csv_file **ret, struct str path, uint64_t end, struct arena *a,
	      struct csv_found *ret_found, struct err *e)
{
	struct csv_file *f = calloc(1, sizeof(*f) + path.n + 1);
	struct csv_found found;

	if (!f)
		abort();
	f->fd = -1;
	memcpy(f->path, path.at, path.n);
	if (!open_right(f, end, a, &found, e)) {
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
	if (!write_at(f->fd, rows, f->end) || fsync(f->fd) != 0) {
		(void)err_errno(e, ERR_IO, errno, "%s", f->path);
		csv_take_back(f);
		return false;
	}
	f->end += rows.n;
	return true;
}

/* Where it fails, too, the next one who opens it cuts it off: nobody committed it. */
void csv_take_back(struct csv_file *f)
{
	if (ftruncate(f->fd, (off_t)f->last_end) == 0)
		(void)fsync(f->fd);
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
