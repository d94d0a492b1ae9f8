/*
 * hub_file: a file on its way to the Hub, read where it lies.  Blocks: for the pool.
 */
#pragma once
#include "net/hub.h"
#include "net/hub_wire.h"

/* Its size, sample and names; a file is read once through, never held.  ERR_IO names it. */
bool hub_file_describe(const struct hub_file *file, struct arena *a, struct hub_entry *ret,
		       struct err *e);
/* All of it; ERR_IO when it is not as long as it was. */
bool hub_file_read(const struct hub_file *file, const struct hub_entry *entry, struct arena *a,
		   struct str *ret, struct err *e);
