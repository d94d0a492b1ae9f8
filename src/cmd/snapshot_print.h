/*
 * snapshot_print: a stored state as a line of text, the same in every command.
 */
#pragma once
#include "base/buf.h"
#include "store/past.h"

/* Sixteen digits of the hash: enough to be typed, and to be the only one. */
void snapshot_print_line(struct buf *out, const struct store_snapshot *s);
