#include "conf/settings_parts.h"

static bool is_placeholder(struct str key)
{
	return str_eq_nocase(key, STR("your-secret-admin-key-here")) ||
	       str_eq_nocase(key, STR("your-admin-key"));
}

static bool is_unexpanded(struct str key)
{
	return memmem(key.at, key.n, "$(", 2) || memmem(key.at, key.n, "${", 2) ||
	       memchr(key.at, '`', key.n);
}

static bool differs_from_admin_key(struct settings *s, struct str name, struct str value,
				   struct err *e)
{
	if (str_eq(name, STR("ADMIN_API_KEY")) || !settings_is_secret(name) ||
	    !str_eq(str_trim(value), s->admin_api_key))
		return true;
	return err_set(e, ERR_USAGE,
		       "ADMIN_API_KEY equals %s: a key of its own is needed (openssl rand -hex 32)",
		       err_quote(name.at, name.n));
}

bool settings_check_admin_key(struct settings *s, struct err *e)
{
	struct str key = s->admin_api_key;

	if (str_is_none(key))
		return true;
	if (is_placeholder(key))
		return err_set(e, ERR_USAGE,
			       "ADMIN_API_KEY is the placeholder of the documentation: expected a "
			       "key of your own (openssl rand -hex 32)");
	if (is_unexpanded(key))
		return err_set(e, ERR_USAGE,
			       "ADMIN_API_KEY is a shell command that nothing expanded: expected "
			       "the output of openssl rand -hex 32 itself");
	if (key.n < 16)
		return err_set(e, ERR_USAGE,
			       "ADMIN_API_KEY is shorter than 16 characters: expected a random key "
			       "(openssl rand -hex 32)");
	return settings_each(s, differs_from_admin_key, e);
}
