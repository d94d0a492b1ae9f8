/*
 * snapshot_read: a state out of its canonical text (core/snapshot.h).
 *
 * Strict: what is read prints the same bytes again, so that the text's SHA-256 is the
 * state's name.  A file that somebody formatted, sorted or cut is refused.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "core/model.h"

/*
 * Everything is copied into the arena.  What the text does not hold (raw tokens, units,
 * validity, description …) is absent.  ERR_PARSE for what is no JSON, ERR_DATA for another
 * text than ours, each naming the model or the line.
 */
bool snapshot_read(struct str text, struct arena *a, struct catalog *ret, struct err *e);
