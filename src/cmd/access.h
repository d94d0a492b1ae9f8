/*
 * access: with what the settings let a provider be asked.
 */
#pragma once
#include "cmd/cmd.h"
#include "task/syncer.h"

/*
 * *ret_missing: the first variable of the environment that is needed and not set, or
 * NULL.  What there is is in *ret all the same.  ERR_USAGE for a value that may not
 * stand in a URL; the sentence names its variable and not the value.
 */
bool access_find(const struct cmd_context *c, const struct descriptor *d, struct sync_access *ret,
		 const char **ret_missing, struct err *e);
/* The same for several, in the command's arena. */
bool access_find_all(const struct cmd_context *c, const struct descriptor *const *providers,
		     size_t n, struct syncer_access **ret, struct err *e);
/* Of every provider, in the registry's order. */
bool access_find_known(const struct cmd_context *c, struct syncer_access **ret, struct err *e);
/* "API key not configured: set VARIABLE", of one that lacks it. */
struct str access_lack(const struct syncer_access *a, struct arena *arena);
