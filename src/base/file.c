#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void fd_close(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static bool read_all(int fd, char *at, size_t n, size_t *ret_n)
{
	size_t got = 0;

	while (got < n) {
		ssize_t r = read(fd, at + got, n - got);

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
	/* O_NONBLOCK: opening a pipe must not wait for its other end. */
	const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
	int fd __attribute__((cleanup(fd_close))) = open(path, flags);
	struct stat st;
	size_t n;
	char *at;

	if (fd < 0 || fstat(fd, &st) != 0)
		return err_errno(e, ERR_IO, errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_IO, "%s: not a regular file", path);
	if ((uint64_t)st.st_size > max)
		return err_set(e, ERR_LIMIT, "%s: larger than %zu bytes", path, max);
	at = arena_alloc(a, (size_t)st.st_size + 1);
	if (!read_all(fd, at, (size_t)st.st_size, &n))
		return err_errno(e, ERR_IO, errno, "%s", path);
	at[n] = '\0';
	*ret = (struct str){ at, n };
	return true;
}
