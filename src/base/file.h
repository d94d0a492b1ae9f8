/*
 * file: small files read and written whole.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"

/* At most `max` bytes (ERR_LIMIT beyond); a NUL stands behind them, not counted.
 * ERR_IO names the path and the reason. */
bool file_read(const char *path, size_t max, struct arena *a, struct str *ret, struct err *e);

/*
 * DIR/NAME, all of it or nothing: another name in DIR until it lies on the disk.  DIR and
 * what is above it are made where they are missing.  A file of that name is replaced.
 * ERR_IO names the path and the reason.  Blocks as long as the disk does.
 */
bool file_write(const char *dir, const char *name, struct str bytes, struct err *e);
