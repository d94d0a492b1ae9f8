/*
 * push: what the settings say of pushing, for `assay push` and a running `assay probe` alike.
 */
#pragma once
#include "cmd/cmd.h"
#include "task/push.h"

/*
 * *ret_missing: the first variable that is needed and not set, or NULL; *ret is filled in all the
 * same, as far as it goes, and good as long as the settings.  ERR_USAGE for what is set and is no
 * token, dataset or path; the sentence names its variable.
 */
bool push_settings(const struct settings *s, struct push_conf *ret, const char **ret_missing,
		   struct err *e);
