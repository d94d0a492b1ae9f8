/*
 * file: small files read whole.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"

/* At most `max` bytes (ERR_LIMIT beyond); a NUL stands behind them, not counted.
 * ERR_IO names the path and the reason. */
bool file_read(const char *path, size_t max, struct arena *a, struct str *ret, struct err *e);
