/*
 * The endpoint of the settings as a row, of which the whole URL is no part.
 */
#include "base/clock.h"
#include "base/keyprint.h"
#include "base/log.h"
#include "task/announce.h"

#define NAME STR("default")

/* Scheme, host and port: a path, a query or a user may be a key. */
static struct str shown(struct str url, struct arena *a)
{
	const char *begin = memmem(url.at, url.n, "://", 3);
	struct str rest;
	const char *at;
	size_t n = 0;

	if (!begin)
		return STR("…");
	rest = (struct str){ begin + 3, url.n - (size_t)(begin + 3 - url.at) };
	while (n < rest.n && !strchr("/?#", rest.at[n]))
		n++;
	rest.n = n;
	at = rest.n ? memrchr(rest.at, '@', rest.n) : NULL;
	if (at)
		rest = (struct str){ at + 1, rest.n - (size_t)(at + 1 - rest.at) };
	return arena_printf(a, "%.*s://%.*s", (int)(begin - url.at), url.at, STR_FMT(rest));
}

static bool save(struct store *s, struct str url, struct arena *a, int64_t *ret_id, struct err *e)
{
	struct store_endpoint p = {
		.name = NAME,
		.url = shown(url, a),
		.url_print = keyprint_make(url, a),
		.format = STR("cloudevents"),
		.secret_env = STR("ASSAY_WEBHOOK_SECRET"),
		.is_active = true,
	};

	return store_save_endpoint(s, &p, clock_now_ms(), ret_id, e);
}

bool announce_endpoint(struct store *s, struct str url, int64_t *ret_id, struct err *e)
{
	ARENA_AUTO(a);
	struct store_endpoint known;
	bool found;

	if (!store_load_endpoint(s, NAME, &a, &known, &found, e))
		return false;
	if (!found || !keyprint_matches(known.url_print, url))
		return save(s, url, &a, ret_id, e);
	if (!known.is_active)
		log_event(LOG_WARN,
			  "the webhook is switched off since it answered 410: only "
			  "another ASSAY_WEBHOOK_URL is told again",
			  LOG_STR("endpoint", known.url));
	*ret_id = known.is_active ? known.id : 0;
	return true;
}
