#include "conf/settings.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/secret.h"
#include "core/decimal.h"

#include <inttypes.h>

/* ---- the table ---- */

static const char *const database_schemes[] = { "sqlite:", "postgresql://", "postgres://", NULL };
static const char *const web_schemes[] = { "https://", "http://", NULL };
/* Here a '/' at the end is part of it. */
static const char *const webhook_schemes[] = { "https://", "http://", NULL };

/* In the order of enum prompt_kind. */
static const char *const prompt_words[] = { "arithmetic", "random-arithmetic", NULL };
/* In that of enum probe_targets. */
static const char *const target_words[] = { "trending", "catalog", "both", NULL };

#define AT(member)           .offset = offsetof(struct settings, member)
#define RANGE(low, high, of) .min = (low), .max = (high), .unit = (of)

const struct setting settings_table[] = {
	{ "DATABASE_URL", SETTING_URL, AT(database_url), "sqlite:assay.db",
	  "the database: sqlite:PATH or postgresql://USER:PASSWORD@HOST/NAME", "every command",
	  SETTING_HIDDEN | SETTING_AT_START, .schemes = database_schemes },
	{ "LOG_LEVEL", SETTING_LEVEL, AT(log_level), "info",
	  "least level that is logged: trace, debug, info, warn, error, fatal, silent",
	  "every command", SETTING_AT_START },
	{ "ASSAY_ENV_FILE", SETTING_PATH, AT(env_file), ".env",
	  "file to read settings from (named by the real environment only)", "every command",
	  SETTING_ENV_ONLY },
	{ "ASSAY_NOW", SETTING_INSTANT, AT(now_ms), NULL,
	  "freezes the wall clock of a command, RFC 3339: replays recorded history; +3d: the clock "
	  "runs, three days ahead",
	  "every command", SETTING_AT_START },

	{ "ASSAY_UPSTREAM", SETTING_URL, AT(upstream), NULL,
	  "a simulator or mirror that stands for the world: https://HOST/PATH is fetched from "
	  "UPSTREAM/HOST/PATH",
	  "sync", .schemes = web_schemes },
	{ "ASSAY_PROVIDERS_DIR", SETTING_PATH, AT(providers_dir), NULL,
	  "directory of SLUG.json descriptors that add to or override the built-in ones", "sync" },
	{ "ASSAY_ALIASES", SETTING_PATH, AT(aliases), NULL,
	  "JSON object of other spellings of models: \"PROVIDER:ID\" or \"ID\" to canonical id or "
	  "null",
	  "sync" },
	{ "ASSAY_CACHE_DIR", SETTING_PATH, AT(cache_dir), NULL,
	  "directory that gets models_HASH.json per snapshot, as --cache-dir", "sync" },
	{ "ASSAY_EXEC_ON_CHANGE", SETTING_STRING, AT(exec_on_change), NULL,
	  "command to run per changed provider, with {hash} and {prev_hash}, as --exec-on-change",
	  "sync" },
	{ "ASSAY_HOOK_TIMEOUT_SECONDS", SETTING_DURATION, AT(hook_timeout_ms), "60",
	  "time that such a command may take before it is killed with all that it started", "sync",
	  RANGE(1, 3600, "seconds") },
	{ "ASSAY_WEBHOOK_URL", SETTING_URL, AT(webhook_url), NULL,
	  "where changes are posted to, signed; what a webhook may be is told by doc/notices.md",
	  "sync", SETTING_HIDDEN, .schemes = webhook_schemes },
	{ "ASSAY_WEBHOOK_SECRET", SETTING_SECRET, AT(webhook_secret), NULL,
	  "what they are signed with: whsec_BASE64, or any text; needed with ASSAY_WEBHOOK_URL",
	  "sync", SETTING_HIDDEN },
	{ "ASSAY_WEBHOOK_ALLOW_PRIVATE", SETTING_SWITCH, AT(webhook_allow_private), "no",
	  "yes: the webhook may have an address of this machine or of a private network", "sync" },
	{ "ASSAY_CONNECT_TIMEOUT_SECONDS", SETTING_DURATION, AT(connect_timeout_ms), "10",
	  "time to connect to a provider, TLS included", "sync", RANGE(1, 600, "seconds") },
	{ "ASSAY_TIMEOUT_SECONDS", SETTING_DURATION, AT(timeout_ms), "120",
	  "time for one attempt to fetch a document", "sync", RANGE(1, 3600, "seconds") },
	{ "ASSAY_STALL_SECONDS", SETTING_DURATION, AT(stall_ms), "30",
	  "time without a byte after which a transfer is given up", "sync",
	  RANGE(1, 3600, "seconds") },
	{ "ASSAY_BODY_MAX_MIB", SETTING_INTEGER, AT(body_max_mib), "256",
	  "largest document that is accepted", "sync", RANGE(1, 4096, "MiB") },
	{ "ASSAY_RETRIES", SETTING_INTEGER, AT(retries), "2",
	  "attempts after the first on network errors, 429 and 5xx", "sync",
	  RANGE(0, 10, "attempts") },
	{ "ASSAY_LEASE_WAIT_SECONDS", SETTING_DURATION, AT(lease_wait_ms), "120",
	  "time to wait for another process that is syncing the same provider", "sync",
	  RANGE(0, 3600, "seconds") },
	{ "ASSAY_ACCEPT_AFTER_FETCHES", SETTING_INTEGER, AT(accept_after_fetches), "3",
	  "later complete fetches that repeat a held price before it is accepted by itself", "sync",
	  RANGE(1, 1000, "fetches") },
	{ "ASSAY_RETRY_DELAY_MS", SETTING_DURATION, AT(retry_delay_ms), "1000",
	  "wait before the first retry, doubled before each further one", "sync",
	  RANGE(0, 60000, "milliseconds") },
	{ "ASSAY_REMOVED_AFTER_FETCHES", SETTING_INTEGER, AT(removed_after_fetches), "3",
	  "complete fetches without a model, at least, before it counts as removed", "sync",
	  RANGE(1, 1000, "fetches") },
	{ "ASSAY_REMOVED_AFTER_HOURS", SETTING_DURATION, AT(removed_after_ms), "73",
	  "time without a model, at least, before it counts as removed", "sync",
	  RANGE(0, 8760, "hours") },
	{ "ASSAY_INCIDENT_AFTER_HOURS", SETTING_DURATION, AT(incident_after_ms), "168",
	  "the same for a model that went missing together with many others", "sync",
	  RANGE(0, 8760, "hours") },

	{ "ADMIN_API_KEY", SETTING_SECRET, AT(admin_api_key), NULL,
	  "bearer key of the admin API, at least 16 characters (openssl rand -hex 32); without it "
	  "admin routes answer 503",
	  "serve", SETTING_HIDDEN },
	{ "ASSAY_CORS_ORIGIN", SETTING_STRING, AT(cors_origin), NULL,
	  "origin whose pages may read the API from a browser, such as https://example.org, or * "
	  "for any",
	  "serve", SETTING_AT_START },
	{ "ASSAY_EXPIRE_SECONDS", SETTING_DURATION, AT(expire_ms), "3600",
	  "time between two looks at what is too old to be kept", "serve", SETTING_AT_START,
	  RANGE(1, 604800, "seconds") },
	{ "ASSAY_HOSTS", SETTING_STRING, AT(hosts), NULL,
	  "names, with commas, that requests may call this service by besides those it listens on; "
	  "* for any",
	  "serve", SETTING_AT_START },
	{ "ASSAY_HTTP_ADMIN_FAILURES", SETTING_INTEGER, AT(http_admin_failures), "10",
	  "wrong admin keys from one address before its next wrong ones are made to wait", "serve",
	  SETTING_AT_START, RANGE(1, 1000000, "failures") },
	{ "ASSAY_HTTP_BODY_MAX_KIB", SETTING_INTEGER, AT(http_body_max_kib), "1024",
	  "largest body of a request", "serve", SETTING_AT_START, RANGE(1, 1048576, "KiB") },
	{ "ASSAY_HTTP_BODY_TIMEOUT_MS", SETTING_DURATION, AT(http_body_timeout_ms), "30000",
	  "time for the body of a request to come whole", "serve", SETTING_AT_START,
	  RANGE(100, 3600000, "milliseconds") },
	{ "ASSAY_HTTP_CONNECTIONS", SETTING_INTEGER, AT(http_connections), "1000",
	  "connections at once", "serve", SETTING_AT_START, RANGE(1, 100000, "connections") },
	{ "ASSAY_HTTP_CONNECTIONS_PER_ADDRESS", SETTING_INTEGER, AT(http_connections_per_address),
	  "100", "of these from one address", "serve", SETTING_AT_START,
	  RANGE(1, 100000, "connections") },
	{ "ASSAY_HTTP_HEADERS_MAX_BYTES", SETTING_INTEGER, AT(http_headers_max), "16384",
	  "all headers of a request together", "serve", SETTING_AT_START,
	  RANGE(1024, 1048576, "bytes") },
	{ "ASSAY_HTTP_HEADER_TIMEOUT_MS", SETTING_DURATION, AT(http_header_timeout_ms), "10000",
	  "time from the begin of a connection or request to its last header", "serve",
	  SETTING_AT_START, RANGE(100, 3600000, "milliseconds") },
	{ "ASSAY_HTTP_IDLE_TIMEOUT_MS", SETTING_DURATION, AT(http_idle_timeout_ms), "60000",
	  "time without a byte after which a connection is closed", "serve", SETTING_AT_START,
	  RANGE(100, 3600000, "milliseconds") },
	{ "ASSAY_HTTP_LINE_MAX_BYTES", SETTING_INTEGER, AT(http_line_max), "8192",
	  "longest request line", "serve", SETTING_AT_START, RANGE(256, 1048576, "bytes") },
	{ "ASSAY_HTTP_REPLY_MAX_MIB", SETTING_INTEGER, AT(http_reply_max_mib), "64",
	  "largest answer", "serve", SETTING_AT_START, RANGE(1, 1024, "MiB") },
	{ "ASSAY_HTTP_STREAMS", SETTING_INTEGER, AT(http_streams), "100",
	  "clients of /events at once", "serve", SETTING_AT_START, RANGE(0, 100000, "streams") },
	{ "ASSAY_HTTP_THREADS", SETTING_INTEGER, AT(http_threads), "2", "threads that answer",
	  "serve", SETTING_AT_START, RANGE(1, 256, "threads") },
	{ "ASSAY_HTTP_WEBHOOKS_PER_MINUTE", SETTING_INTEGER, AT(http_webhooks), "30",
	  "incoming webhooks that are taken of each provider", "serve", SETTING_AT_START,
	  RANGE(1, 100000, "webhooks") },
	{ "ASSAY_INCOMING_SECRET", SETTING_SECRET, AT(incoming_secret), NULL,
	  "what incoming webhooks are signed with: whsec_BASE64, or any text; without it they "
	  "are answered 503",
	  "serve", SETTING_HIDDEN },
	{ "ASSAY_LISTEN", SETTING_STRING, AT(listen), "127.0.0.1:8000",
	  "address and port of the service: 127.0.0.1:8000, [::1]:8000; port 0: a free one, which "
	  "is printed",
	  "serve", SETTING_AT_START },
	{ "ASSAY_METRICS_SERIES_MAX", SETTING_INTEGER, AT(metrics_series_max), "2000",
	  "series of one metric; further providers are added up as \"other\"", "serve",
	  SETTING_AT_START, RANGE(10, 1000000, "series") },
	{ "ASSAY_PROBE", SETTING_SWITCH, AT(probe), "off",
	  "on: the service probes, which costs money", "serve", SETTING_AT_START },
	{ "ASSAY_PROBE_MODELS", SETTING_STRING, AT(probe_models), NULL,
	  "of the catalog: models that the service probes, with commas, by id, canonical id or Hugging "
	  "Face id; not set: all",
	  "serve", SETTING_AT_START },
	{ "ASSAY_PROBE_PROVIDERS", SETTING_STRING, AT(probe_providers), NULL,
	  "of the catalog: providers whose endpoints the service probes, with commas; not set: all "
	  "that can be asked",
	  "serve", SETTING_AT_START },
	{ "ASSAY_PROBE_STREAM", SETTING_SWITCH, AT(probe_stream), "off",
	  "on: the service's probes ask for streams, which tells the time to the first token",
	  "serve", SETTING_AT_START },
	{ "ASSAY_PROBE_TARGETS", SETTING_WORD, AT(probe_targets), "trending",
	  "whom the service probes: trending (the Hugging Face list, through its router), catalog "
	  "(endpoints of your own catalog, each with its provider's key), or both",
	  "serve", SETTING_AT_START, .words = target_words },
	{ "ASSAY_PROBE_TOP", SETTING_INTEGER, AT(probe_top), "100",
	  "endpoints of the catalog that a cycle probes: those that were asked longest ago, so that "
	  "each has its turn",
	  "serve", SETTING_AT_START, RANGE(1, 1000000, "endpoints") },
	{ "ASSAY_SAMPLES_DAYS", SETTING_INTEGER, AT(samples_days), "90",
	  "days that probes are kept one by one; older ones are added up by the hour", "serve",
	  SETTING_AT_START, RANGE(1, 36500, "days") },
	{ "ASSAY_SCHEDULE", SETTING_SWITCH, AT(schedule), "on",
	  "off: the service does nothing by itself, it answers and does what it is asked to",
	  "serve", SETTING_AT_START },
	{ "ASSAY_STOP_GRACE_SECONDS", SETTING_DURATION, AT(stop_grace_ms), "20",
	  "time that running syncs and requests have when the service is stopped", "serve",
	  SETTING_AT_START, RANGE(0, 3600, "seconds") },
	{ "ASSAY_SYNC_CONCURRENCY", SETTING_INTEGER, AT(sync_concurrency), "4",
	  "providers that are synced at once", "serve", SETTING_AT_START,
	  RANGE(1, 1000, "providers") },
	{ "ASSAY_SYNC_MAX_SECONDS", SETTING_DURATION, AT(sync_max_ms), "86400",
	  "longest time between two syncs of a provider", "serve", RANGE(1, 2592000, "seconds") },
	{ "ASSAY_SYNC_MIN_SECONDS", SETTING_DURATION, AT(sync_min_ms), "300",
	  "shortest time between two syncs of a provider", "serve", RANGE(1, 2592000, "seconds") },
	{ "ASSAY_SYNC_SECONDS", SETTING_STRING, AT(sync_seconds), NULL,
	  "fixed times between syncs: openrouter=21600,deepinfra=21600,*=86400; others follow how "
	  "often a provider changes",
	  "serve" },
	{ "ASSAY_SYNC_WINDOW", SETTING_STRING, AT(sync_window), NULL,
	  "hours of the day for providers that are synced once a day or less often: 02:00-04:00 "
	  "Europe/Berlin",
	  "serve" },
	{ "ASSAY_WATCH_SECONDS", SETTING_DURATION, AT(watch_ms), "5",
	  "time between two looks whether another process has written to the database", "serve",
	  SETTING_AT_START, RANGE(1, 3600, "seconds") },
	{ "SCHEDULE_INTERVAL_SECONDS", SETTING_DURATION, AT(schedule_interval_ms), "300",
	  "time from the start of one probe cycle to the next", "probe",
	  RANGE(1, 604800, "seconds") },
	{ "HF_TOKEN", SETTING_SECRET, AT(hf_token), NULL,
	  "Hugging Face token that may make inference calls", "probe", SETTING_HIDDEN },
	{ "MODELS_TO_FETCH", SETTING_INTEGER, AT(models_to_fetch), "5",
	  "models of the Hugging Face list that a cycle probes", "probe",
	  RANGE(1, 1000, "models") },
	{ "MAX_TOKENS_DEFAULT", SETTING_INTEGER, AT(max_tokens_default), "512",
	  "max_tokens of a probe's request", "probe", RANGE(1, 1000000, "tokens") },
	{ "PROVIDER_ENDPOINT_MAPPING_PATH", SETTING_PATH, AT(endpoint_mapping_path), NULL,
	  "JSON object of endpoint URLs per provider; ./provider_mapping.json is used where it "
	  "exists",
	  "probe" },
	{ "LOCAL_CSV_PATH", SETTING_PATH, AT(local_csv_path), "./metrics_buffer.csv",
	  "file that collects probe rows until they are pushed", "probe" },
	{ "HF_BILL_TO", SETTING_STRING, AT(hf_bill_to), NULL,
	  "organisation that inference calls are charged to, instead of the token's owner",
	  "probe" },
	{ "ASSAY_PROBE_PROMPT", SETTING_WORD, AT(probe_prompt), "arithmetic",
	  "what is asked: arithmetic (always the same sum), or random-arithmetic (another one each "
	  "cycle, which no cache can answer)",
	  "probe", .words = prompt_words },
	{ "ASSAY_PROBE_CONCURRENCY", SETTING_INTEGER, AT(probe_concurrency), "32",
	  "probes on their way at once", "probe", RANGE(1, 10000, "probes") },
	{ "ASSAY_PROBE_PROVIDER_CONCURRENCY", SETTING_INTEGER, AT(probe_provider_concurrency), "4",
	  "of these toward one provider", "probe", RANGE(1, 10000, "probes") },
	{ "ASSAY_PROBE_SPACING_MS", SETTING_DURATION, AT(probe_spacing_ms), "50",
	  "time between the begins of two probes toward one provider", "probe",
	  RANGE(0, 60000, "milliseconds") },
	{ "ASSAY_PROBE_JITTER_MS", SETTING_DURATION, AT(probe_jitter_ms), "50",
	  "random time that is added to it, at most", "probe", RANGE(0, 60000, "milliseconds") },
	{ "ASSAY_PROBE_RETRIES", SETTING_INTEGER, AT(probe_retries), "2",
	  "attempts after the first on network errors, 5xx, and 429 with a Retry-After", "probe",
	  RANGE(0, 10, "attempts") },
	{ "ASSAY_PROBE_RETRY_DELAY_MS", SETTING_DURATION, AT(probe_retry_delay_ms), "1000",
	  "wait before the first repeated attempt, three times that before each further one",
	  "probe", RANGE(0, 60000, "milliseconds") },
	{ "ASSAY_PROBE_TIMEOUT_SECONDS", SETTING_DURATION, AT(probe_timeout_ms), "120",
	  "time for one attempt, its whole answer included", "probe", RANGE(1, 3600, "seconds") },
	{ "ASSAY_PROBE_CONNECT_TIMEOUT_SECONDS", SETTING_DURATION, AT(probe_connect_timeout_ms),
	  "10", "time to find the name and connect, TLS included", "probe",
	  RANGE(1, 600, "seconds") },
	{ "ASSAY_PROBE_FIRST_BYTE_SECONDS", SETTING_DURATION, AT(probe_first_byte_ms), "60",
	  "time from the begin of an attempt to the first byte of its answer", "probe",
	  RANGE(1, 3600, "seconds") },
	{ "ASSAY_PROBE_BODY_MAX_KIB", SETTING_INTEGER, AT(probe_body_max_kib), "64",
	  "bytes of an answer's body that are kept", "probe", RANGE(1, 65536, "KiB") },
	{ "ASSAY_PROBE_GRACE_SECONDS", SETTING_DURATION, AT(probe_grace_ms), "30",
	  "time that running probes have when assay is stopped, and then once more the last push",
	  "probe", RANGE(0, 3600, "seconds") },
	{ "ASSAY_PROBE_BUDGET_USD", SETTING_AMOUNT, AT(probe_budget_usd), NULL,
	  "dollars that probes may cost in a day (UTC), worst case; not set: no limit", "probe" },
	{ "ASSAY_PROBE_PROVIDER_BUDGET_USD", SETTING_AMOUNT, AT(probe_provider_budget_usd), NULL,
	  "the same of each provider", "probe" },
	{ "ASSAY_PROBE_ASSUMED_PRICE_USD", SETTING_AMOUNT, AT(probe_assumed_price_usd), "100",
	  "dollars per million tokens that an endpoint without a price counts with in a budget",
	  "probe" },
	{ "ASSAY_HEALTH_WINDOW_MINUTES", SETTING_DURATION, AT(health_window_ms), "60",
	  "how far back probes count for health", "probe", RANGE(1, 10080, "minutes") },
	{ "PUSH_INTERVAL_CYCLES", SETTING_INTEGER, AT(push_interval_cycles), "6",
	  "cycles after which collected rows are pushed", "push", RANGE(1, 100000, "cycles") },
	{ "HF_HUB_TOKEN", SETTING_SECRET, AT(hf_hub_token), NULL,
	  "Hugging Face token that may write to the dataset", "push", SETTING_HIDDEN },
	{ "HF_DATASET_REPO_ID", SETTING_STRING, AT(hf_dataset_repo_id), NULL,
	  "dataset that receives the rows: OWNER/NAME", "push" },
	{ "HF_DATASET_TARGET_FILENAME", SETTING_STRING, AT(hf_dataset_target_filename),
	  "data/{yyyy}/{mm}/{dd}/{hhmm}-{batch}.csv",
	  "path in the dataset per push; a fixed name is appended to", "push" },
};
const size_t settings_table_n = sizeof(settings_table) / sizeof(settings_table[0]);

/* What we set for hooks: a command of ours that a hook runs sees them. */
static const char *const hook_names[] = { "ASSAY_HASH", "ASSAY_PREV_HASH", "ASSAY_PROVIDER",
					  "ASSAY_NOTICE_ID" };

/* ---- sources ---- */

static struct str environment_get(char *const *environment, struct str name)
{
	for (; *environment; environment++) {
		struct str value = str_of(*environment);
		struct str found;

		if (str_cut(&value, '=', &found) && str_eq(found, name))
			return value;
	}
	return STR_NONE;
}

static struct str lookup(const struct settings *s, struct str name, enum setting_origin *ret)
{
	struct str value = environment_get(s->environment, name);

	*ret = SETTING_ENVIRONMENT;
	if (str_is_none(value)) {
		*ret = SETTING_FILE;
		value = dotenv_get(&s->file, name);
	}
	if (value.n > 0)
		return value;
	*ret = SETTING_DEFAULT;
	return STR_NONE;
}

typedef bool variable_fn(struct settings *s, struct str name, struct str value, struct err *e);

/* Every variable that holds: the environment's, then the file's that it does not set. */
static bool each_variable(struct settings *s, variable_fn *fn, struct err *e)
{
	for (char *const *at = s->environment; *at; at++) {
		struct str value = str_of(*at);
		struct str name;

		if (str_cut(&value, '=', &name) && !fn(s, name, value, e))
			return false;
	}
	for (size_t i = 0; i < s->file.n; i++) {
		struct str name = s->file.entries[i].name;

		if (str_is_none(environment_get(s->environment, name)) &&
		    !fn(s, name, s->file.entries[i].value, e))
			return false;
	}
	return true;
}

/* ---- values ---- */

struct given {
	struct settings *s;
	const struct setting *row;
	struct str value;
	enum setting_origin origin;
};

static void *member(const struct given *g)
{
	return (char *)g->s + g->row->offset;
}

/* A URL may carry a password or a key even where none is expected. */
static bool may_show(const struct given *g)
{
	if (g->row->flags & SETTING_HIDDEN)
		return false;
	return g->row->type != SETTING_URL || !memchr(g->value.at, '@', g->value.n);
}

static bool refuse(const struct given *g, struct err *e, const char *expected)
{
	if (may_show(g))
		(void)err_set(e, ERR_USAGE, "%s is \"%s\": expected %s", g->row->name,
			      err_quote(g->value.at, g->value.n), expected);
	else
		(void)err_set(e, ERR_USAGE, "%s (value not shown): expected %s", g->row->name,
			      expected);
	if (g->origin == SETTING_FILE)
		(void)err_wrap(e, "%s", err_quote(g->s->env_file.at, g->s->env_file.n));
	return false;
}

static bool read_string(const struct given *g, struct err *e)
{
	(void)e;
	*(struct str *)member(g) = arena_str(&g->s->arena, g->value);
	return true;
}

static bool read_secret(const struct given *g, struct err *e)
{
	struct str value = str_trim(g->value);

	(void)e;
	if (value.n > 0)
		*(struct str *)member(g) = arena_str(&g->s->arena, value);
	return true;
}

static bool is_printable(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.at[i] < 0x20 || s.at[i] == 0x7f)
			return false;
	}
	return true;
}

static bool has_scheme(struct str url, const char *const schemes[])
{
	for (; *schemes; schemes++) {
		struct str scheme = str_of(*schemes);

		if (url.n > scheme.n && str_starts(url, scheme))
			return true;
	}
	return false;
}

static struct str without_trailing_slashes(struct str url)
{
	while (url.n > 1 && url.at[url.n - 1] == '/')
		url.n--;
	return url;
}

static bool read_url(const struct given *g, struct err *e)
{
	const char *const *schemes = g->row->schemes;
	struct str url = str_trim(g->value);
	char expected[128];

	/* Short of the scheme nothing must be left to cut: "https://" names no host. */
	if (schemes == web_schemes)
		url = without_trailing_slashes(url);
	(void)snprintf(expected, sizeof(expected), "something that begins with %s%s%s%s%s",
		       schemes[0], schemes[2] ? ", " : " or ", schemes[1], schemes[2] ? " or " : "",
		       schemes[2] ? schemes[2] : "");
	if (!is_printable(url) || !has_scheme(url, schemes))
		return refuse(g, e, expected);
	*(struct str *)member(g) = arena_str(&g->s->arena, url);
	return true;
}

static bool read_number(const struct given *g, int64_t *ret, struct err *e)
{
	const struct setting *row = g->row;
	char expected[128];

	if (str_to_i64(str_trim(g->value), row->min, row->max, ret))
		return true;
	(void)snprintf(expected, sizeof(expected),
		       "a whole number of %s from %" PRId64 " to %" PRId64, row->unit, row->min,
		       row->max);
	return refuse(g, e, expected);
}

static bool read_integer(const struct given *g, struct err *e)
{
	return read_number(g, member(g), e);
}

static bool read_duration(const struct given *g, struct err *e)
{
	int64_t value;

	if (!read_number(g, &value, e))
		return false;
	if (strcmp(g->row->unit, "seconds") == 0)
		value *= 1000;
	if (strcmp(g->row->unit, "minutes") == 0)
		value *= 60 * 1000;
	if (strcmp(g->row->unit, "hours") == 0)
		value *= 3600 * 1000;
	*(int64_t *)member(g) = value;
	return true;
}

static bool read_level(const struct given *g, struct err *e)
{
	if (log_level_parse(str_trim(g->value), member(g)))
		return true;
	return refuse(g, e, "trace, debug, info, warn, error, fatal or silent");
}

/* "+3d", "-90m": the clock runs, but that much ahead or behind. */
static bool read_offset(struct str text, int64_t *ret_ms)
{
	static const struct {
		char unit;
		int64_t ms;
	} units[] = { { 's', 1000 }, { 'm', 60000 }, { 'h', 3600000 }, { 'd', 86400000 } };
	enum { OFFSET_MAX = 36500 };
	int64_t n;

	if (text.n < 3 || !strchr("+-", text.at[0]) ||
	    !str_to_i64((struct str){ text.at + 1, text.n - 2 }, 1, OFFSET_MAX, &n))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (text.at[text.n - 1] != units[i].unit)
			continue;
		*ret_ms = n * units[i].ms * (text.at[0] == '-' ? -1 : 1);
		return true;
	}
	return false;
}

static bool read_instant(const struct given *g, struct err *e)
{
	struct str value = str_trim(g->value);
	struct err detail;

	if (clock_parse(value, member(g), &detail) || read_offset(value, &g->s->now_offset_ms))
		return true;
	return refuse(g, e, "an RFC 3339 time such as 2026-08-22T14:03:00Z, or an offset: +3d");
}

static bool read_switch(const struct given *g, struct err *e)
{
	struct str value = str_trim(g->value);

	bool on = str_eq_nocase(value, STR("yes")) || str_eq_nocase(value, STR("on"));

	if (!on && !str_eq_nocase(value, STR("no")) && !str_eq_nocase(value, STR("off")))
		return refuse(g, e, "yes or no, on or off");
	*(bool *)member(g) = on;
	return true;
}

static bool read_word(const struct given *g, struct err *e)
{
	struct str value = str_trim(g->value);
	BUF_AUTO(expected, 256);

	for (int64_t i = 0; g->row->words[i]; i++) {
		buf_printf(&expected, "%s%s", i ? " or " : "", g->row->words[i]);
		if (!str_eq_nocase(value, str_of(g->row->words[i])))
			continue;
		*(int64_t *)member(g) = i;
		return true;
	}
	return refuse(g, e, expected.at);
}

static bool read_amount(const struct given *g, struct err *e)
{
	struct str value = str_trim(g->value);
	struct err detail;
	struct dec amount;

	if (!dec_parse(value, &amount, &detail) || amount.negative)
		return refuse(g, e, "a decimal number such as 2.50");
	*(struct str *)member(g) = arena_str(&g->s->arena, value);
	return true;
}

static bool (*const readers[SETTING_TYPES])(const struct given *g, struct err *e) = {
	[SETTING_STRING] = read_string,     [SETTING_PATH] = read_string,
	[SETTING_URL] = read_url,           [SETTING_INTEGER] = read_integer,
	[SETTING_DURATION] = read_duration, [SETTING_LEVEL] = read_level,
	[SETTING_INSTANT] = read_instant,   [SETTING_SECRET] = read_secret,
	[SETTING_SWITCH] = read_switch,     [SETTING_WORD] = read_word,
	[SETTING_AMOUNT] = read_amount,
};

static bool read_row(struct settings *s, size_t i, struct err *e)
{
	struct given g = { .s = s, .row = &settings_table[i] };

	g.value = lookup(s, str_of(g.row->name), &g.origin);
	if (g.row->flags & SETTING_ENV_ONLY && g.origin == SETTING_FILE) {
		g.origin = SETTING_DEFAULT;
		g.value = STR_NONE;
	}
	s->origin[i] = (unsigned char)g.origin;
	if (str_is_none(g.value))
		g.value = str_of(g.row->default_text);
	return str_is_none(g.value) || readers[g.row->type](&g, e);
}

static bool read_table(struct settings *s, struct err *e)
{
	s->now_ms = CLOCK_NONE;
	for (size_t i = 0; i < settings_table_n; i++) {
		if (!read_row(s, i, e))
			return false;
	}
	return true;
}

static bool read_file(struct settings *s, struct err *e)
{
	struct str named = environment_get(s->environment, STR("ASSAY_ENV_FILE"));
	bool must_exist = named.n > 0;
	const char *path = must_exist ? named.at : ".env";

	s->env_file = arena_str(&s->arena, str_of(path));
	if (dotenv_read(path, must_exist, &s->arena, &s->file, e))
		return true;
	return must_exist ? err_wrap(e, "ASSAY_ENV_FILE") : false;
}

/* ---- secrets ---- */

static bool is_secret_name(struct str name)
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
	if (is_secret_name(name))
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
static void hide_webhook_secret(struct str secret)
{
	if (str_starts(secret, STR("whsec_")))
		secret_hide((struct str){ secret.at + 6, secret.n - 6 });
}

/* Before anything is parsed: an error must already be free of secrets. */
static bool hide_secrets(struct settings *s, struct err *e)
{
	enum setting_origin origin;
	struct str url = lookup(s, STR("DATABASE_URL"), &origin);

	if (url.n > 0)
		hide_password(&s->arena, url);
	url = str_trim(lookup(s, STR("ASSAY_WEBHOOK_URL"), &origin));
	if (url.n > 0)
		hide_webhook(&s->arena, url);
	hide_webhook_secret(str_trim(lookup(s, STR("ASSAY_WEBHOOK_SECRET"), &origin)));
	return each_variable(s, hide_variable, e);
}

/* ---- the admin key ---- */

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
	if (str_eq(name, STR("ADMIN_API_KEY")) || !is_secret_name(name) ||
	    !str_eq(str_trim(value), s->admin_api_key))
		return true;
	return err_set(e, ERR_USAGE,
		       "ADMIN_API_KEY equals %s: a key of its own is needed (openssl rand -hex 32)",
		       err_quote(name.at, name.n));
}

static bool check_admin_key(struct settings *s, struct err *e)
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
	return each_variable(s, differs_from_admin_key, e);
}

/* ---- warnings ---- */

static void warn(struct settings *s, struct str sentence)
{
	struct str *grown = arena_array(&s->arena, s->n_warnings + 1, struct str);

	if (s->n_warnings)
		memcpy(grown, s->warnings, s->n_warnings * sizeof(*grown));
	grown[s->n_warnings++] = sentence;
	s->warnings = grown;
}

enum { NAME_MAX_COMPARED = 48 };

/* Letters to insert, drop or replace to make b of a. */
static size_t edit_distance(struct str a, struct str b)
{
	size_t row[NAME_MAX_COMPARED + 1];

	for (size_t j = 0; j <= b.n; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			size_t best = diagonal + (a.at[i - 1] != b.at[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[b.n];
}

/* NULL when no name is near; of a short name two letters are no slip but another word. */
static const char *nearest_name(struct str name)
{
	size_t least = 2 + name.n / 12;
	const char *nearest = NULL;

	if (name.n > NAME_MAX_COMPARED)
		return NULL;
	for (size_t i = 0; i < settings_table_n; i++) {
		size_t distance = edit_distance(name, str_of(settings_table[i].name));

		if (distance >= least)
			continue;
		least = distance;
		nearest = settings_table[i].name;
	}
	return nearest;
}

static bool is_known(struct str name)
{
	for (size_t i = 0; i < settings_table_n; i++) {
		if (str_eq(name, str_of(settings_table[i].name)))
			return true;
	}
	for (size_t i = 0; i < sizeof(hook_names) / sizeof(hook_names[0]); i++) {
		if (str_eq(name, str_of(hook_names[i])))
			return true;
	}
	return false;
}

static bool warn_unknown(struct settings *s, struct str name, struct str value, struct err *e)
{
	const char *nearest;

	(void)value;
	(void)e;
	if (!str_starts(name, STR("ASSAY_")) || is_known(name))
		return true;
	nearest = nearest_name(name);
	warn(s, arena_printf(&s->arena, "%s is no setting of assay%s%s%s",
			     err_quote(name.at, name.n), nearest ? ": did you mean " : "",
			     nearest ? nearest : "", nearest ? "?" : ""));
	return true;
}

static void warn_misplaced(struct settings *s)
{
	for (size_t i = 0; i < settings_table_n; i++) {
		const char *name = settings_table[i].name;

		if (settings_table[i].flags & SETTING_ENV_ONLY &&
		    dotenv_get(&s->file, str_of(name)).n > 0)
			warn(s,
			     arena_printf(&s->arena,
					  "%s has no effect in a file: set it in the environment",
					  name));
	}
}

/* ---- the interface ---- */

static bool load(struct settings *s, struct err *e)
{
	if (!read_file(s, e) || !hide_secrets(s, e) || !read_table(s, e) || !check_admin_key(s, e))
		return false;
	warn_misplaced(s);
	return each_variable(s, warn_unknown, e);
}

bool settings_load(struct settings *ret, char *const *environment, struct err *e)
{
	struct settings s = { .environment = environment, .arena = ARENA_INIT };

	s.origin = arena_array(&s.arena, settings_table_n, unsigned char);
	if (!load(&s, e)) {
		arena_release(&s.arena);
		return false;
	}
	*ret = s;
	return true;
}

void settings_release(struct settings *s)
{
	arena_release(&s->arena);
	*s = (struct settings){ 0 };
}

enum setting_origin settings_origin(const struct settings *s, const char *name)
{
	for (size_t i = 0; i < settings_table_n; i++) {
		if (strcmp(settings_table[i].name, name) == 0)
			return (enum setting_origin)s->origin[i];
	}
	return SETTING_DEFAULT;
}

bool settings_differ(const struct settings *a, const struct settings *b, const struct setting *row)
{
	const void *x = (const char *)a + row->offset;
	const void *y = (const char *)b + row->offset;

	switch (row->type) {
	case SETTING_INTEGER:
	case SETTING_DURATION:
	case SETTING_WORD:
		return *(const int64_t *)x != *(const int64_t *)y;
	case SETTING_INSTANT:
		return *(const int64_t *)x != *(const int64_t *)y ||
		       a->now_offset_ms != b->now_offset_ms;
	case SETTING_LEVEL:
		return *(const enum log_level *)x != *(const enum log_level *)y;
	case SETTING_SWITCH:
		return *(const bool *)x != *(const bool *)y;
	default:
		return !str_eq(*(const struct str *)x, *(const struct str *)y);
	}
}

struct str settings_value(const struct settings *s, const char *const names[],
			  const char **ret_name)
{
	for (; *names; names++) {
		enum setting_origin origin;
		struct str value = str_trim(lookup(s, str_of(*names), &origin));

		if (value.n == 0)
			continue;
		*ret_name = *names;
		return value;
	}
	return STR_NONE;
}

struct str settings_key(const struct settings *s, const char *const names[], const char **ret_name)
{
	struct str value = settings_value(s, names, ret_name);

	secret_hide(value);
	return value;
}

bool settings_check_database(const struct settings *s, struct err *e)
{
	enum setting_origin origin;

	if (settings_origin(s, "DATABASE_URL") != SETTING_DEFAULT ||
	    (str_is_none(lookup(s, STR("SUPABASE_URL"), &origin)) &&
	     str_is_none(lookup(s, STR("SUPABASE_KEY"), &origin))))
		return true;
	return err_set(e, ERR_USAGE,
		       "SUPABASE_URL and SUPABASE_KEY are not used: Supabase is PostgreSQL, its "
		       "connection string goes into DATABASE_URL (postgres:// or postgresql://)");
}
