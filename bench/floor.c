/* SPDX-License-Identifier: MIT */
/*
 * floor: the least that a C program has to do for a sync, as a measure for assay.
 *
 *	bench_floor fetch-parse URL         libcurl GET into a buffer, yyjson in place
 *	bench_floor insert URL DB SCHEMA    and the same rows into a fresh SQLite file
 *
 * It knows OpenRouter's document by heart: no descriptor, no exact arithmetic, no check, no
 * exception.  Tokens are stored as published, hashes are constants.  What it does do, it does as
 * fast as one reasonably would: one buffer of the announced size, one transaction for schema and
 * rows, statements prepared once, every text bound where it lies in the document.  A floor that is
 * slow on purpose would measure nothing.
 *
 * run.py checks that its rows are those that assay stores, price by price.
 */
#include <curl/curl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <yyjson.h>

static void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

static void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)fputs("bench_floor: ", stderr);
	(void)vfprintf(stderr, format, args);
	(void)fputc('\n', stderr);
	va_end(args);
	exit(EXIT_FAILURE);
}

static double now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* ---- fetch ---- */

struct body {
	CURL *easy;
	char *at;
	size_t n, room; /* room without yyjson's padding */
};

static void grow(struct body *b, size_t least)
{
	curl_off_t announced = -1;

	(void)curl_easy_getinfo(b->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
	b->room = b->room * 2;
	if (announced > 0 && (size_t)announced > b->room)
		b->room = (size_t)announced;
	if (b->room < least)
		b->room = least;
	b->at = realloc(b->at, b->room + YYJSON_PADDING_SIZE);
	if (!b->at)
		die("out of memory");
}

static size_t on_bytes(char *bytes, size_t size, size_t n, void *arg)
{
	struct body *b = arg;

	n *= size;
	if (b->n + n > b->room)
		grow(b, b->n + n);
	memcpy(b->at + b->n, bytes, n);
	b->n += n;
	return n;
}

static struct body fetch(const char *url)
{
	struct body b = { .easy = curl_easy_init() };
	CURLcode rc;
	long status = 0;

	if (!b.easy)
		die("no libcurl");
	curl_easy_setopt(b.easy, CURLOPT_URL, url);
	curl_easy_setopt(b.easy, CURLOPT_PROXY, "");
	curl_easy_setopt(b.easy, CURLOPT_ACCEPT_ENCODING, "gzip");
	curl_easy_setopt(b.easy, CURLOPT_BUFFERSIZE, 256L * 1024);
	curl_easy_setopt(b.easy, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(b.easy, CURLOPT_WRITEDATA, &b);
	rc = curl_easy_perform(b.easy);
	curl_easy_getinfo(b.easy, CURLINFO_RESPONSE_CODE, &status);
	if (rc != CURLE_OK || status != 200)
		die("%s: %s, HTTP %ld", url, curl_easy_strerror(rc), status);
	curl_easy_cleanup(b.easy);
	memset(b.at + b.n, 0, YYJSON_PADDING_SIZE);
	return b;
}

static yyjson_val *parse(const struct body *b, yyjson_doc **ret_doc)
{
	yyjson_read_err why;
	yyjson_doc *doc = yyjson_read_opts(b->at, b->n, YYJSON_READ_INSITU, NULL, &why);
	yyjson_val *rows = yyjson_obj_get(yyjson_doc_get_root(doc), "data");

	if (!yyjson_is_arr(rows))
		die("not the expected JSON: %s", doc ? "no /data" : why.msg);
	*ret_doc = doc;
	return rows;
}

/* ---- the database ---- */

enum {
	OPEN_PROVIDER,
	INSERT_MODEL,
	INSERT_VERSION,
	INSERT_PRICE,
	INSERT_SNAPSHOT,
	INSERT_RUN,
	STATEMENTS,
};

static const char *const sql[STATEMENTS] = {
	[OPEN_PROVIDER] = "INSERT INTO providers (id, name, slug, created_at, updated_at)"
			  " VALUES (1, 'OpenRouter', 'openrouter', ?1, ?1)",
	[INSERT_MODEL] =
		"INSERT INTO models (provider_id, provider_model_id, model_name, description,"
		" context_length, max_output_tokens, modality, architecture, pricing_prompt,"
		" pricing_completion, pricing_image, pricing_request, supports_function_calling,"
		" supports_vision, deprecated_at, content_hash, metadata, is_active,"
		" first_seen_at, last_seen_at, created_at, updated_at)"
		" VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,"
		" ?16, 1, ?17, ?17, ?17, ?17)",
	[INSERT_VERSION] = "INSERT INTO model_versions (model_id, seen_from, name, context_length,"
			   " max_output_tokens, modality, capabilities, deprecated_at)"
			   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[INSERT_PRICE] = "INSERT INTO prices (model_id, meter, condition, state, amount, currency,"
			 " raw, unit, source, seen_from)"
			 " VALUES (?1, ?2, ?3, ?4, ?5, 'USD', ?6, ?7, ?8, ?9)",
	[INSERT_SNAPSHOT] = "INSERT INTO snapshots (provider_id, hash, first_at, last_at, syncs,"
			    " models, prices) VALUES (1, ?1, ?2, ?2, 1, ?3, ?4)",
	[INSERT_RUN] = "INSERT INTO sync_runs (provider_id, started_at, ended_at, completeness,"
		       " http_status, bytes, attempts, fetched, transformed, skipped, written,"
		       " prices_written, added, changed, missing, returned, unchanged, snapshot)"
		       " VALUES (1, ?1, ?1, 'complete', 200, ?2, 1, ?3, ?3, 0, ?3, ?4, ?3, 0, 0, 0,"
		       " 0, ?5)",
};

static const char hash[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

struct base {
	sqlite3 *db;
	sqlite3_stmt *st[STATEMENTS];
	char at[48]; /* the instant of the sync, RFC 3339 */
	int64_t at_ms;
	int64_t models, prices;
};

static void must(struct base *b, int rc)
{
	if (rc != SQLITE_OK && rc != SQLITE_DONE)
		die("SQLite: %s", sqlite3_errmsg(b->db));
}

static void run(struct base *b, int which)
{
	must(b, sqlite3_step(b->st[which]));
	must(b, sqlite3_reset(b->st[which]));
}

static void bind_text(sqlite3_stmt *st, int at, const char *text)
{
	sqlite3_bind_text(st, at, text, -1, SQLITE_STATIC);
}

/* A string or an integer of the document, else NULL. */
static void bind_value(sqlite3_stmt *st, int at, yyjson_val *v)
{
	if (yyjson_is_str(v) && yyjson_get_len(v) > 0)
		sqlite3_bind_text(st, at, yyjson_get_str(v), (int)yyjson_get_len(v), SQLITE_STATIC);
	else if (yyjson_is_int(v))
		sqlite3_bind_int64(st, at, yyjson_get_sint(v));
	else
		sqlite3_bind_null(st, at);
}

static char *read_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *text = calloc(1, 1 << 20);

	if (!f || !text || fread(text, 1, (1 << 20) - 1, f) == 0)
		die("cannot read %s", path);
	(void)fclose(f);
	return text;
}

static void set_instant(struct base *b)
{
	struct timespec t;
	struct tm tm;
	char day[24];

	(void)clock_gettime(CLOCK_REALTIME, &t);
	(void)gmtime_r(&t.tv_sec, &tm);
	(void)strftime(day, sizeof(day), "%FT%T", &tm);
	(void)snprintf(b->at, sizeof(b->at), "%s.%03ldZ", day, t.tv_nsec / 1000000);
	b->at_ms = t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void open_base(struct base *b, const char *path, const char *schema)
{
	char *tables = read_file(schema);

	/* What makes SQLite faster for one thread and one large transaction (measured: a fifth). */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	must(b, sqlite3_open_v2(path, &b->db,
				SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
				NULL));
	must(b, sqlite3_exec(b->db,
			     "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
			     "PRAGMA cache_size = -65536; PRAGMA secure_delete = OFF; BEGIN",
			     NULL, NULL, NULL));
	must(b, sqlite3_exec(b->db, tables, NULL, NULL, NULL));
	for (int i = 0; i < STATEMENTS; i++)
		must(b, sqlite3_prepare_v2(b->db, sql[i], -1, &b->st[i], NULL));
	free(tables);
	set_instant(b);
	bind_text(b->st[OPEN_PROVIDER], 1, b->at);
	run(b, OPEN_PROVIDER);
}

/* ---- prices ---- */

static const struct price_key {
	const char *key, *meter, *tag, *unit, *source;
	bool per_image;
} price_keys[] = {
#define PRICE(key, meter, tag, unit)                                 \
	{                                                            \
		key, meter, tag, unit, "models#/pricing/" key, false \
	}
	PRICE("prompt", "input_token", "", "USD per token"),
	PRICE("completion", "output_token", "", "USD per token"),
	PRICE("input_cache_read", "cached_input_token", "", "USD per token"),
	PRICE("input_cache_write", "cache_write_token", "", "USD per token"),
	PRICE("input_cache_write_1h", "cache_write_token", "1h", "USD per token"),
	PRICE("internal_reasoning", "reasoning_token", "", "USD per token"),
	PRICE("audio", "input_audio_token", "", "USD per token"),
	PRICE("input_audio_cache", "cached_audio_token", "", "USD per token"),
	PRICE("audio_output", "output_audio_token", "", "USD per token"),
	{ "image", "input_image", "", "USD per image", "models#/pricing/image", true },
	PRICE("image_token", "input_image_token", "", "USD per token"),
	PRICE("image_output", "output_image_token", "", "USD per token"),
	PRICE("request", "request", "", "USD per request"),
	PRICE("web_search", "web_search", "", "USD per search"),
#undef PRICE
};

enum { CONDITION_MAX = 120 };

/* "[tag][terms]" in byte order of the terms; either may be empty. */
static void join_terms(char out[CONDITION_MAX], const char *tag, const char *terms)
{
	bool tag_first = strcmp(tag, terms) < 0;

	if (*tag && *terms)
		(void)snprintf(out, CONDITION_MAX, "[%s][%s]", tag_first ? tag : terms,
			       tag_first ? terms : tag);
	else if (*tag || *terms)
		(void)snprintf(out, CONDITION_MAX, "[%s]", *tag ? tag : terms);
	else
		*out = '\0';
}

static bool is_zero(yyjson_val *v)
{
	return yyjson_equals_str(v, "0") || yyjson_equals_str(v, "-0");
}

static void insert_price(struct base *b, int64_t model, const struct price_key *k, yyjson_val *v,
			 const char *condition, const char *source)
{
	sqlite3_stmt *st = b->st[INSERT_PRICE];
	bool dynamic = yyjson_equals_str(v, "-1");

	sqlite3_bind_int64(st, 1, model);
	bind_text(st, 2, k->meter);
	bind_text(st, 3, condition);
	bind_text(st, 4, dynamic ? "dynamic" : is_zero(v) ? "free" : "priced");
	if (is_zero(v))
		bind_text(st, 5, "0");
	else
		bind_value(st, 5, dynamic ? NULL : v);
	bind_value(st, 6, v);
	bind_text(st, 7, k->unit);
	bind_text(st, 8, source ? source : k->source);
	sqlite3_bind_int64(st, 9, b->at_ms);
	run(b, INSERT_PRICE);
	b->prices++;
}

/* A price of "0" per image is none where no image goes in. */
static bool is_no_image(yyjson_val *v, bool images)
{
	return !images && is_zero(v);
}

/* Prices of one object under `terms`. */
static void insert_prices(struct base *b, int64_t model, yyjson_val *pricing, const char *terms,
			  bool images, const char *source)
{
	for (size_t i = 0; i < sizeof(price_keys) / sizeof(price_keys[0]); i++) {
		const struct price_key *k = &price_keys[i];
		yyjson_val *v = yyjson_obj_get(pricing, k->key);
		char condition[CONDITION_MAX];

		if (!v || (k->per_image && is_no_image(v, images)))
			continue;
		join_terms(condition, k->tag, terms);
		insert_price(b, model, k, v, condition, source);
	}
}

/* An entry's threshold, its window, or both; the window's digits sort before '>'. */
static void entry_terms(yyjson_val *entry, char out[CONDITION_MAX])
{
	yyjson_val *above = yyjson_obj_get(entry, "min_prompt_tokens");
	yyjson_val *start = yyjson_obj_get(entry, "utc_start");
	int from = yyjson_get_int(start);
	int to = yyjson_get_int(yyjson_obj_get(entry, "utc_end"));
	int n = 0;

	if (start)
		n = snprintf(out, CONDITION_MAX, "%02d:%02d-%02d:%02dZ", from / 100, from % 100,
			     to / 100, to % 100);
	if (above)
		(void)snprintf(out + n, CONDITION_MAX - (size_t)n, "%s>%lld", n ? "][" : "",
			       (long long)yyjson_get_sint(above));
}

static void insert_all_prices(struct base *b, int64_t model, yyjson_val *pricing, bool images)
{
	yyjson_val *overrides = yyjson_obj_get(pricing, "overrides");
	yyjson_arr_iter entries = yyjson_arr_iter_with(overrides);
	yyjson_val *entry;
	char terms[CONDITION_MAX];

	insert_prices(b, model, pricing, "", images, NULL);
	while ((entry = yyjson_arr_iter_next(&entries))) {
		entry_terms(entry, terms);
		insert_prices(b, model, entry, terms, images, "models#/pricing/overrides");
	}
}

/* ---- models ---- */

/* What of a row is wanted more than once. */
struct row {
	yyjson_val *name, *context, *max_output, *modality;
	bool tools, reasoning, structured, image_in, audio_in, image_out, audio_out;
	const char *expires; /* "2026-09-30" or NULL */
};

static bool has(yyjson_val *array, const char *word)
{
	yyjson_arr_iter items = yyjson_arr_iter_with(array);
	yyjson_val *item;

	while ((item = yyjson_arr_iter_next(&items)))
		if (yyjson_equals_str(item, word))
			return true;
	return false;
}

static struct row row_of(yyjson_val *o)
{
	yyjson_val *top = yyjson_obj_get(o, "top_provider");
	yyjson_val *kind = yyjson_obj_get(o, "architecture");
	yyjson_val *in = yyjson_obj_get(kind, "input_modalities");
	yyjson_val *out = yyjson_obj_get(kind, "output_modalities");
	yyjson_val *params = yyjson_obj_get(o, "supported_parameters");
	struct row r = {
		.name = yyjson_obj_get(o, "name"),
		.context = yyjson_obj_get(o, "context_length"),
		.max_output = yyjson_obj_get(top, "max_completion_tokens"),
		.modality = yyjson_obj_get(kind, "modality"),
		.tools = has(params, "tools"),
		.reasoning = has(params, "reasoning"),
		.structured = has(params, "structured_outputs"),
		.image_in = has(in, "image"),
		.audio_in = has(in, "audio"),
		.image_out = has(out, "image"),
		.audio_out = has(out, "audio"),
		.expires = yyjson_get_str(yyjson_obj_get(o, "expiration_date")),
	};

	if (!yyjson_is_int(r.context))
		r.context = yyjson_obj_get(top, "context_length");
	if (r.expires && strcmp(r.expires, "2098-12-31") == 0)
		r.expires = NULL;
	return r;
}

/* The values that have no column, as one JSON object. */
static size_t metadata_of(yyjson_val *o, char *out, size_t room)
{
	static const char *const keys[] = { "created",        "hugging_face_id",
					    "canonical_slug", "knowledge_cutoff",
					    "alias_target",   "supported_parameters",
					    "reasoning",      "benchmarks" };
	char memory[16384]; /* the writer's, instead of malloc for each value */
	size_t at = 0;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		yyjson_val *v = yyjson_obj_get(o, keys[i]);
		yyjson_alc pool;
		const char *text;
		size_t n;

		if (!v || yyjson_is_null(v) || yyjson_equals_str(v, ""))
			continue;
		yyjson_alc_pool_init(&pool, memory, sizeof(memory));
		text = yyjson_val_write_opts(v, 0, &pool, &n, NULL);
		if (!text || at + n + 64 > room)
			die("a value of %s is too long", keys[i]);
		at += (size_t)sprintf(out + at, "%c\"%s\":", at ? ',' : '{', keys[i]);
		memcpy(out + at, text, n);
		at += n;
	}
	out[at++] = '}';
	return at;
}

static void bind_model(struct base *b, yyjson_val *o, const struct row *r, yyjson_val *pricing)
{
	sqlite3_stmt *st = b->st[INSERT_MODEL];
	static const char *const shown[] = { "prompt", "completion", "image", "request" };

	bind_value(st, 1, yyjson_obj_get(o, "id"));
	bind_value(st, 2, r->name);
	bind_value(st, 3, yyjson_obj_get(o, "description"));
	bind_value(st, 4, r->context);
	bind_value(st, 5, r->max_output);
	bind_value(st, 6, r->modality);
	bind_value(st, 7, yyjson_obj_get(yyjson_obj_get(o, "architecture"), "tokenizer"));
	for (int i = 0; i < 4; i++) {
		yyjson_val *v = yyjson_obj_get(pricing, shown[i]);

		if (yyjson_equals_str(v, "-1") || (i == 2 && is_no_image(v, r->image_in)))
			v = NULL;
		bind_value(st, 8 + i, v);
	}
	sqlite3_bind_int(st, 12, r->tools);
	sqlite3_bind_int(st, 13, r->image_in);
	bind_text(st, 15, hash);
	bind_text(st, 17, b->at);
}

static void insert_model(struct base *b, yyjson_val *o, const struct row *r, yyjson_val *pricing)
{
	sqlite3_stmt *st = b->st[INSERT_MODEL];
	char metadata[32768];
	char expires[32];

	bind_model(b, o, r, pricing);
	if (r->expires)
		(void)snprintf(expires, sizeof(expires), "%.10sT00:00:00.000Z", r->expires);
	bind_text(st, 14, r->expires ? expires : NULL);
	sqlite3_bind_text(st, 16, metadata, (int)metadata_of(o, metadata, sizeof(metadata)),
			  SQLITE_STATIC);
	run(b, INSERT_MODEL);
	b->models++;
}

static void insert_version(struct base *b, int64_t model, const struct row *r)
{
	sqlite3_stmt *st = b->st[INSERT_VERSION];
	char said[160];
	struct tm day = { 0 };

	(void)snprintf(said, sizeof(said),
		       "%saudio_input,%saudio_output,%sfunction_calling,%simage_generation,"
		       "%sreasoning,%sstructured_outputs,%svision",
		       r->audio_in ? "" : "!", r->audio_out ? "" : "!", r->tools ? "" : "!",
		       r->image_out ? "" : "!", r->reasoning ? "" : "!", r->structured ? "" : "!",
		       r->image_in ? "" : "!");
	sqlite3_bind_int64(st, 1, model);
	sqlite3_bind_int64(st, 2, b->at_ms);
	bind_value(st, 3, r->name);
	bind_value(st, 4, r->context);
	bind_value(st, 5, r->max_output);
	bind_value(st, 6, r->modality);
	bind_text(st, 7, said);
	if (r->expires && strptime(r->expires, "%F", &day))
		sqlite3_bind_int64(st, 8, (int64_t)timegm(&day) * 1000);
	else
		sqlite3_bind_null(st, 8);
	run(b, INSERT_VERSION);
}

static void insert_row(struct base *b, yyjson_val *o)
{
	yyjson_val *pricing = yyjson_obj_get(o, "pricing");
	struct row r = row_of(o);
	int64_t model;

	insert_model(b, o, &r, pricing);
	model = sqlite3_last_insert_rowid(b->db);
	insert_version(b, model, &r);
	insert_all_prices(b, model, pricing, r.image_in);
}

static void insert_summary(struct base *b, size_t bytes)
{
	sqlite3_stmt *st = b->st[INSERT_SNAPSHOT];

	bind_text(st, 1, hash);
	sqlite3_bind_int64(st, 2, b->at_ms);
	sqlite3_bind_int64(st, 3, b->models);
	sqlite3_bind_int64(st, 4, b->prices);
	run(b, INSERT_SNAPSHOT);
	st = b->st[INSERT_RUN];
	sqlite3_bind_int64(st, 1, b->at_ms);
	sqlite3_bind_int64(st, 2, (int64_t)bytes);
	sqlite3_bind_int64(st, 3, b->models);
	sqlite3_bind_int64(st, 4, b->prices);
	bind_text(st, 5, hash);
	run(b, INSERT_RUN);
}

static void close_base(struct base *b)
{
	must(b, sqlite3_exec(b->db, "COMMIT", NULL, NULL, NULL));
	for (int i = 0; i < STATEMENTS; i++)
		(void)sqlite3_finalize(b->st[i]);
	must(b, sqlite3_close(b->db));
}

static void insert(yyjson_val *rows, size_t bytes, const char *path, const char *schema,
		   struct base *ret)
{
	yyjson_arr_iter items = yyjson_arr_iter_with(rows);
	yyjson_val *row;

	open_base(ret, path, schema);
	while ((row = yyjson_arr_iter_next(&items)))
		insert_row(ret, row);
	insert_summary(ret, bytes);
	close_base(ret);
}

/* ---- main ---- */

int main(int argc, char **argv)
{
	bool inserts = argc == 5 && strcmp(argv[1], "insert") == 0;
	struct base base = { 0 };
	yyjson_doc *doc;
	yyjson_val *rows;
	struct body b;
	double start, fetched, parsed;

	if (!inserts && !(argc == 3 && strcmp(argv[1], "fetch-parse") == 0))
		die("usage: bench_floor fetch-parse URL | insert URL DB SCHEMA");
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
	start = now_ms();
	b = fetch(argv[2]);
	fetched = now_ms();
	rows = parse(&b, &doc);
	parsed = now_ms();
	if (inserts)
		insert(rows, b.n, argv[3], argv[4], &base);
	printf("{\"bytes\":%zu,\"rows\":%zu,\"models\":%lld,\"prices\":%lld,\"fetch_ms\":%.1f,"
	       "\"parse_ms\":%.1f,\"insert_ms\":%.1f}\n",
	       b.n, yyjson_arr_size(rows), (long long)base.models, (long long)base.prices,
	       fetched - start, parsed - fetched, now_ms() - parsed);
	yyjson_doc_free(doc);
	free(b.at);
	return EXIT_SUCCESS;
}
