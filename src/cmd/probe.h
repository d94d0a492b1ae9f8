/*
 * probe: what the settings say of probing, for `assay probe` and `assay check` alike.
 */
#pragma once
#include "cmd/cmd.h"
#include "provider/endpoints.h"

/*
 * The table of endpoints, with the operator's file over it; *ret_path is that file, or NULL where
 * there is none.  ERR_CONFIG, ERR_IO name it.
 */
bool probe_endpoints(const struct settings *s, struct arena *a, const char **ret_path,
		     struct endpoints **ret, struct err *e);
