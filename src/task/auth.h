/*
 * auth: how a provider wants its key shown.
 */
#pragma once
#include "net/fetch.h"
#include "provider/descriptor.h"

/*
 * The header line that shows it, or a service account's token; `name` of the header or scheme.  Of a
 * key that goes into the query (AUTH_QUERY) the value alone is meant.
 */
struct fetch_header auth_header(enum auth_form form, struct str name, struct str key,
				struct arena *a);
