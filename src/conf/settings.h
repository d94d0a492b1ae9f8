/*
 * settings: what the user told the program, from one table.
 *
 * Sources, first one wins: the real environment, the file `.env` of the working
 * directory (ASSAY_ENV_FILE names another), the default in the table.  An empty
 * value means "not set", also where the environment empties what .env sets.
 * The environment is read, never written.
 *
 * `struct settings` is plain data that is passed around; there are no globals.
 * It owns its strings (all with a NUL behind) until settings_release().  Loading
 * registers every secret it meets with base/secret.h.
 *
 * Adding a setting: a member below, a row in settings_table.c, a line in .env.example
 * (a test compares them).  Keys of providers are no rows: descriptors name them.
 *
 * Not here: what a setting means, reachability, command line options.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "conf/dotenv.h"

#include <stdint.h>

enum setting_type {
	SETTING_STRING,
	SETTING_PATH,
	SETTING_URL,      /* begins with one of `schemes` */
	SETTING_INTEGER,  /* min..max of `unit` */
	SETTING_DURATION, /* min..max of `unit`, kept in milliseconds */
	SETTING_LEVEL,
	SETTING_INSTANT,
	SETTING_SECRET,
	SETTING_SWITCH, /* yes or no, on or off */
	SETTING_WORD,   /* one of `words`, kept as its index */
	SETTING_AMOUNT, /* a decimal that is not negative, kept as text; 0 and more digits as they stand */
	SETTING_TYPES,
};

enum setting_flag {
	SETTING_HIDDEN = 1 << 0,   /* the value is never shown */
	SETTING_ENV_ONLY = 1 << 1, /* has no effect inside the .env file */
	SETTING_AT_START = 1 << 2, /* a service that is running keeps what it began with */
	SETTING_PREFIX = 1 << 3,   /* of a URL: something is put behind it, '/' at its end is cut */
};

enum probe_targets { PROBE_TRENDING, PROBE_CATALOG, PROBE_BOTH };

enum setting_origin { SETTING_DEFAULT, SETTING_ENVIRONMENT, SETTING_FILE };

/* What a text must be, beyond its type. */
struct setting_form {
	bool (*fits)(struct str value);
	const char *expected; /* "expected …", for people */
};

struct setting {
	const char *name;
	enum setting_type type;
	size_t offset;            /* of the member in struct settings */
	const char *default_text; /* NULL: not set */
	const char *help;         /* one line */
	const char *part; /* who reads it: "every command", "sync", "probe", "push", "serve" */
	unsigned flags;
	int64_t min, max;
	const char *unit;
	const char *const *schemes;      /* NULL-terminated */
	const char *const *words;        /* NULL-terminated */
	const struct setting_form *form; /* of strings and secrets; NULL: any */
};

extern const struct setting settings_table[];
extern const size_t settings_table_n;

struct settings {
	/* every command */
	struct str database_url;
	struct str env_file;
	enum log_level log_level;
	int64_t now_ms;        /* to freeze the clock at, or CLOCK_NONE */
	int64_t now_offset_ms; /* to set it ahead by, or 0 */
	/* sync */
	struct str upstream; /* without trailing '/'; absent: the world itself */
	struct str providers_dir;
	struct str aliases;
	struct str cache_dir;
	struct str exec_on_change;
	int64_t hook_timeout_ms;
	struct str webhook_url, webhook_secret;
	bool webhook_allow_private;
	int64_t connect_timeout_ms, timeout_ms, stall_ms, retry_delay_ms;
	int64_t lease_wait_ms;
	int64_t body_max_mib;
	int64_t retries;
	int64_t removed_after_fetches;
	int64_t removed_after_ms, incident_after_ms;
	int64_t accept_after_fetches;
	/* serve */
	struct str admin_api_key, incoming_secret, cors_origin, hosts, listen;
	int64_t http_admin_failures, http_webhooks;
	int64_t http_body_max_kib, http_line_max, http_headers_max, http_reply_max_mib;
	int64_t http_body_timeout_ms, http_header_timeout_ms, http_idle_timeout_ms;
	int64_t http_connections, http_connections_per_address, http_streams, http_threads;
	int64_t metrics_series_max;
	bool probe, probe_stream, schedule;
	int64_t probe_targets; /* enum probe_targets */
	int64_t probe_top;
	struct str probe_models, probe_providers; /* as written, with commas */
	int64_t samples_days, expire_ms, watch_ms, stop_grace_ms;
	int64_t sync_concurrency, sync_min_ms, sync_max_ms;
	struct str sync_seconds, sync_window; /* as written: cmd/serve_setup.h reads them */
	/* serve, probe, push */
	int64_t schedule_interval_ms;
	struct str hf_token, hf_hub_token;
	int64_t models_to_fetch;
	int64_t max_tokens_default;
	struct str endpoint_mapping_path;
	struct str local_csv_path;
	int64_t push_interval_cycles;
	struct str hf_dataset_repo_id;
	struct str hf_dataset_target_filename;
	/* probe */
	struct str hf_bill_to;
	int64_t probe_prompt; /* enum prompt_kind */
	int64_t probe_concurrency, probe_provider_concurrency;
	int64_t probe_spacing_ms, probe_jitter_ms;
	int64_t probe_retries, probe_retry_delay_ms;
	int64_t probe_timeout_ms, probe_connect_timeout_ms, probe_first_byte_ms;
	int64_t probe_body_max_kib;
	int64_t probe_grace_ms;
	struct str probe_budget_usd, probe_provider_budget_usd, probe_assumed_price_usd;
	int64_t health_window_ms;

	struct str *warnings; /* sentences for the user, without secrets */
	size_t n_warnings;

	/* private */
	struct arena arena;
	char *const *environment; /* the process's own: must stay as it is */
	struct dotenv file;
	unsigned char *origin; /* enum setting_origin per row of the table */
};

/*
 * `environment` is main()'s environ.  ERR_USAGE for a value that does not parse,
 * is out of range or is refused, ERR_CONFIG for a bad line in the file, ERR_IO
 * for a file that was named but cannot be read.  On failure nothing is kept.
 */
bool settings_load(struct settings *ret, char *const *environment, struct err *e);
void settings_release(struct settings *s);

/* Whether a row of the table has another value in them. */
bool settings_differ(const struct settings *a, const struct settings *b, const struct setting *row);

/* Where the value of a row came from; `name` is one of the table's. */
enum setting_origin settings_origin(const struct settings *s, const char *name);

/*
 * The first of `names` (NULL-terminated) that is set, blanks around it removed, and
 * which it was; absent when none is, and *ret_name stays.
 */
struct str settings_value(const struct settings *s, const char *const names[],
			  const char **ret_name);

/*
 * The key of a provider: the same, with the names that its descriptor lists.
 * Registers it as a secret.
 */
struct str settings_key(const struct settings *s, const char *const names[], const char **ret_name);

/*
 * For commands that write: SUPABASE_URL or SUPABASE_KEY without a DATABASE_URL
 * is ERR_USAGE, because the user does not expect a new SQLite file.
 */
bool settings_check_database(const struct settings *s, struct err *e);
