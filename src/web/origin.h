/*
 * origin: which names we answer to, and which pages may make their reader's browser ask us.
 *
 * A page of evil.example whose name suddenly means 127.0.0.1 (DNS rebinding) asks with "Host: evil.example": such a
 * name is not ours.  A page that posts to us says so in Origin.  Pure.
 */
#pragma once
#include "base/str.h"

struct origin_rules {
	struct str listened; /* the host of --listen, as written there */
	struct str
		hosts; /* further names and addresses, comma-separated, no port is compared; "*": any */
	struct str cors;  /* "*", origins, comma-separated, or absent */
	bool any_address; /* any IP literal: we listen on more than loopback */
};

/* What `hosts` and `cors` may be: nothing that would never match, such as an origin with a path. */
bool origin_hosts_fit(struct str hosts);
bool origin_cors_fits(struct str cors);

/* "name", "name:80", "127.0.0.1:80", "[::1]:80" */
bool origin_host_ok(const struct origin_rules *r, struct str host);
/* May a request with this Origin change something?  Absent: yes, no browser sent it. */
bool origin_may_change(const struct origin_rules *r, struct str origin, struct str host);
/* May its page read what is public?  (CORS) */
bool origin_may_read(const struct origin_rules *r, struct str origin);
