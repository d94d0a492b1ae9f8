/* SPDX-License-Identifier: MIT */
/*
 * hostile: rows that no honest provider sends, in the shape of any of them.
 *
 * Each part is one kind of malice and can be asked for alone, because some of them (broken UTF-8,
 * absurd depth) spoil the whole document for a strict parser and would hide the others.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "wire.h"

bool hostile_known(const char *part);
/* Appends the rows of one part (NULL = all), comma separated; the number of rows. */
size_t hostile_write(struct buf *out, const struct dialect *d, const char *part);
/* {"part":["id",…],…}: the ids of the bad rows; a row without id is listed as null. */
void hostile_list(struct buf *out, const char *part);
