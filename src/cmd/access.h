/*
 * access: with what the settings let a provider be asked.
 */
#pragma once
#include "cmd/cmd.h"
#include "task/sync.h"

/*
 * *ret_missing: the first variable of the environment that is needed and not set, or
 * NULL.  What there is is in *ret all the same.  ERR_USAGE for a value that may not
 * stand in a URL; the sentence names its variable and not the value.
 */
bool access_find(const struct cmd_context *c, const struct descriptor *d, struct sync_access *ret,
		 const char **ret_missing, struct err *e);
/* The variable of a key that is needed, not of something else. */
bool access_is_key(const struct descriptor *d, const char *missing);
