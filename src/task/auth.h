/*
 * auth: how a provider wants its key shown.
 */
#pragma once
#include "net/fetch.h"
#include "provider/descriptor.h"

/* What stands for the key in a header, a query or, of a service account, for its token. */
struct str auth_value(const struct descriptor *d, struct str key, struct arena *a);
/* The header line; not for AUTH_NONE and AUTH_QUERY. */
struct fetch_header auth_header(const struct descriptor *d, struct str key, struct arena *a);
