#include "store/contract.h"

#include "base/buf.h"
#include "store/backend.h"

#include <assert.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <unistd.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static void fail(const char *what, const char *why)
{
	(void)fprintf(stderr, "contract: %s: %s\n", what, why);
	abort();
}

/* ---- SQLite ---- */

static const char *sqlite_path(const char *url)
{
	const char *path = url + strlen("sqlite:");

	while (path[0] == '/' && path[1] == '/')
		path++;
	return path;
}

static void sqlite_wipe(const char *url)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	char path[512];

	for (size_t i = 0; i < LENGTH(suffixes); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", sqlite_path(url), suffixes[i]);
		(void)unlink(path);
	}
}

static int add_row(void *arg, int n, char **values, char **names)
{
	(void)names;
	for (int i = 0; i < n; i++)
		buf_printf(arg, "%s%s", i ? "|" : "", values[i] ? values[i] : "-");
	buf_add_char(arg, '\n');
	return 0;
}

static void sqlite_query(const char *url, const char *sql, struct buf *out)
{
	char *why = NULL;
	sqlite3 *db;

	if (sqlite3_open(sqlite_path(url), &db) != SQLITE_OK)
		fail(url, sqlite3_errmsg(db));
	(void)sqlite3_busy_timeout(db, 10000);
	if (sqlite3_exec(db, sql, add_row, out, &why) != SQLITE_OK)
		fail(sql, why);
	(void)sqlite3_close(db);
}

/* The next id is the greatest plus one. */
static void sqlite_raise_ids(const char *url)
{
	struct buf none = BUF_INIT(64);

	sqlite_query(url,
		     "INSERT INTO providers (id, slug, name) VALUES (5000000000, 'high', 'High');"
		     "INSERT INTO models (id, provider_id, provider_model_id, model_name)"
		     " VALUES (6000000000, 5000000000, 'high', 'High');"
		     "INSERT INTO prices (id, model_id, meter, state, seen_from)"
		     " VALUES (7000000000, 6000000000, 'input_token', 'dynamic', 0)",
		     &none);
	buf_release(&none);
}

/* ---- PostgreSQL ---- */

static void no_notice(void *arg, const char *message)
{
	(void)arg;
	(void)message;
}

static PGconn *postgres_connection(const char *url)
{
	PGconn *conn = PQconnectdb(url);

	if (PQstatus(conn) != CONNECTION_OK)
		fail("postgres", PQerrorMessage(conn));
	(void)PQsetNoticeProcessor(conn, no_notice, NULL);
	return conn;
}

enum { OID_BOOL = 16, OID_TIMESTAMPTZ = 1184 };

/* As SQLite writes it: flags 0 and 1, instants RFC 3339. */
static void add_value(const PGresult *r, int row, int column, struct buf *out)
{
	const char *value = PQgetvalue(r, row, column);
	char text[CLOCK_TEXT_MAX], time[64];
	struct err ignored;
	int64_t ms;

	/* "2025-08-03 06:03:00.123+00" lacks the minutes of its offset. */
	(void)snprintf(time, sizeof(time), "%s:00", value);
	if (PQgetisnull(r, row, column))
		buf_add_char(out, '-');
	else if (PQftype(r, column) == OID_BOOL)
		buf_add_char(out, *value == 't' ? '1' : '0');
	else if (PQftype(r, column) == OID_TIMESTAMPTZ && clock_parse(str_of(time), &ms, &ignored))
		buf_printf(out, "%s", clock_text(ms, text));
	else
		buf_printf(out, "%s", value);
}

static void postgres_query_on(PGconn *conn, const char *sql, struct buf *out)
{
	/* Of several statements the last one's rows. */
	PGresult *r = PQexec(conn, sql);
	ExecStatusType status = PQresultStatus(r);

	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
		fail(sql, PQresultErrorMessage(r));
	for (int row = 0; row < PQntuples(r); row++) {
		for (int i = 0; i < PQnfields(r); i++) {
			if (i > 0)
				buf_add_char(out, '|');
			add_value(r, row, i, out);
		}
		buf_add_char(out, '\n');
	}
	PQclear(r);
}

static void postgres_query(const char *url, const char *sql, struct buf *out)
{
	PGconn *conn = postgres_connection(url);
	struct buf none = BUF_INIT(64);

	postgres_query_on(conn, "SET timezone = 'UTC'", &none);
	postgres_query_on(conn, sql, out);
	PQfinish(conn);
	buf_release(&none);
}

/* The schema that the URL leads to (a plain name), made anew and empty. */
static void postgres_wipe(const char *url)
{
	PGconn *conn = postgres_connection(url);
	struct buf path = BUF_INIT(256), none = BUF_INIT(256);
	struct str rest, first = STR("public");
	char sql[512];

	postgres_query_on(conn, "SELECT current_setting('search_path')", &path);
	rest = str_trim(buf_str(&path));
	while (str_cut(&rest, ',', &first) && str_starts(str_trim(first), STR("\"$user")))
		;
	first = str_trim(first);
	(void)snprintf(sql, sizeof(sql), "DROP SCHEMA IF EXISTS %.*s CASCADE; CREATE SCHEMA %.*s",
		       STR_FMT(first), STR_FMT(first));
	postgres_query_on(conn, sql, &none);
	PQfinish(conn);
	buf_release(&path);
	buf_release(&none);
}

static void postgres_raise_ids(const char *url)
{
	struct buf none = BUF_INIT(256);

	postgres_query(url,
		       "SELECT setval(pg_get_serial_sequence('providers', 'id'), 5000000000),"
		       " setval(pg_get_serial_sequence('models', 'id'), 6000000000),"
		       " setval(pg_get_serial_sequence('prices', 'id'), 7000000000)",
		       &none);
	buf_release(&none);
}

/* ---- which database ---- */

static const struct kind {
	const char *scheme;
	void (*wipe)(const char *url);
	void (*query)(const char *url, const char *sql, struct buf *out);
	void (*raise_ids)(const char *url);
	const struct store_migration *migrations;
	const char *now; /* in SQL */
} kinds[] = {
	{ "sqlite:", sqlite_wipe, sqlite_query, sqlite_raise_ids, store_sqlite_migrations, "0" },
	{ "postgres:", postgres_wipe, postgres_query, postgres_raise_ids, store_postgres_migrations,
	  "now()" },
	{ "postgresql:", postgres_wipe, postgres_query, postgres_raise_ids,
	  store_postgres_migrations, "now()" },
};

static const struct kind *kind_of(const char *url)
{
	for (size_t i = 0; i < LENGTH(kinds); i++)
		if (strncmp(url, kinds[i].scheme, strlen(kinds[i].scheme)) == 0)
			return &kinds[i];
	fail(url, "no such kind of database in the contract suite");
	return NULL;
}

static char own_dir[32];
static char own_url[64];

static void make_own(void)
{
	if (*own_url)
		return;
	(void)snprintf(own_dir, sizeof(own_dir), "/tmp/assay-store-XXXXXX");
	if (!mkdtemp(own_dir))
		fail(own_dir, "mkdtemp");
	(void)snprintf(own_url, sizeof(own_url), "sqlite:%s/contract.db", own_dir);
}

const char *const *contract_urls(size_t *ret_n)
{
	static const char *urls[8];
	static char set[1024];
	const char *words = getenv("ASSAY_TEST_DATABASES");
	char *word, *rest = set;
	size_t n = 0;

	(void)snprintf(set, sizeof(set), "%s", words ? words : "");
	while (n < LENGTH(urls) && (word = strsep(&rest, " \t\n")))
		if (*word)
			urls[n++] = word;
	if (n == 0) {
		make_own();
		urls[n++] = own_url;
	}
	*ret_n = n;
	return urls;
}

void contract_tidy(void)
{
	if (!*own_url)
		return;
	sqlite_wipe(own_url);
	(void)rmdir(own_dir);
	*own_url = '\0';
}

void contract_wipe(const char *url)
{
	kind_of(url)->wipe(url);
}

void contract_make_old(const char *url, int version)
{
	const struct kind *k = kind_of(url);
	char sql[256];

	for (int i = 0; i < version; i++) {
		contract_exec(url, k->migrations[i].sql);
		(void)snprintf(sql, sizeof(sql), "INSERT INTO schema_version VALUES (%d, '%s', %s)",
			       k->migrations[i].version, k->migrations[i].name, k->now);
		contract_exec(url, sql);
	}
}

char *contract_query(const char *url, const char *sql)
{
	struct buf out = BUF_INIT(64 << 20);

	kind_of(url)->query(url, sql, &out);
	buf_add(&out, "", 0);
	return out.at ? out.at : strdup("");
}

void contract_exec(const char *url, const char *sql)
{
	free(contract_query(url, sql));
}

char *contract_dump(const char *url, const char *table)
{
	char sql[128];

	(void)snprintf(sql, sizeof(sql), "SELECT * FROM %s ORDER BY id", table);
	return contract_query(url, sql);
}

void contract_raise_ids(const char *url)
{
	kind_of(url)->raise_ids(url);
}

/* ---- the smallest sync ---- */

struct sync {
	struct arena *a;
	const struct catalog *c;
	struct snapshot snapshot;
	struct store_row *rows;
	size_t n_rows;
	struct store_observed *observed; /* [n_rows] */
	struct store_batch batch;
	struct store_model_write *writes;
	struct store_price_open *opens;
	int64_t *closes, *missing, *returned;
	struct changes changes;
	struct contract_counts count;
};

static void add_change(struct sync *y, enum change_kind kind, struct str model)
{
	changes_add(&y->changes, y->a, (struct change){ .kind = kind, .model = model });
}

static void write_model(struct sync *y, size_t i, int64_t id, bool new_version)
{
	y->writes[y->count.written++] =
		(struct store_model_write){ id, &y->c->models[i], y->snapshot.content[i],
					    new_version };
	y->count.versions += new_version;
}

static void open_price(struct sync *y, const struct price *p)
{
	y->opens[y->count.opened++] =
		(struct store_price_open){ y->count.written - 1, p, STR_NONE };
}

static void add_model(struct sync *y, size_t i)
{
	const struct model *m = &y->c->models[i];

	write_model(y, i, 0, true);
	for (size_t k = 0; k < m->n_prices; k++)
		open_price(y, &m->prices[k]);
	add_change(y, CHANGE_ADDED, m->id);
}

/* Close what is no longer so, open what is new; both sides are sorted. */
static void diff_prices(struct sync *y, const struct store_observed *was, const struct model *is)
{
	size_t i = 0, k = 0;

	while (i < was->model.n_prices || k < is->n_prices) {
		int c = i == was->model.n_prices ? 1
			: k == is->n_prices      ? -1
						 : price_cmp(&was->model.prices[i], &is->prices[k]);
		bool same = c == 0 && price_same(&was->model.prices[i], &is->prices[k]);

		if (c <= 0 && !same)
			y->closes[y->count.closed++] = was->price_ids[i];
		if (c >= 0 && !same)
			open_price(y, &is->prices[k]);
		i += c <= 0;
		k += c >= 0;
	}
}

static void compare_model(struct sync *y, size_t i, size_t row)
{
	const struct model *m = &y->c->models[i];
	size_t before = y->changes.n;
	bool version = false;

	if (y->rows[row].missing_since_ms != CLOCK_NONE) {
		y->returned[y->count.returned++] = y->rows[row].id;
		add_change(y, CHANGE_RETURNED, m->id);
		before++;
	}
	if (memcmp(&y->rows[row].content, &y->snapshot.content[i], sizeof(struct hash)) == 0)
		return;
	changes_between(&y->observed[row].model, m, y->a, &y->changes);
	for (; before < y->changes.n; before++)
		version |= y->changes.items[before].kind != CHANGE_PRICE;
	write_model(y, i, y->rows[row].id, version);
	diff_prices(y, &y->observed[row], m);
}

static void lose_model(struct sync *y, size_t row)
{
	if (y->rows[row].missing_since_ms != CLOCK_NONE)
		return;
	y->missing[y->count.missing++] = y->rows[row].id;
	add_change(y, CHANGE_MISSING, y->rows[row].provider_model_id);
}

static void diff_catalog(struct sync *y)
{
	size_t i = 0, row = 0;

	while (i < y->c->n || row < y->n_rows) {
		int c = i == y->c->n ? 1
			: row == y->n_rows
				? -1
				: str_cmp(y->c->models[i].id, y->rows[row].provider_model_id);

		if (c < 0)
			add_model(y, i);
		else if (c > 0)
			lose_model(y, row);
		else
			compare_model(y, i, row);
		i += c <= 0;
		row += c >= 0;
	}
}

static bool load(struct sync *y, struct store *s, int64_t provider_id, struct err *e)
{
	int64_t *ids;

	if (!store_load_rows(s, provider_id, y->a, &y->rows, &y->n_rows, e))
		return false;
	ids = arena_array(y->a, y->n_rows, int64_t);
	for (size_t i = 0; i < y->n_rows; i++)
		ids[i] = y->rows[i].id;
	y->observed = arena_array(y->a, y->n_rows, struct store_observed);
	return store_load_observed(s, ids, y->n_rows, y->a, y->observed, e);
}

static void make_room(struct sync *y)
{
	size_t prices = 0, old = 0;

	for (size_t i = 0; i < y->c->n; i++)
		prices += y->c->models[i].n_prices;
	for (size_t i = 0; i < y->n_rows; i++)
		old += y->observed[i].model.n_prices;
	y->writes = arena_array(y->a, y->c->n, struct store_model_write);
	y->opens = arena_array(y->a, prices, struct store_price_open);
	y->closes = arena_array(y->a, old, int64_t);
	y->missing = arena_array(y->a, y->n_rows, int64_t);
	y->returned = arena_array(y->a, y->n_rows, int64_t);
	y->batch.snapshot_prices = prices;
}

static bool run(struct sync *y, struct store *s, int64_t at_ms, struct err *e)
{
	const struct store_provider p = {
		.slug = y->c->provider,
		.name = y->c->provider,
		.supports_streaming = -1,
		.supports_function_calling = -1,
		.supports_vision = -1,
		.supports_image_generation = -1,
	};
	int64_t provider_id;
	bool is_active;

	if (!store_provider_follow(s, &p, at_ms, &provider_id, &is_active, e) ||
	    !load(y, s, provider_id, e))
		return false;
	snapshot_take(y->c, y->a, &y->snapshot);
	make_room(y);
	diff_catalog(y);
	y->count.changes = y->changes.n;
	y->batch = (struct store_batch){
		.provider_id = provider_id,
		.at_ms = at_ms,
		.writes = y->writes,
		.n_writes = y->count.written,
		.price_closes = y->closes,
		.n_price_closes = y->count.closed,
		.price_opens = y->opens,
		.n_price_opens = y->count.opened,
		.missing = y->missing,
		.n_missing = y->count.missing,
		.returned = y->returned,
		.n_returned = y->count.returned,
		.changes = y->changes.items,
		.n_changes = y->changes.n,
		.snapshot = y->snapshot.hash,
		.snapshot_models = y->c->n,
		.snapshot_prices = y->batch.snapshot_prices,
	};
	return store_apply(s, &y->batch, e);
}

bool contract_sync(struct store *s, const struct catalog *c, int64_t at_ms,
		   struct contract_counts *ret, struct err *e)
{
	ARENA_AUTO(a);
	struct sync y = { .a = &a, .c = c };
	char slug[64];

	(void)snprintf(slug, sizeof(slug), "%.*s", STR_FMT(c->provider));
	if (!store_begin(s, slug, e))
		return false;
	if (!run(&y, s, at_ms, e) || !store_commit(s, e)) {
		store_rollback(s);
		return false;
	}
	if (ret)
		*ret = y.count;
	return true;
}

/* ---- models ---- */

struct model contract_bare_model(const char *id)
{
	return (struct model){
		.id = str_of(id),
		.context_length = MODEL_NO_COUNT,
		.max_output_tokens = MODEL_NO_COUNT,
		.deprecated_at_ms = CLOCK_NONE,
		.created_ms = CLOCK_NONE,
	};
}

struct price contract_price(enum meter meter, const char *condition, const char *amount)
{
	return (struct price){
		.meter = meter,
		.state = strcmp(amount, "0") == 0 ? PRICE_FREE : PRICE_PRICED,
		.condition = str_of(condition),
		.amount = str_of(amount),
		.currency = STR("USD"),
		.raw = str_of(amount),
		.unit = STR("USD/token"),
		.source = STR("models#/pricing"),
		.valid_from_ms = CLOCK_NONE,
		.valid_to_ms = CLOCK_NONE,
	};
}

struct model contract_model(struct arena *a, const char *id, const char *input, const char *output)
{
	struct model m = contract_bare_model(id);

	m.name = m.id;
	m.context_length = 131072;
	m.modality = STR("text->text");
	capabilities_set(&m.capabilities, CAP_STREAMING, true);
	capabilities_set(&m.capabilities, CAP_VISION, false);
	m.prices = arena_array(a, 2, struct price);
	m.prices[m.n_prices++] = contract_price(METER_INPUT_TOKEN, "", input);
	m.prices[m.n_prices++] = contract_price(METER_OUTPUT_TOKEN, "", output);
	return m;
}

/* ---- chance ---- */

uint32_t contract_below(struct contract_random *r, uint32_t n)
{
	r->state = r->state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(r->state >> 33) % n;
}

/* Text that has broken something before; absent one time in four. */
static struct str any_text(struct contract_random *r, struct arena *a)
{
	static const char *const pieces[] = {
		"",
		"plain",
		"it's",
		"\"quoted\"",
		"back\\slash",
		"tab\there",
		"line\nbreak",
		"grüße",
		"模型",
		"\xF0\x9F\x92\xA1",
		"%s%n",
		"?1",
		":x",
		"{\"a\":1}",
		"NULL",
		"0123456789012345678901234567890123456789012345678901234567890123456789",
		" ",
	};
	uint32_t n = contract_below(r, 4);
	struct str text = STR("");

	if (n == 0)
		return STR_NONE;
	while (--n)
		text = arena_printf(a, "%.*s%s", STR_FMT(text),
				    pieces[contract_below(r, LENGTH(pieces))]);
	return text;
}

static int64_t any_count(struct contract_random *r)
{
	static const int64_t counts[] = { MODEL_NO_COUNT, 0, 1, 4096, 131072, 1LL << 40 };

	return counts[contract_below(r, LENGTH(counts))];
}

static int64_t any_time(struct contract_random *r)
{
	static const int64_t times[] = { CLOCK_NONE, 0, 1754200980123, 4102444800000 };

	return times[contract_below(r, LENGTH(times))];
}

static struct str any_amount(struct contract_random *r, struct arena *a)
{
	static const char *const amounts[] = {
		"0.0000006000000000000001",
		"1",
		"0.5",
		"123456789012345678901234567890",
		"0.000000000000000000000000000001",
		"100000000",
		"0.00000125",
	};
	uint32_t i = contract_below(r, LENGTH(amounts) + 4);

	if (i < LENGTH(amounts))
		return str_of(amounts[i]);
	return arena_printf(a, "0.%09u%u", contract_below(r, 1000000), 1 + contract_below(r, 9));
}

static struct price any_price(struct contract_random *r, enum meter meter, const char *condition,
			      struct arena *a)
{
	struct price p = contract_price(meter, condition, "0");

	p.state = (enum price_state)contract_below(r, 3);
	if (p.state == PRICE_PRICED)
		p.amount = any_amount(r, a);
	if (p.state == PRICE_DYNAMIC)
		p.amount = STR_NONE;
	if (contract_below(r, 8) == 0)
		p.currency = STR("EUR");
	p.raw = any_text(r, a);
	p.unit = any_text(r, a);
	p.source = any_text(r, a);
	p.valid_from_ms = any_time(r);
	p.valid_to_ms = any_time(r);
	return p;
}

static void any_prices(struct contract_random *r, struct model *m, struct arena *a)
{
	static const char *const conditions[] = { "",        "[>200000]",         "[10:00-01:00Z]",
						  "[batch]", "[>=128000][batch]", "[5m]" };

	m->prices = arena_array(a, METER_COUNT * LENGTH(conditions), struct price);
	for (size_t meter = 0; meter < METER_COUNT; meter++)
		for (size_t i = 0; i < LENGTH(conditions); i++)
			if (contract_below(r, 16) == 0)
				m->prices[m->n_prices++] =
					any_price(r, (enum meter)meter, conditions[i], a);
}

static struct model any_model(struct contract_random *r, struct str id, struct arena *a)
{
	struct model m = { .id = id };

	m.name = any_text(r, a);
	m.context_length = any_count(r);
	m.max_output_tokens = any_count(r);
	m.modality = any_text(r, a);
	m.quantization = any_text(r, a);
	m.replaced_by = any_text(r, a);
	m.deprecated_at_ms = any_time(r);
	for (enum capability c = 0; c < CAP_COUNT; c++)
		if (contract_below(r, 2))
			capabilities_set(&m.capabilities, c, contract_below(r, 2));
	any_prices(r, &m, a);
	m.description = any_text(r, a);
	m.architecture = any_text(r, a);
	m.hugging_face_id = any_text(r, a);
	m.created_ms = any_time(r);
	if (contract_below(r, 2))
		m.metadata = STR("{\"a\":[1,2.50,\"x\"],\"created\":\"theirs\",\"n\":null}");
	return m;
}

struct catalog contract_random_catalog(struct contract_random *r, size_t n, struct arena *a)
{
	struct catalog c = { STR("chance"), arena_array(a, n, struct model), 0 };

	for (size_t i = 0; i < n; i++) {
		struct str id = arena_printf(a, "vendor/%s-%zu", i % 7 ? "model" : "módèle '\"", i);

		if (contract_below(r, 8))
			c.models[c.n++] = any_model(r, id, a);
	}
	catalog_sort(&c);
	return c;
}
