#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

void file_close(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

bool file_open(const char *path, int *ret_fd, uint64_t *ret_size, struct err *e)
{
	/* O_NONBLOCK: opening a pipe must not wait for its other end. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		(void)err_errno(e, ERR_IO, errno, "%s", path);
	else if (!S_ISREG(st.st_mode))
		(void)err_set(e, ERR_IO, "%s: not a regular file", path);
	else {
		*ret_fd = fd;
		*ret_size = (uint64_t)st.st_size;
		return true;
	}
	file_close(&fd);
	return false;
}

bool file_read_some(int fd, char *to, size_t n, size_t *ret_n)
{
	size_t got = 0;

	while (got < n) {
		ssize_t r = read(fd, to + got, n - got);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return false;
		if (r == 0)
			break;
		got += (size_t)r;
	}
	*ret_n = got;
	return true;
}

bool file_read(const char *path, size_t max, struct arena *a, struct str *ret, struct err *e)
{
	int fd __attribute__((cleanup(file_close))) = -1;
	uint64_t size;
	size_t n;
	char *at;

	if (!file_open(path, &fd, &size, e))
		return false;
	if (size > max)
		return err_set(e, ERR_LIMIT, "%s: larger than %zu bytes", path, max);
	at = arena_alloc(a, (size_t)size + 1);
	if (!file_read_some(fd, at, (size_t)size, &n))
		return err_errno(e, ERR_IO, errno, "%s", path);
	at[n] = '\0';
	*ret = (struct str){ at, n };
	return true;
}

/* ---- writing ---- */

/* Each directory of the path that is not there. */
static bool make_dirs(const char *dir, struct err *e)
{
	ARENA_AUTO(a);
	char *path = arena_cstr(&a, str_of(dir));

	for (char *at = path + 1; *path; at++) {
		char was = *at;

		if (was != '/' && was != '\0')
			continue;
		*at = '\0';
		if (mkdir(path, 0777) != 0 && errno != EEXIST)
			return err_errno(e, ERR_IO, errno, "%s", path);
		*at = was;
		if (was == '\0')
			return true;
	}
	return true;
}

static bool write_all(int fd, struct str bytes)
{
	while (bytes.n > 0) {
		ssize_t w = write(fd, bytes.at, bytes.n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return false;
		bytes = (struct str){ bytes.at + w, bytes.n - (size_t)w };
	}
	return true;
}

/* A rename is on the disk when its directory is. */
static bool sync_dir(const char *dir, struct err *e)
{
	int fd __attribute__((cleanup(file_close))) = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return (fd >= 0 && fsync(fd) == 0) || err_errno(e, ERR_IO, errno, "%s", dir);
}

bool file_draft_begin(struct file_draft *d, const char *dir, const char *name, struct arena *a,
		      struct err *e)
{
	const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;

	*d = (struct file_draft){
		.dir = arena_str(a, str_of(dir)),
		.path = arena_printf(a, "%s/%s", dir, name),
		.growing = arena_printf(a, "%s/.%s.%ld", dir, name, (long)getpid()),
	};
	d->fd = open(d->growing.at, flags, 0666);
	return d->fd >= 0 || err_errno(e, ERR_IO, errno, "%s", d->growing.at);
}

bool file_draft_add(struct file_draft *d, struct str bytes, struct err *e)
{
	return write_all(d->fd, bytes) || err_errno(e, ERR_IO, errno, "%s", d->growing.at);
}

bool file_draft_keep(struct file_draft *d, struct err *e)
{
	if (fsync(d->fd) != 0)
		return err_errno(e, ERR_IO, errno, "%s", d->growing.at);
	if (rename(d->growing.at, d->path.at) != 0)
		return err_errno(e, ERR_IO, errno, "%s", d->path.at);
	file_close(&d->fd);
	d->fd = -1;
	return sync_dir(d->dir.at, e);
}

void file_draft_drop(struct file_draft *d)
{
	if (d->fd < 0)
		return;
	file_close(&d->fd);
	d->fd = -1;
	(void)unlink(d->growing.at);
}

bool file_write(const char *dir, const char *name, struct str bytes, struct err *e)
{
	struct file_draft draft = { .fd = -1 };
	ARENA_AUTO(a);
	bool ok = make_dirs(dir, e) && file_draft_begin(&draft, dir, name, &a, e) &&
		  file_draft_add(&draft, bytes, e) && file_draft_keep(&draft, e);

	file_draft_drop(&draft);
	return ok;
}
