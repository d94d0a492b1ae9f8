#include "task/auth.h"

struct str auth_value(const struct descriptor *d, struct str key, struct arena *a)
{
	switch (d->auth) {
	case AUTH_BEARER:
	case AUTH_GOOGLE:
		return arena_printf(a, "Bearer %.*s", STR_FMT(key));
	case AUTH_SCHEME:
		return arena_printf(a, "%.*s %.*s", STR_FMT(d->auth_name), STR_FMT(key));
	case AUTH_HEADER:
	case AUTH_QUERY:
	case AUTH_NONE:
		break;
	}
	return arena_str(a, key);
}

struct fetch_header auth_header(const struct descriptor *d, struct str key, struct arena *a)
{
	return (struct fetch_header){
		.name = d->auth == AUTH_HEADER ? d->auth_name : STR("Authorization"),
		.value = auth_value(d, key, a),
		.secret = true,
	};
}
