#include "net/url.h"

#include <arpa/inet.h>
#include <assert.h>
#include <ctype.h>
#include <curl/curl.h>
#include <stdlib.h>

enum {
	URL_MAX = 64 * 1024,
	REWRITING = 8, /* the slashes that url_wire() may add */
};

void wipe_free(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

void url_release(struct url *u)
{
	wipe_free(u->text);
	free(u->origin);
	free(u->host);
	*u = (struct url){ 0 };
}

static char *copy(const char *text)
{
	char *ours = strdup(text);

	if (!ours)
		abort();
	return ours;
}

void url_copy(struct url *to, const struct url *from)
{
	*to = (struct url){ copy(from->text), copy(from->origin), copy(from->host) };
}

/* A part as a malloc'd string of our own; NULL when the URL has none. */
static char *part(CURLU *parsed, CURLUPart which, unsigned flags)
{
	char *theirs = NULL;
	char *ours = NULL;

	if (curl_url_get(parsed, which, &theirs, flags) == CURLUE_OK) {
		ours = copy(theirs);
		explicit_bzero(theirs, strlen(theirs));
		curl_free(theirs);
	}
	return ours;
}

static bool part_is_there(CURLU *parsed, CURLUPart which)
{
	char *text = part(parsed, which, 0);
	bool there = text != NULL;

	wipe_free(text);
	return there;
}

static char *origin_of(CURLU *parsed, const char *host)
{
	char *scheme = part(parsed, CURLUPART_SCHEME, 0);
	char *port = part(parsed, CURLUPART_PORT, CURLU_DEFAULT_PORT);
	char *origin;

	if (asprintf(&origin, "%s://%s:%s", scheme ? scheme : "", host, port ? port : "") < 0)
		abort();
	for (char *c = origin; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	free(scheme);
	free(port);
	return origin;
}

static bool scheme_is_http(CURLU *parsed)
{
	char *scheme = part(parsed, CURLUPART_SCHEME, 0);
	bool http = scheme && (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);

	free(scheme);
	return http;
}

/* Set the whole URL, or one relative to what is set already. */
static bool set_url(CURLU *parsed, struct str text, unsigned flags, struct err *e)
{
	char *copy;
	CURLUcode rc;

	if (text.n == 0 || text.n > URL_MAX || memchr(text.at, '\0', text.n))
		return err_set(e, ERR_CONFIG, "not a usable URL");
	copy = strndup(text.at, text.n);
	if (!copy)
		abort();
	rc = curl_url_set(parsed, CURLUPART_URL, copy, flags | CURLU_DISALLOW_USER);
	wipe_free(copy);
	if (rc != CURLUE_OK)
		return err_set(e, ERR_CONFIG, "not a usable URL (%s)", curl_url_strerror(rc));
	if (!scheme_is_http(parsed))
		return err_set(e, ERR_CONFIG, "not an http or https URL");
	return true;
}

static CURLU *parser(void)
{
	CURLU *parsed = curl_url();

	if (!parsed)
		abort();
	return parsed;
}

static bool url_from(CURLU *parsed, struct url *ret, struct err *e)
{
	struct url u;

	(void)curl_url_set(parsed, CURLUPART_FRAGMENT, NULL, 0);
	u.text = part(parsed, CURLUPART_URL, CURLU_NO_DEFAULT_PORT);
	u.host = part(parsed, CURLUPART_HOST, 0);
	u.origin = u.host ? origin_of(parsed, u.host) : NULL;
	/* Encoding may have lengthened what set_url() let in. */
	if (!u.text || !u.host || strlen(u.text) > URL_MAX) {
		url_release(&u);
		return err_set(e, ERR_CONFIG, "not a usable URL");
	}
	*ret = u;
	return true;
}

bool url_init(struct url *u, struct str text, struct err *e)
{
	CURLU *parsed = parser();
	bool ok = set_url(parsed, text, 0, e) && url_from(parsed, u, e);

	curl_url_cleanup(parsed);
	return ok;
}

bool url_is_https(const struct url *u)
{
	return str_starts(str_of(u->origin), STR("https://"));
}

bool url_same_origin(const struct url *a, const struct url *b)
{
	return strcmp(a->origin, b->origin) == 0;
}

/* Cut `prefix` off *s when it begins with it. */
static bool take_prefix(struct str *s, struct str prefix)
{
	if (!str_starts(*s, prefix))
		return false;
	s->at += prefix.n;
	s->n -= prefix.n;
	return true;
}

static struct str without_slashes_behind(struct str s)
{
	while (s.n > 0 && s.at[s.n - 1] == '/')
		s.n--;
	return s;
}

/* "https://HOST/PATH" → "HOST", with the port where one is written. */
static struct str authority(const struct url *u)
{
	struct str rest = str_of(u->text);
	struct str head;

	(void)take_prefix(&rest, STR("https://"));
	(void)str_cut(&rest, '/', &head);
	return head;
}

/* UPSTREAM/HOST/PATH → https://HOST/PATH, only for the HOST that was asked. */
static bool back_to_world(const struct url *from, struct str upstream, struct url *target,
			  struct err *e)
{
	struct str host = authority(from);
	struct url base;
	struct str rest = str_of(target->text);
	char *world;
	bool ok;

	if (!url_init(&base, upstream, e))
		return false;
	/* Both went through the same normaliser, so a plain comparison of text does. */
	ok = take_prefix(&rest, without_slashes_behind(str_of(base.text))) &&
	     take_prefix(&rest, STR("/")) && take_prefix(&rest, host) && str_starts(rest, STR("/"));
	url_release(&base);
	if (!ok)
		return err_set(e, ERR_HTTP, "redirect to the upstream itself refused");

	if (asprintf(&world, "https://%.*s%.*s", STR_FMT(host), STR_FMT(rest)) < 0)
		abort();
	url_release(target);
	ok = url_init(target, str_of(world), e);
	wipe_free(world);
	return ok;
}

static bool is_at(const struct url *u, struct str upstream)
{
	struct url base;
	struct err ignored;
	bool same;

	if (str_is_none(upstream) || !url_init(&base, upstream, &ignored))
		return false;
	same = url_same_origin(u, &base);
	url_release(&base);
	return same;
}

static bool resolve(const struct url *from, struct str location, struct url *ret, struct err *e)
{
	CURLU *parsed = parser();
	bool ok = set_url(parsed, str_of(from->text), 0, e) &&
		  set_url(parsed, location, CURLU_URLENCODE | CURLU_ALLOW_SPACE, e) &&
		  url_from(parsed, ret, e);

	curl_url_cleanup(parsed);
	if (!ok) {
		e->kind = ERR_HTTP; /* the peer's words, not our configuration */
		return err_wrap(e, "redirect");
	}
	return true;
}

bool url_follow(const struct url *from, struct str location, struct str upstream, struct url *ret,
		struct err *e)
{
	struct url target = { 0 };

	if (!resolve(from, location, &target, e))
		return false;
	/* Only https goes through the upstream: from elsewhere its address is just an address. */
	if (url_is_https(from) && is_at(&target, upstream) &&
	    !back_to_world(from, upstream, &target, e)) {
		url_release(&target);
		return false;
	}
	if (url_is_https(from) && !url_is_https(&target)) {
		url_release(&target);
		return err_set(e, ERR_HTTP, "redirect from https to http refused");
	}
	*ret = target;
	return true;
}

char *url_wire(const struct url *u, struct str upstream)
{
	struct buf out = BUF_INIT(2 * URL_MAX + REWRITING);

	/* Reserved in one piece: growing would leave unwiped copies behind. */
	(void)buf_reserve(&out, strlen(u->text) + upstream.n + REWRITING);
	fetch_rewrite_url(upstream, str_of(u->text), &out);
	assert(!buf_overflowed(&out) && out.at);
	return out.at;
}

void fetch_rewrite_url(struct str upstream, struct str url, struct buf *out)
{
	struct str scheme = STR("https://");
	size_t end = scheme.n;

	if (str_is_none(upstream) || url.n < scheme.n ||
	    !str_eq_nocase((struct str){ url.at, scheme.n }, scheme)) {
		buf_add_str(out, url);
		return;
	}
	while (end < url.n && !strchr("/?#", url.at[end]))
		end++;
	buf_add_str(out, without_slashes_behind(upstream));
	buf_add_char(out, '/');
	buf_add(out, url.at + scheme.n, end - scheme.n);
	if (end == url.n || url.at[end] != '/')
		buf_add_char(out, '/');
	buf_add(out, url.at + end, url.n - end);
}

static bool host_is_loopback(const char *host)
{
	struct in_addr v4;

	/* libcurl answers "localhost" itself, without asking a resolver (7.77). */
	if (strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
		return true;
	return inet_pton(AF_INET, host, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127;
}

bool url_is_loopback(const struct url *u)
{
	return host_is_loopback(u->host);
}

static bool check_parsed(CURLU *parsed, struct err *e)
{
	char *host;
	char *scheme;
	bool safe;

	if (part_is_there(parsed, CURLUPART_QUERY) || part_is_there(parsed, CURLUPART_FRAGMENT))
		return err_set(e, ERR_CONFIG, "must have no query and no fragment");
	host = part(parsed, CURLUPART_HOST, 0);
	scheme = part(parsed, CURLUPART_SCHEME, 0);
	safe = host && scheme && (strcmp(scheme, "https") == 0 || host_is_loopback(host));
	free(host);
	free(scheme);
	if (!safe)
		return err_set(e, ERR_CONFIG, "http is for loopback only; use https");
	return true;
}

bool fetch_check_upstream(struct str upstream, struct err *e)
{
	CURLU *parsed = parser();
	bool ok = set_url(parsed, upstream, 0, e) && check_parsed(parsed, e);

	curl_url_cleanup(parsed);
	return ok || err_wrap(e, "upstream");
}
