/*
 * cell: cells of CSV as RFC 4180 has them: CRLF ends a row, quotes only where they are needed.
 *
 * A cell that a spreadsheet would run as a formula stays what it is: it is data for programs.
 */
#pragma once
#include "base/buf.h"

/* Absent: an empty cell.  The last one ends its row. */
void cell_add(struct buf *out, struct str s, bool last);
