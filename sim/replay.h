/* SPDX-License-Identifier: MIT */
/*
 * replay: recorded documents from a directory, DIR/HOST/PATH[@QUERY].json.
 *
 * A document answers exactly its path and query.  Names that lead out of the directory ("..",
 * symbolic links) do not exist.
 */
#pragma once
#include <stdbool.h>

#include "buf.h"

enum { REPLAY_BYTES_MAX = 256 * 1024 * 1024 };

/* NULL when there is no such document. */
struct blob *replay_load(const char *dir, const char *path, const char *query);
bool replay_is_dir(const char *dir);
