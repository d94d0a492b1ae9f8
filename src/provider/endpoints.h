/*
 * endpoints: where a provider of Hugging Face's router is asked for a chat.
 *
 * A table name → URL, "{providerId}" allowed in it, built in (data/endpoints.json) and laid
 * over entry by entry by the operator's file; null takes an entry out.  doc/probing.md says
 * where each path comes from.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct endpoints;

/*
 * `file`: the operator's JSON, or absent; `origin` names it in errors.  ERR_CONFIG names the
 * entry: a URL is https, or http toward loopback, of printable ASCII without user-info, and
 * its only brace is that of {providerId}.
 */
bool endpoints_parse(struct str file, const char *origin, struct arena *a, struct endpoints **ret,
		     struct err *e);
/*
 * Absent: nobody says where, or the id would lead elsewhere (a step up in the path).
 * providerId is put in with its slashes, what no path may hold as %XX.
 */
struct str endpoints_url(const struct endpoints *m, struct str provider, struct str provider_id,
			 struct arena *a);

/* For tests and people: how many there are, and each of them, ascending by name. */
struct endpoint {
	struct str name, url;
};
size_t endpoints_list(const struct endpoints *m, const struct endpoint **ret);
