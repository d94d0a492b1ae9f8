/*
 * query: the part of a URL behind its '?', as text.
 *
 * Not a parser of URLs (net/url.h): it puts one parameter where it belongs.
 */
#pragma once
#include "base/arena.h"

/* Every byte but the unreserved ones (RFC 3986) as %XX. */
struct str query_encoded(struct str s, struct arena *a);

/*
 * `url` with `name` set to `value`, which is encoded: in the place where the
 * parameter stands, else behind the last one.  Further ones of that name go, and
 * so does a fragment.
 */
struct str query_set(struct str url, struct str name, struct str value, struct arena *a);
/* The same with a value that is encoded already. */
struct str query_put(struct str url, struct str name, struct str encoded, struct arena *a);
