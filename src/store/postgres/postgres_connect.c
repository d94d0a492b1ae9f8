/*
 * postgres_connect: a URL, a connection, and a connection again.
 *
 * What the URL leaves open: 10 s to connect; a peer that does not answer is
 * noticed after a minute, because a lost connection that nobody notices would
 * stop the store thread for hours.  The encoding is ours to say and always UTF-8.
 *
 * libpq quotes what it cannot read, and a password that was put into a URL as it
 * stands can end up as anything there ("u:p@ss:w@h": host "ss", port "w@h").
 * Such URLs are refused in words of our own before libpq sees them.
 */
#include "base/secret.h"
#include "store/postgres/postgres.h"

#include <assert.h>
#include <sys/random.h>
#include <unistd.h>

enum {
	RETRY_FIRST_MS = 100,
	RETRY_LONGEST_MS = 2000,
	RETRY_TOTAL_MS = 10000,
	REJECTED_WITHIN_MS = 3000,
	OPTIONS_MAX = 64,
};

struct postgres_url {
	PQconninfoOption *given; /* what the URL says */
	const char *keywords[OPTIONS_MAX], *values[OPTIONS_MAX];
	int n;
};

/* ---- the URL ---- */

static const char *option(const struct postgres_url *u, const char *keyword)
{
	for (const PQconninfoOption *o = u->given; o->keyword; o++)
		if (strcmp(o->keyword, keyword) == 0)
			return o->val && *o->val ? o->val : NULL;
	return NULL;
}

static void add_option(struct postgres_url *u, const char *keyword, const char *value)
{
	assert(u->n < OPTIONS_MAX - 1);
	u->keywords[u->n] = keyword;
	u->values[u->n++] = value;
}

static const struct {
	const char *keyword, *value;
} defaults[] = {
	{ "fallback_application_name", "assay" },
	{ "connect_timeout", "10" },
	{ "keepalives_idle", "30" },
	{ "keepalives_interval", "10" },
	{ "keepalives_count", "3" },
	{ "tcp_user_timeout", "60000" },
};
enum { DEFAULTS = sizeof(defaults) / sizeof(defaults[0]) };

/* Does the environment (PGCONNECT_TIMEOUT) or a service file say it? */
static bool is_in(const PQconninfoOption *environment, const char *keyword)
{
	for (const PQconninfoOption *o = environment; o && o->keyword; o++)
		if (strcmp(o->keyword, keyword) == 0)
			return o->val && *o->val;
	return false;
}

static void add_options(struct postgres_url *u)
{
	PQconninfoOption *environment = PQconndefaults();

	for (const PQconninfoOption *o = u->given; o->keyword; o++)
		if (o->val && *o->val && strcmp(o->keyword, "client_encoding") != 0)
			add_option(u, o->keyword, o->val);
	for (size_t i = 0; i < DEFAULTS; i++)
		if (!option(u, defaults[i].keyword) && !is_in(environment, defaults[i].keyword))
			add_option(u, defaults[i].keyword, defaults[i].value);
	add_option(u, "client_encoding", "UTF8");
	PQconninfoFree(environment);
}

/* "user:password@host" with an '@', '/' in a password that should be %40, %2F. */
static bool is_unescaped(const char *url)
{
	const char *rest = strstr(url, "//");
	struct str all = str_of(rest ? rest + 2 : url);
	const char *at, *slash;
	struct str head;

	(void)str_cut(&all, '?', &head);
	at = memchr(head.at, '@', head.n);
	if (!at)
		return false;
	slash = memchr(head.at, '/', head.n);
	return memrchr(head.at, '@', head.n) != at || (slash && slash < at);
}

static bool only_has(const char *text, const char *characters)
{
	return !text || text[strspn(text, characters)] == '\0';
}

static bool looks_right(const struct postgres_url *u)
{
	const char *host = option(u, "host");

	return (!host || !strchr(host, '@')) && only_has(option(u, "port"), "0123456789,");
}

static char *print_name(const struct postgres_url *u)
{
	const char *user = option(u, "user"), *port = option(u, "port"), *db = option(u, "dbname");
	const char *host = option(u, "host") ? option(u, "host") : option(u, "hostaddr");
	struct buf out = BUF_INIT(256);

	buf_printf(&out, "postgresql://%s%s", user ? user : "", user ? "@" : "");
	/* The directory of a socket would read as a path. */
	buf_printf(&out, "%s%s%s", host && *host != '/' ? host : "", port ? ":" : "",
		   port ? port : "");
	buf_printf(&out, "%s%s", db ? "/" : "", db ? db : "");
	return out.at;
}

bool postgres_url_read(struct postgres_store *s, const char *url, struct err *e)
{
	struct postgres_url *u = calloc(1, sizeof(*u));
	char *ignored = NULL; /* it may quote a password */

	if (!u)
		abort();
	s->url = u;
	if (!is_unescaped(url))
		u->given = PQconninfoParse(url, &ignored);
	PQfreemem(ignored);
	/* Nothing of it is shown: what is wrong with it may be where the password is. */
	if (!u->given || !looks_right(u))
		return err_set(
			e, ERR_USAGE,
			"the database URL is none that PostgreSQL understands:"
			" postgresql://USER:PASSWORD@HOST/DATABASE?OPTION=VALUE; in a password"
			" @ is written %%40, / %%2F, : %%3A, ? %%3F, %% %%25");
	secret_hide(str_of(option(u, "password")));
	secret_hide(str_of(option(u, "sslpassword")));
	add_options(u);
	s->name = print_name(u);
	return true;
}

void postgres_url_free(struct postgres_url *u)
{
	if (u)
		PQconninfoFree(u->given);
	free(u);
}

/* ---- words ---- */

/* A secret too short for the registry, where it is quoted. */
static void mask_quoted(struct buf *words, const char *secret)
{
	char quoted[SECRET_MIN + 3];
	char *at = words->at;

	if (!secret || !*secret || strlen(secret) >= SECRET_MIN || !at)
		return;
	(void)snprintf(quoted, sizeof(quoted), "\"%s\"", secret);
	for (; (at = strstr(at, quoted)); at++)
		memset(at + 1, '*', strlen(secret));
}

/* Lines become one; those that begin with a tab are advice. */
static void join_lines(struct str words, struct buf *out)
{
	struct str line;
	bool more = true;

	while (more) {
		more = str_cut(&words, '\n', &line);
		if (str_starts(line, STR("\t")) || str_trim(line).n == 0)
			continue;
		if (out->n > 0)
			buf_add(out, "; ", 2);
		buf_add_str(out, str_trim(line));
	}
	for (size_t i = 0; i < out->n; i++)
		if ((unsigned char)out->at[i] < ' ' || out->at[i] == 0x7f)
			out->at[i] = ' ';
}

void postgres_words(const struct postgres_store *s, const char *words, char out[ERR_TEXT_MAX])
{
	BUF_AUTO(line, 65536);

	join_lines(str_of(words), &line);
	mask_quoted(&line, s->conn ? PQpass(s->conn) : NULL);
	secret_mask(&line);
	(void)snprintf(out, ERR_TEXT_MAX, "%s", line.n ? line.at : "no reason was given");
}

/* ---- connecting ---- */

static void ignore_notice(void *arg, const char *message)
{
	(void)arg;
	(void)message;
}

bool postgres_is_alive(const struct postgres_store *s)
{
	return s->conn && PQstatus(s->conn) == CONNECTION_OK;
}

void postgres_disconnect(struct postgres_store *s)
{
	PQfinish(s->conn);
	s->conn = NULL;
	s->writing = s->reading = s->waiting = s->silent = false;
}

static bool connect_once(struct postgres_store *s, struct err *e)
{
	postgres_disconnect(s);
	/*
	 * What the server warns of while a session begins (that its collations are of
	 * another version, say) libpq prints to stderr unless told otherwise, which needs
	 * a connection: so one is begun and, told, begun anew, now with its time-outs.
	 */
	s->conn = PQconnectStartParams(s->url->keywords, s->url->values, 0);
	if (!s->conn)
		abort();
	(void)PQsetNoticeProcessor(s->conn, ignore_notice, NULL);
	PQreset(s->conn);
	/* It may have come from PGPASSWORD or a file. */
	secret_hide(str_of(PQpass(s->conn)));
	if (PQstatus(s->conn) != CONNECTION_OK)
		return postgres_fail(s, NULL, e);
	return PQsetnonblocking(s->conn, 1) == 0 || postgres_fail(s, NULL, e);
}

/* libpq tells no SQLSTATE of a failed connection, but a ping does: 57P03 and nothing else. */
static bool is_starting_up(const struct postgres_store *s)
{
	return PQpingParams(s->url->keywords, s->url->values, 0) == PQPING_REJECT;
}

static uint64_t chance(uint64_t below)
{
	uint64_t n;

	if (getrandom(&n, sizeof(n), 0) != (ssize_t)sizeof(n))
		abort();
	return n % below;
}

/* Sleep, twice as long the next time; false when that would pass the end. */
static bool back_off(uint64_t *wait_ms, uint64_t until_us)
{
	uint64_t ms = *wait_ms / 2 + chance(*wait_ms / 2 + 1);

	if (clock_mono_us() + ms * 1000 > until_us)
		return false;
	(void)usleep((useconds_t)ms * 1000);
	*wait_ms = 2 * *wait_ms < RETRY_LONGEST_MS ? 2 * *wait_ms : RETRY_LONGEST_MS;
	return true;
}

/* A rejection comes at once; what took long is not worth a second try. */
static bool was_quick(uint64_t began_us)
{
	return clock_mono_us() - began_us < REJECTED_WITHIN_MS * 1000ULL;
}

bool postgres_connect(struct postgres_store *s, struct err *e)
{
	uint64_t began_us = clock_mono_us(), until_us = began_us + RETRY_TOTAL_MS * 1000ULL;
	uint64_t wait_ms = RETRY_FIRST_MS;

	while (!connect_once(s, e)) {
		if (!was_quick(began_us) || !is_starting_up(s) || !back_off(&wait_ms, until_us))
			return false;
		began_us = clock_mono_us();
	}
	return true;
}

/* Just now nobody answered for as long as we wait: dozens of providers need not each wait as long. */
static bool gave_up_just_now(const struct postgres_store *s)
{
	return s->gave_up_us != 0 && clock_mono_us() - s->gave_up_us < RETRY_TOTAL_MS * 1000ULL;
}

/* It worked before: whatever is in the way now may pass. */
bool postgres_reconnect(struct postgres_store *s, struct err *e)
{
	uint64_t until_us = clock_mono_us() + (gave_up_just_now(s) ? 0 : RETRY_TOTAL_MS * 1000ULL);
	uint64_t wait_ms = RETRY_FIRST_MS;

	while (!connect_once(s, e)) {
		if (back_off(&wait_ms, until_us))
			continue;
		s->gave_up_us = clock_mono_us();
		return err_wrap(e, "the connection was lost and could not be made again");
	}
	s->gave_up_us = 0;
	return true;
}
