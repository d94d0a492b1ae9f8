/*
 * csv_scan: what stands in a file of rows, whoever wrote it.
 *
 * The header is ours however RFC 4180 lets it be written: names bare or in quotes, LF or CRLF at its end, a byte
 * order mark before it.  Rows are read by libcsv to the letter of that standard (spaces belong to a cell).  What
 * is written otherwise than we do (CRLF, blank lines, such a header) can be written anew, cell for cell.
 *
 * Of csv_file alone.  Not here: whose rows they are, and what becomes of the rest.
 */
#pragma once
#include "base/err.h"
#include "base/file.h"

#include <stdint.h>

enum csv_beginning {
	CSV_BEGINS_EMPTY, /* or with a piece of our header, where its writer was stopped */
	CSV_BEGINS_OURS,
	CSV_BEGINS_OTHERWISE,
};
struct csv_head {
	enum csv_beginning begins;
	uint64_t end; /* ours: where rows begin */
	bool tidy;    /* ours: to the byte */
};
/* False with errno. */
bool csv_look(int fd, struct csv_head *ret);

struct csv_rows {
	uint64_t end, rows; /* of the whole rows from the header on */
	bool met;           /* one of them, or the header, ends at `known` */
	bool foreign;       /* behind them stands what is none of ours */
	bool tidy;          /* all of them end as ours do, nothing stands between them */
	int64_t first_cycle_ms, last_cycle_ms; /* CLOCK_NONE: no rows */
};
/* False with errno. */
bool csv_count(int fd, const struct csv_head *head, uint64_t known, struct csv_rows *ret);

/* Our header and those rows as we write them: a row that is written so already stays as it is. */
bool csv_write_anew(int fd, const struct csv_head *head, uint64_t end, struct file_draft *to,
		    struct err *e);
