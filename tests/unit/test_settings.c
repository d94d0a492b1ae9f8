/* Settings: sources and their order, every type, every refusal. */
#include "base/clock.h"
#include "base/secret.h"
#include "conf/settings.h"

#include "unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char env_file[] = "/tmp/assay-test-settings-XXXXXX";
static char env_file_variable[64];

/* ASSAY_ENV_FILE with this text in it. */
static char *with_file(const char *text)
{
	FILE *f = fopen(env_file, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
	(void)snprintf(env_file_variable, sizeof(env_file_variable), "ASSAY_ENV_FILE=%s", env_file);
	return env_file_variable;
}

static char no_file[] = "ASSAY_ENV_FILE=/dev/null";

#define ENVIRONMENT(...) ((char *[]){ __VA_ARGS__, NULL })
/* Literals that environ's type wants writable; nobody writes. */
#define VAR(text) ((char[]){ text })

static bool masks(const char *text)
{
	BUF_AUTO(b, 4096);

	buf_add_str(&b, str_of(text));
	secret_mask(&b);
	return strcmp(b.at, text) != 0;
}

static void defaults_hold(void **state)
{
	struct settings s;
	struct err e = { 0 };

	(void)state;
	assert_true(settings_load(&s, ENVIRONMENT(no_file), &e));
	assert_string_equal(s.database_url.at, "sqlite:assay.db");
	assert_int_equal(s.log_level, LOG_INFO);
	assert_true(s.now_ms == CLOCK_NONE);
	assert_int_equal(s.schedule_interval_ms, 300000);
	assert_int_equal(s.models_to_fetch, 5);
	assert_int_equal(s.max_tokens_default, 512);
	assert_int_equal(s.push_interval_cycles, 6);
	assert_string_equal(s.local_csv_path.at, "./metrics_buffer.csv");
	assert_string_equal(s.hf_dataset_target_filename.at,
			    "data/{yyyy}/{mm}/{dd}/{hhmm}-{batch}.csv");
	assert_int_equal(s.connect_timeout_ms, 10000);
	assert_int_equal(s.timeout_ms, 120000);
	assert_int_equal(s.stall_ms, 30000);
	assert_int_equal(s.body_max_mib, 256);
	assert_int_equal(s.retries, 2);
	assert_int_equal(s.retry_delay_ms, 1000);
	assert_true(str_is_none(s.admin_api_key));
	assert_true(str_is_none(s.upstream));
	assert_int_equal(s.n_warnings, 0);
	assert_int_equal(settings_origin(&s, "DATABASE_URL"), SETTING_DEFAULT);
	settings_release(&s);
}

static void the_environment_wins(void **state)
{
	struct settings s;
	struct err e = { 0 };
	char *file = with_file("MODELS_TO_FETCH=7\nLOG_LEVEL=debug\nASSAY_RETRIES=1\n");

	(void)state;
	assert_true(settings_load(
		&s, ENVIRONMENT(file, VAR("MODELS_TO_FETCH=9"), VAR("ASSAY_RETRIES=")), &e));
	assert_int_equal(s.models_to_fetch, 9);
	assert_int_equal(settings_origin(&s, "MODELS_TO_FETCH"), SETTING_ENVIRONMENT);
	assert_int_equal(s.log_level, LOG_DEBUG);
	assert_int_equal(settings_origin(&s, "LOG_LEVEL"), SETTING_FILE);
	/* Emptied in the environment: not set, whatever the file says. */
	assert_int_equal(s.retries, 2);
	assert_int_equal(settings_origin(&s, "ASSAY_RETRIES"), SETTING_DEFAULT);
	settings_release(&s);
}

/* whsec_ and the base64 of so many bytes. */
#define SECRET_24 "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define SECRET_64                                                        \
	"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygp" \
	"KissLS4vMDEyMzQ1Njc4OTo7PD0+Pw=="

static const char *const accepted[] = {
	"DATABASE_URL=sqlite:a file.db",
	"DATABASE_URL=sqlite:///var/lib/assay.db",
	"DATABASE_URL=postgresql://u:p@h/db",
	"DATABASE_URL=postgres://h/db?sslmode=require",
	"LOG_LEVEL=silent",
	"LOG_LEVEL=WARN",
	"ASSAY_NOW=2026-08-22T14:03:00+02:00",
	"ASSAY_NOW=2026-08-22",
	"ASSAY_UPSTREAM=http://127.0.0.1:9000/",
	"ASSAY_UPSTREAM=https://mirror.example/x",
	"ASSAY_TIMEOUT_SECONDS= 5 ",
	"ASSAY_TIMEOUT_SECONDS=3600",
	"ASSAY_RETRIES=0",
	"ASSAY_RETRY_DELAY_MS=0",
	"ADMIN_API_KEY=0123456789abcdef",
	"ASSAY_EXEC_ON_CHANGE=echo {hash} >> log",
	"ASSAY_HASH=set for hooks",
	"HF_DATASET_REPO_ID=owner/name",
	"ASSAY_HOSTS=*",
	"ASSAY_HOSTS=assay.example",
	"ASSAY_HOSTS= assay.example:8443 , other_1, 10.0.0.7,10.0.0.7:80,fd00::1, [fd00::1]:80 ",
	"ASSAY_HOSTS=xn--bcher-kva.example.",
	"ASSAY_CORS_ORIGIN=*",
	"ASSAY_CORS_ORIGIN=https://shown.example",
	"ASSAY_CORS_ORIGIN=http://localhost:3000, https://[fd00::1]:8443,https://10.0.0.7",
	"ASSAY_CORS_ORIGIN=moz-extension://0a1b2c3d-0000-4000-8000-0123456789ab",
	"ASSAY_INCOMING_SECRET=" SECRET_24,
	"ASSAY_INCOMING_SECRET=" SECRET_64,
	"ASSAY_INCOMING_SECRET=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw8A",
	"ASSAY_INCOMING_SECRET=24 characters, no letter",
	"ASSAY_INCOMING_SECRET=  ",
	"ASSAY_WEBHOOK_SECRET=" SECRET_24,
};

static void accepts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {
		struct settings s;
		struct err e = { 0 };
		char variable[256];

		(void)snprintf(variable, sizeof(variable), "%s", accepted[i]);
		if (!settings_load(&s, ENVIRONMENT(no_file, variable), &e))
			fail_msg("%s", e.text);
		assert_int_equal(s.n_warnings, 0);
		settings_release(&s);
	}
}

#define HOSTS_EXPECTED                                                               \
	"expected host names or addresses, with commas and with or without a port: " \
	"assay.example, 10.0.0.7:8000, [fd00::1]; or * for any"
#define ORIGINS_EXPECTED                                                                       \
	"expected origins as browsers send them, with commas: SCHEME://HOST or "               \
	"SCHEME://HOST:PORT in lower case, without the scheme's own port, a path or a '/' at " \
	"the end; or * for any"
#define SECRET_EXPECTED                                                           \
	" (value not shown): expected whsec_ and base64 of 24 to 64 bytes (echo " \
	"whsec_$(openssl rand -base64 32)), or another text of 24 characters or more"

static const struct {
	const char *variable, *sentence;
} refused[] = {
	{ "MODELS_TO_FETCH=many",
	  "MODELS_TO_FETCH is \"many\": expected a whole number of models from 1 to 1000" },
	{ "MODELS_TO_FETCH=0",
	  "MODELS_TO_FETCH is \"0\": expected a whole number of models from 1 to 1000" },
	{ "MODELS_TO_FETCH=1001",
	  "MODELS_TO_FETCH is \"1001\": expected a whole number of models from 1 to 1000" },
	{ "ASSAY_RETRIES=-1",
	  "ASSAY_RETRIES is \"-1\": expected a whole number of attempts from 0 to 10" },
	{ "ASSAY_TIMEOUT_SECONDS=1.5",
	  "ASSAY_TIMEOUT_SECONDS is \"1.5\": expected a whole number of seconds from 1 to 3600" },
	{ "ASSAY_TIMEOUT_SECONDS=30s",
	  "ASSAY_TIMEOUT_SECONDS is \"30s\": expected a whole number of seconds from 1 to 3600" },
	{ "ASSAY_RETRY_DELAY_MS=99999999999999999999",
	  "ASSAY_RETRY_DELAY_MS is \"99999999999999999999\": expected a whole number of "
	  "milliseconds from 0 to 60000" },
	{ "LOG_LEVEL=verbose", "LOG_LEVEL is \"verbose\": expected trace, debug, info, warn, "
			       "error, fatal or silent" },
	{ "LOG_LEVEL=30", "LOG_LEVEL is \"30\": expected trace, debug, info, warn, error, fatal "
			  "or silent" },
	{ "ASSAY_NOW=yesterday", "ASSAY_NOW is \"yesterday\": expected an RFC 3339 time such as "
				 "2026-08-22T14:03:00Z, or an offset: +3d" },
	{ "ASSAY_NOW=2026-02-30", "ASSAY_NOW is \"2026-02-30\": expected an RFC 3339 time such "
				  "as 2026-08-22T14:03:00Z, or an offset: +3d" },
	{ "ASSAY_UPSTREAM=127.0.0.1:9000", "ASSAY_UPSTREAM is \"127.0.0.1:9000\": expected "
					   "something that begins with https:// or http://" },
	{ "ASSAY_UPSTREAM=https://", "ASSAY_UPSTREAM is \"https://\": expected something that "
				     "begins with https:// or http://" },
	{ "ASSAY_UPSTREAM=ftp://user:sesame@host",
	  "ASSAY_UPSTREAM (value not shown): expected "
	  "something that begins with https:// or http://" },
	{ "DATABASE_URL=mysql://user:sesame@host/db",
	  "DATABASE_URL (value not shown): expected something that begins with sqlite:, "
	  "postgresql:// or postgres://" },
	{ "DATABASE_URL=sqlite:", "DATABASE_URL (value not shown): expected something that begins "
				  "with sqlite:, postgresql:// or postgres://" },
	{ "DATABASE_URL=assay.db", "DATABASE_URL (value not shown): expected something that begins "
				   "with sqlite:, postgresql:// or postgres://" },
	{ "ADMIN_API_KEY=sesame123456789",
	  "ADMIN_API_KEY is shorter than 16 characters: expected a random key (openssl rand -hex "
	  "32)" },
	{ "ADMIN_API_KEY=your-secret-admin-key-here",
	  "ADMIN_API_KEY is the placeholder of the documentation: expected a key of your own "
	  "(openssl rand -hex 32)" },
	{ "ADMIN_API_KEY=your-admin-key",
	  "ADMIN_API_KEY is the placeholder of the documentation: expected a key of your own "
	  "(openssl rand -hex 32)" },
	{ "ADMIN_API_KEY=$(openssl rand -hex 32)",
	  "ADMIN_API_KEY is a shell command that nothing expanded: expected the output of openssl "
	  "rand -hex 32 itself" },
	{ "ASSAY_HOSTS=https://assay.example",
	  "ASSAY_HOSTS is \"https://assay.example\": " HOSTS_EXPECTED },
	{ "ASSAY_HOSTS=assay.example/x", "ASSAY_HOSTS is \"assay.example/x\": " HOSTS_EXPECTED },
	{ "ASSAY_HOSTS=a.example;b.example",
	  "ASSAY_HOSTS is \"a.example;b.example\": " HOSTS_EXPECTED },
	{ "ASSAY_HOSTS=a.example b.example",
	  "ASSAY_HOSTS is \"a.example b.example\": " HOSTS_EXPECTED },
	{ "ASSAY_HOSTS=*.example", "ASSAY_HOSTS is \"*.example\": " HOSTS_EXPECTED },
	{ "ASSAY_HOSTS=a.example,,b", "ASSAY_HOSTS is \"a.example,,b\": " HOSTS_EXPECTED },
	{ "ASSAY_HOSTS=a.example,", "ASSAY_HOSTS is \"a.example,\": " HOSTS_EXPECTED },
	{ "ASSAY_HOSTS= ", "ASSAY_HOSTS is \" \": " HOSTS_EXPECTED },
	{ "ASSAY_HOSTS=a..example", "ASSAY_HOSTS is \"a..example\": " HOSTS_EXPECTED },
	{ "ASSAY_HOSTS=-a.example", "ASSAY_HOSTS is \"-a.example\": " HOSTS_EXPECTED },
	{ "ASSAY_HOSTS=a.example:http", "ASSAY_HOSTS is \"a.example:http\": " HOSTS_EXPECTED },
	{ "ASSAY_HOSTS=a.example:65536", "ASSAY_HOSTS is \"a.example:65536\": " HOSTS_EXPECTED },
	{ "ASSAY_HOSTS=10.0.0.256", "ASSAY_HOSTS is \"10.0.0.256\": " HOSTS_EXPECTED },
	{ "ASSAY_HOSTS=[a.example]", "ASSAY_HOSTS is \"[a.example]\": " HOSTS_EXPECTED },
	{ "ASSAY_HOSTS=[fd00::1", "ASSAY_HOSTS is \"[fd00::1\": " HOSTS_EXPECTED },
	{ "ASSAY_CORS_ORIGIN=shown.example",
	  "ASSAY_CORS_ORIGIN is \"shown.example\": " ORIGINS_EXPECTED },
	{ "ASSAY_CORS_ORIGIN=https://shown.example/",
	  "ASSAY_CORS_ORIGIN is \"https://shown.example/\": " ORIGINS_EXPECTED },
	{ "ASSAY_CORS_ORIGIN=https://shown.example/page",
	  "ASSAY_CORS_ORIGIN is \"https://shown.example/page\": " ORIGINS_EXPECTED },
	{ "ASSAY_CORS_ORIGIN=https://Shown.example",
	  "ASSAY_CORS_ORIGIN is \"https://Shown.example\": " ORIGINS_EXPECTED },
	{ "ASSAY_CORS_ORIGIN=https://shown.example:443",
	  "ASSAY_CORS_ORIGIN is \"https://shown.example:443\": " ORIGINS_EXPECTED },
	{ "ASSAY_CORS_ORIGIN=http://shown.example:80",
	  "ASSAY_CORS_ORIGIN is \"http://shown.example:80\": " ORIGINS_EXPECTED },
	{ "ASSAY_CORS_ORIGIN=https://*.example",
	  "ASSAY_CORS_ORIGIN is \"https://*.example\": " ORIGINS_EXPECTED },
	{ "ASSAY_CORS_ORIGIN=https://a.example https://b.example",
	  "ASSAY_CORS_ORIGIN is \"https://a.example https://b.example\": " ORIGINS_EXPECTED },
	{ "ASSAY_CORS_ORIGIN=https://a.example,*",
	  "ASSAY_CORS_ORIGIN is \"https://a.example,*\": " ORIGINS_EXPECTED },
	{ "ASSAY_CORS_ORIGIN=https://fd00::1",
	  "ASSAY_CORS_ORIGIN is \"https://fd00::1\": " ORIGINS_EXPECTED },
	{ "ASSAY_CORS_ORIGIN=https://", "ASSAY_CORS_ORIGIN is \"https://\": " ORIGINS_EXPECTED },
	{ "ASSAY_CORS_ORIGIN=://a.example",
	  "ASSAY_CORS_ORIGIN is \"://a.example\": " ORIGINS_EXPECTED },
	{ "ASSAY_CORS_ORIGIN=null", "ASSAY_CORS_ORIGIN is \"null\": " ORIGINS_EXPECTED },
	{ "ASSAY_INCOMING_SECRET=sesame", "ASSAY_INCOMING_SECRET" SECRET_EXPECTED },
	{ "ASSAY_INCOMING_SECRET=sesame, of 23 letters!.",
	  "ASSAY_INCOMING_SECRET" SECRET_EXPECTED },
	{ "ASSAY_INCOMING_SECRET=whsec_", "ASSAY_INCOMING_SECRET" SECRET_EXPECTED },
	{ "ASSAY_INCOMING_SECRET=whsec_c2VzYW1l", "ASSAY_INCOMING_SECRET" SECRET_EXPECTED },
	{ "ASSAY_INCOMING_SECRET=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
	  "ASSAY_INCOMING_SECRET" SECRET_EXPECTED },
	{ "ASSAY_INCOMING_SECRET=whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKiss"
	  "LS4vMDEyMzQ1Njc4OTo7PD0+P0A=",
	  "ASSAY_INCOMING_SECRET" SECRET_EXPECTED },
	{ "ASSAY_INCOMING_SECRET=whsec_$(openssl rand -base64 32)",
	  "ASSAY_INCOMING_SECRET" SECRET_EXPECTED },
	{ "ASSAY_WEBHOOK_SECRET=sesame", "ASSAY_WEBHOOK_SECRET" SECRET_EXPECTED },
	{ "ASSAY_WEBHOOK_SECRET=whsec_c2VzYW1l", "ASSAY_WEBHOOK_SECRET" SECRET_EXPECTED },
	{ "ASSAY_ENV_FILE=/nonexistent/settings",
	  "ASSAY_ENV_FILE: /nonexistent/settings: No such file or directory" },
};

static void refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct settings s = { .n_warnings = 77 };
		struct err e = { 0 };
		char variable[256];

		(void)snprintf(variable, sizeof(variable), "%s", refused[i].variable);
		assert_false(settings_load(&s, ENVIRONMENT(variable, no_file), &e));
		assert_string_equal(e.text, refused[i].sentence);
		assert_null(strstr(e.text, "sesame"));
		assert_true(e.kind == ERR_USAGE || e.kind == ERR_IO);
		assert_int_equal(s.n_warnings, 77);
	}
}

static void a_refusal_names_the_file(void **state)
{
	struct settings s;
	struct err e = { 0 };
	char expected[256];

	(void)state;
	assert_false(settings_load(&s, ENVIRONMENT(with_file("\nLOG_LEVEL=loud\n")), &e));
	(void)snprintf(expected, sizeof(expected), "%s: LOG_LEVEL is \"loud\"", env_file);
	assert_memory_equal(e.text, expected, strlen(expected));
	assert_int_equal(e.kind, ERR_USAGE);
	assert_false(settings_load(&s, ENVIRONMENT(with_file("A=1\nno sense\n")), &e));
	(void)snprintf(expected, sizeof(expected),
		       "ASSAY_ENV_FILE: %s: line 2: expected NAME=value", env_file);
	assert_string_equal(e.text, expected);
	assert_int_equal(e.kind, ERR_CONFIG);
}

static void the_admin_key_is_no_other_key(void **state)
{
	struct settings s;
	struct err e = { 0 };
	char *file = with_file("OPENROUTER_API_KEY='shared-by-two-doors'\n");

	(void)state;
	assert_false(
		settings_load(&s, ENVIRONMENT(file, VAR("ADMIN_API_KEY=shared-by-two-doors")), &e));
	assert_string_equal(e.text, "ADMIN_API_KEY equals OPENROUTER_API_KEY: a key of its own is "
				    "needed (openssl rand -hex 32)");
	assert_false(settings_load(&s,
				   ENVIRONMENT(no_file, VAR("ADMIN_API_KEY=shared-by-two-doors"),
					       VAR("HF_TOKEN=shared-by-two-doors")),
				   &e));
	assert_non_null(strstr(e.text, "HF_TOKEN"));
	assert_true(settings_load(&s,
				  ENVIRONMENT(no_file, VAR("ADMIN_API_KEY=shared-by-two-doors"),
					      VAR("SOMETHING=shared-by-two-doors")),
				  &e));
	settings_release(&s);
}

static void every_secret_is_masked(void **state)
{
	struct settings s;
	struct err e = { 0 };
	char *file =
		with_file("DEEPINFRA_API_KEY=deep-secret-1\nHF_TOKEN=hf_secret2\n"
			  "DATABASE_URL=postgresql://u:p%40ss-word3@h/db?sslpassword=secret-4\n");

	(void)state;
	assert_true(settings_load(
		&s,
		ENVIRONMENT(file, VAR("ADMIN_API_KEY=admin-secret-0123"),
			    VAR("HF_HUB_TOKEN=hub-secret"), VAR("ASSAY_X_SECRET=webhook-secret"),
			    VAR("ASSAY_INCOMING_SECRET=whsec_aW5jb21pbmcgc2VjcmV0LCBvZiAyNCAh")),
		&e));
	/* Of whsec_BASE64 the base64 alone is as good. */
	assert_true(masks("aW5jb21pbmcgc2VjcmV0LCBvZiAyNCAh"));
	assert_true(masks("x deep-secret-1 y"));
	assert_true(masks("hf_secret2"));
	assert_true(masks("admin-secret-0123"));
	assert_true(masks("hub-secret"));
	assert_true(masks("webhook-secret"));
	assert_true(masks("p%40ss-word3"));
	assert_true(masks("p@ss-word3"));
	assert_true(masks("secret-4"));
	assert_false(masks("postgresql://u:@h/db"));
	settings_release(&s);
	assert_true(masks("deep-secret-1"));
}

static void a_refused_setting_still_hides_secrets(void **state)
{
	struct settings s;
	struct err e = { 0 };

	(void)state;
	assert_false(settings_load(
		&s, ENVIRONMENT(no_file, VAR("DATABASE_URL=mysql://u:pa/ss#word9@h/db")), &e));
	assert_true(masks("pa/ss#word9"));
	assert_false(settings_load(
		&s, ENVIRONMENT(no_file, VAR("LOG_LEVEL=x"), VAR("NOVITA_API_KEY=novita-1")), &e));
	assert_true(masks("novita-1"));
}

static void keys_by_the_names_of_a_descriptor(void **state)
{
	struct settings s;
	struct err e = { 0 };
	char *file = with_file("B_KEY_FILE_ONLY= spaced-key \nC_KEY=third\nPLAIN=shown-value\n");
	const char *name = "untouched";

	(void)state;
	assert_true(
		settings_load(&s, ENVIRONMENT(file, VAR("EMPTY_KEY="), VAR("C_KEY=from-env")), &e));
	assert_true(
		str_eq(settings_key(&s, (const char *const[]){ "NONE", "EMPTY_KEY", "C_KEY", NULL },
				    &name),
		       STR("from-env")));
	assert_string_equal(name, "C_KEY");
	assert_true(str_eq(
		settings_key(&s, (const char *const[]){ "B_KEY_FILE_ONLY", "C_KEY", NULL }, &name),
		STR("spaced-key")));
	assert_true(masks("spaced-key"));
	assert_true(
		str_is_none(settings_key(&s, (const char *const[]){ "EMPTY_KEY", NULL }, &name)));
	assert_true(str_is_none(settings_key(&s, (const char *const[]){ NULL }, &name)));
	assert_string_equal(name, "B_KEY_FILE_ONLY");
	assert_true(str_eq(settings_value(&s, (const char *const[]){ "PLAIN", NULL }, &name),
			   STR("shown-value")));
	assert_string_equal(name, "PLAIN");
	assert_false(masks("shown-value"));
	settings_release(&s);
}

static void unknown_names_are_warned_about(void **state)
{
	struct settings s;
	struct err e = { 0 };
	char *file = with_file("ASSAY_UPSTREEM=x\nASSAY_ENV_FILE=other\nOTHER_PROGRAM=1\n");

	(void)state;
	assert_true(settings_load(
		&s, ENVIRONMENT(file, VAR("ASSAY_FOO=1"), VAR("ASSAY_PROVIDER_DIR=x")), &e));
	assert_int_equal(s.n_warnings, 4);
	assert_string_equal(s.warnings[0].at,
			    "ASSAY_ENV_FILE has no effect in a file: set it in the environment");
	assert_string_equal(s.warnings[1].at, "ASSAY_FOO is no setting of assay");
	assert_string_equal(s.warnings[2].at, "ASSAY_PROVIDER_DIR is no setting of assay: did you "
					      "mean ASSAY_PROVIDERS_DIR?");
	assert_string_equal(s.warnings[3].at,
			    "ASSAY_UPSTREEM is no setting of assay: did you mean ASSAY_UPSTREAM?");
	settings_release(&s);
}

static void supabase_names_do_not_become_a_file(void **state)
{
	struct settings s;
	struct err e = { 0 };

	(void)state;
	assert_true(
		settings_load(&s, ENVIRONMENT(no_file, VAR("SUPABASE_URL=https://x.example")), &e));
	assert_false(settings_check_database(&s, &e));
	assert_int_equal(e.kind, ERR_USAGE);
	assert_string_equal(e.text,
			    "SUPABASE_URL and SUPABASE_KEY are not used: Supabase is PostgreSQL, "
			    "its connection string goes into DATABASE_URL (postgres:// or "
			    "postgresql://)");
	settings_release(&s);
	assert_true(settings_load(&s,
				  ENVIRONMENT(no_file, VAR("SUPABASE_URL=https://x.example"),
					      VAR("DATABASE_URL=sqlite:assay.db")),
				  &e));
	assert_true(settings_check_database(&s, &e));
	settings_release(&s);
	assert_true(settings_load(&s, ENVIRONMENT(no_file), &e));
	assert_true(settings_check_database(&s, &e));
	settings_release(&s);
}

static void the_table_is_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < settings_table_n; i++) {
		const struct setting *row = &settings_table[i];
		bool counted = row->type == SETTING_INTEGER || row->type == SETTING_DURATION;

		assert_non_null(row->help);
		assert_non_null(row->part);
		assert_null(strchr(row->help, '\n'));
		assert_true(counted == (row->unit != NULL));
		assert_true(!counted || (row->min < row->max && row->default_text));
		assert_true((row->type == SETTING_URL) == (row->schemes != NULL));
		assert_true((row->type == SETTING_WORD) == (row->words != NULL));
		assert_true(row->type != SETTING_SECRET || row->flags & SETTING_HIDDEN);
		for (size_t j = 0; j < i; j++) {
			assert_string_not_equal(row->name, settings_table[j].name);
			assert_true(row->offset != settings_table[j].offset);
		}
	}
}

static int create_file(void **state)
{
	int fd = mkstemp(env_file);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(env_file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_hold),
		cmocka_unit_test(the_environment_wins),
		cmocka_unit_test(accepts),
		cmocka_unit_test(refuses),
		cmocka_unit_test(a_refusal_names_the_file),
		cmocka_unit_test(the_admin_key_is_no_other_key),
		cmocka_unit_test(every_secret_is_masked),
		cmocka_unit_test(a_refused_setting_still_hides_secrets),
		cmocka_unit_test(keys_by_the_names_of_a_descriptor),
		cmocka_unit_test(unknown_names_are_warned_about),
		cmocka_unit_test(supabase_names_do_not_become_a_file),
		cmocka_unit_test(the_table_is_whole),
	};

	return cmocka_run_group_tests(tests, create_file, remove_file);
}
