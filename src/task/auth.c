#include "task/auth.h"

static struct str value_of(enum auth_form form, struct str name, struct str key, struct arena *a)
{
	switch (form) {
	case AUTH_BEARER:
	case AUTH_GOOGLE:
		return arena_printf(a, "Bearer %.*s", STR_FMT(key));
	case AUTH_SCHEME:
		return arena_printf(a, "%.*s %.*s", STR_FMT(name), STR_FMT(key));
	case AUTH_HEADER:
	case AUTH_QUERY:
	case AUTH_NONE:
		break;
	}
	return arena_str(a, key);
}

struct fetch_header auth_header(enum auth_form form, struct str name, struct str key,
				struct arena *a)
{
	return (struct fetch_header){
		.name = form == AUTH_HEADER ? name : STR("Authorization"),
		.value = value_of(form, name, key, a),
		.secret = true,
	};
}
