#include "conf/settings_parts.h"

#include "base/secret.h"

bool settings_is_secret(struct str name)
{
	static const char *const endings[] = { "_API_KEY", "_TOKEN", "_SECRET", "_ACCESS_KEY" };

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		if (str_ends(name, str_of(endings[i])))
			return true;
	}
	return false;
}

static bool hide_variable(struct settings *s, struct str name, struct str value, struct err *e)
{
	(void)s;
	(void)e;
	if (settings_is_secret(name))
		secret_hide(str_trim(value));
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static struct str percent_decoded(struct arena *a, struct str s)
{
	char *out = arena_alloc(a, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		int high = s.at[i] == '%' && i + 2 < s.n ? hex_digit(s.at[i + 1]) : -1;
		int low = high >= 0 ? hex_digit(s.at[i + 2]) : -1;

		out[n++] = low < 0 ? s.at[i] : (char)(high * 16 + low);
		i += low < 0 ? 0 : 2;
	}
	return (struct str){ out, n };
}

static void hide_both(struct arena *a, struct str secret)
{
	secret_hide(secret);
	secret_hide(percent_decoded(a, secret));
}

/* Of "USER:PASSWORD@…" the password: up to the last '@', which passwords may contain. */
static void hide_user_info(struct arena *a, struct str authority)
{
	const char *at = authority.n ? memrchr(authority.at, '@', authority.n) : NULL;
	struct str password;
	struct str user;

	if (!at)
		return;
	password = (struct str){ authority.at, (size_t)(at - authority.at) };
	if (str_cut(&password, ':', &user))
		hide_both(a, password);
}

static void hide_query(struct arena *a, struct str query)
{
	struct str value;
	struct str name;

	while (query.n > 0) {
		(void)str_cut(&query, '&', &value);
		if (str_cut(&value, '=', &name) && str_ends(name, STR("password")))
			hide_both(a, value);
	}
}

/*
 * The password of a URL.  An unescaped '/' or '?' in it makes the URL invalid but
 * the password no less secret, so the longest reading is hidden as well.
 */
static void hide_password(struct arena *a, struct str url)
{
	const char *start = memmem(url.at, url.n, "://", 3);
	struct str rest;
	struct str authority;
	struct str query;

	if (!start)
		return;
	rest = (struct str){ start + 3, url.n - (size_t)(start + 3 - url.at) };
	hide_user_info(a, rest);
	query = rest;
	(void)str_cut(&query, '?', &rest);
	hide_query(a, query);
	(void)str_cut(&rest, '/', &authority);
	hide_user_info(a, authority);
}

/* The URL whole, and what stands behind its host where that is long enough to be a key. */
static void hide_webhook(struct arena *a, struct str url)
{
	enum { LIKE_A_KEY = 12 };
	const char *host = memmem(url.at, url.n, "://", 3);
	struct str rest = STR_NONE;

	for (size_t i = host ? (size_t)(host + 3 - url.at) : url.n; i < url.n; i++) {
		if (!strchr("/?#", url.at[i]))
			continue;
		rest = (struct str){ url.at + i + 1, url.n - i - 1 };
		break;
	}
	hide_password(a, url);
	if (rest.n)
		secret_hide(url);
	if (rest.n >= LIKE_A_KEY)
		hide_both(a, rest);
}

/* Of "whsec_BASE64" the base64 alone is as good. */
static void hide_encoded(struct str secret)
{
	if (str_starts(secret, STR("whsec_")))
		secret_hide((struct str){ secret.at + 6, secret.n - 6 });
}

bool settings_hide(struct settings *s, struct err *e)
{
	enum setting_origin origin;
	struct str url = settings_lookup(s, STR("DATABASE_URL"), &origin);

	if (url.n > 0)
		hide_password(&s->arena, url);
	url = str_trim(settings_lookup(s, STR("ASSAY_WEBHOOK_URL"), &origin));
	if (url.n > 0)
		hide_webhook(&s->arena, url);
	for (size_t i = 0; i < settings_table_n; i++)
		if (settings_table[i].type == SETTING_SECRET)
			hide_encoded(str_trim(
				settings_lookup(s, str_of(settings_table[i].name), &origin)));
	return settings_each(s, hide_variable, e);
}
