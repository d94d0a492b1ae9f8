/*
 * file: small files read and written whole, and large ones read in pieces.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"

/* At most `max` bytes (ERR_LIMIT beyond); a NUL stands behind them, not counted.
 * ERR_IO names the path and the reason. */
bool file_read(const char *path, size_t max, struct arena *a, struct str *ret, struct err *e);

/* A regular file, opened for reading: the caller closes *ret_fd.  ERR_IO names the path and the reason. */
bool file_open(const char *path, int *ret_fd, uint64_t *ret_size, struct err *e);
/* As many bytes as there still are, at most `n`; false with errno. */
bool file_read_some(int fd, char *to, size_t n, size_t *ret_n);
/* For __attribute__((cleanup)); -1 is fine. */
void file_close(const int *fd);

/*
 * A file that is written bit by bit: it grows under another name in its directory until it lies on the disk, so
 * that it is there as a whole or not at all.  A file of that name is replaced.  ERR_IO names the path and the
 * reason; after one there is only file_draft_drop().  Blocks as long as the disk does.
 */
struct file_draft {
	struct str dir, path, growing;
	int fd;
};
/* Strings in the arena. */
bool file_draft_begin(struct file_draft *d, const char *dir, const char *name, struct arena *a,
		      struct err *e);
bool file_draft_add(struct file_draft *d, struct str bytes, struct err *e);
bool file_draft_keep(struct file_draft *d, struct err *e);
void file_draft_drop(struct file_draft *d); /* kept: nothing */

/* DIR/NAME at once.  DIR and what is above it are made where they are missing. */
bool file_write(const char *dir, const char *name, struct str bytes, struct err *e);
