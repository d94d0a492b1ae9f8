/*
 * push_join: a batch added to what a file of the dataset holds already.  Blocks: for the pool.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"

struct push_join {
	struct str batch; /* path of the file: header and rows */
	struct str head;  /* the dataset's file, or absent: there is none */
	struct str out;   /* path of the file to write */
	uint64_t max;     /* bytes that it may have */

	bool there; /* answered: `head` has these rows already, nothing was written */
};

/* ERR_IO names a path; ERR_DATA: other columns; ERR_LIMIT: it would be larger than that. */
bool push_join(struct push_join *j, struct err *e);
/* The header line of a CSV file, with its end. */
bool push_header(struct str path, struct arena *a, struct str *ret, struct err *e);
