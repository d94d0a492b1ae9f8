/* SPDX-License-Identifier: MIT */
/*
 * history_ask: how long answers about the past take, beside the rows alone.
 *
 * Each question is asked N times of instants and providers picked at random, first through store.h
 * with all that makes the answer (the differences of a diff, too), then by bare statements that read
 * the same rows, every column of each, and do nothing with them.  One JSON line a question.
 *
 * An answer counts only when it is right: a state's canonical text must hash to the snapshot that was
 * in force, and a diff must be what two states held side by side differ in.
 */
#include "history.h"

#include "core/change.h"
#include "store/past.h"

#include <assert.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* By the clock, and of this process alone: what others do besides is in the first only. */
struct moment {
	double wall_ms, cpu_ms;
};

static double read_clock(clockid_t which)
{
	struct timespec t;

	(void)clock_gettime(which, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static struct moment moment(void)
{
	return (struct moment){ read_clock(CLOCK_MONOTONIC), read_clock(CLOCK_PROCESS_CPUTIME_ID) };
}

static void die(const char *what, const char *why)
{
	(void)fprintf(stderr, "bench_history: %s: %s\n", what, why);
	exit(EXIT_FAILURE);
}

/* ---- the floor ---- */

struct bare {
	sqlite3 *sqlite; /* one of both */
	PGconn *postgres;
};

static void bare_open(struct bare *b)
{
	*b = (struct bare){ 0 };
	if (strncmp(database_url, "sqlite:", 7) == 0) {
		if (sqlite3_open_v2(database_url + 7, &b->sqlite, SQLITE_OPEN_READONLY, NULL))
			die(database_url, sqlite3_errmsg(b->sqlite));
		return;
	}
	b->postgres = PQconnectdb(database_url);
	if (PQstatus(b->postgres) != CONNECTION_OK)
		die("floor", PQerrorMessage(b->postgres));
}

static void bare_close(struct bare *b)
{
	(void)sqlite3_close(b->sqlite);
	PQfinish(b->postgres);
}

static size_t read_sqlite(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *st;
	size_t n = 0, bytes = 0;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL))
		die(sql, sqlite3_errmsg(db));
	for (; sqlite3_step(st) == SQLITE_ROW; n++)
		for (int i = 0; i < sqlite3_column_count(st); i++)
			bytes += sqlite3_column_text(st, i) ? (size_t)sqlite3_column_bytes(st, i)
							    : 0;
	if (sqlite3_finalize(st) || bytes == SIZE_MAX)
		die(sql, sqlite3_errmsg(db));
	return n;
}

static size_t read_postgres(PGconn *conn, const char *sql)
{
	/* Binary results, as ours. */
	PGresult *r = PQexecParams(conn, sql, 0, NULL, NULL, NULL, NULL, 1);
	size_t n, bytes = 0;

	if (PQresultStatus(r) != PGRES_TUPLES_OK)
		die(sql, PQresultErrorMessage(r));
	n = (size_t)PQntuples(r);
	for (int row = 0; row < PQntuples(r); row++)
		for (int i = 0; i < PQnfields(r); i++)
			bytes += (size_t)PQgetlength(r, row, i);
	PQclear(r);
	return bytes == SIZE_MAX ? 0 : n;
}

/* In a statement: @P the provider's id, @A and @B the instants. */
static size_t bare_read(struct bare *b, const char *sql, int64_t provider_id, int64_t from_ms,
			int64_t to_ms)
{
	const int64_t instants[] = { from_ms, to_ms };
	BUF_AUTO(out, 1 << 16);

	for (const char *at = sql; *at; at++) {
		if (*at != '@')
			buf_add_char(&out, *at);
		else if (*++at == 'P')
			buf_printf(&out, "%" PRId64, provider_id);
		else if (b->sqlite)
			buf_printf(&out, "%" PRId64, instants[*at - 'A']);
		else
			buf_printf(&out, "to_timestamp(%" PRId64 " / 1000.0)", instants[*at - 'A']);
	}
	return b->sqlite ? read_sqlite(b->sqlite, out.at) : read_postgres(b->postgres, out.at);
}

#define VERSION                                                                         \
	"SELECT r.model_id, r.name, r.context_length, r.max_output_tokens, r.modality," \
	" r.capabilities, r.quantization, r.deprecated_at, r.replaced_by"
#define PRICE "SELECT r.model_id, r.meter, r.condition, r.state, r.amount, r.currency"
#define STATE "r.seen_from <= @A AND (r.seen_to IS NULL OR r.seen_to > @A)"
#define MOVED                                                                             \
	"r.seen_from <= @B AND (r.seen_to IS NULL AND r.seen_from > @A OR r.seen_to > @A" \
	" AND (r.seen_from <= @A) <> (r.seen_to > @B))"
#define OF_ONE(columns, table, which)                                                        \
	columns " FROM models m JOIN " table " r ON r.model_id = m.id AND r.seen_to IS NULL" \
		" WHERE m.provider_id = @P AND " which " UNION ALL " columns                 \
		" FROM models m JOIN " table                                                 \
		" r ON r.model_id = m.id AND r.seen_to IS NOT NULL AND r.seen_to > @A"       \
		" WHERE m.provider_id = @P AND " which
#define OF_ALL(columns, table, which) columns " FROM " table " r WHERE " which
#define ABSENT \
	"SELECT model_id FROM absences WHERE gone_from <= @B AND (gone_to IS NULL OR gone_to > @A)"

/* ---- questions ---- */

struct asker {
	struct store *store;
	struct market random; /* for its numbers alone */
	struct seller *sellers;
	size_t n_sellers;
	int64_t first_ms, last_ms;
	struct bare bare;
};

/* One question, asked once. */
struct asking {
	struct str provider; /* or absent */
	int64_t provider_id, from_ms, to_ms;
};

static size_t ask_state(struct asker *x, const struct asking *q, struct arena *a)
{
	struct store_past *past;
	size_t n, models = 0;
	struct err e;

	check(store_load_past(x->store, q->provider, q->from_ms, a, &past, &n, &e), &e);
	for (size_t i = 0; i < n; i++)
		models += past[i].catalog.n;
	return models;
}

static void add_differences(const struct model *before, const struct model *after, struct arena *a,
			    struct changes *list)
{
	const struct model *one = before ? before : after;

	assert(one);
	if (before && after)
		changes_between(before, after, a, list);
	else
		changes_add(list, a, (struct change){ .model = one->id });
}

static size_t ask_diff(struct asker *x, const struct asking *q, struct arena *a)
{
	struct changes changes = { 0 };
	struct store_move *moves;
	struct err e;
	size_t n;

	check(store_load_moves(x->store, q->provider, q->from_ms, q->to_ms, a, &moves, &n, &e), &e);
	for (size_t i = 0; i < n; i++)
		add_differences(moves[i].before, moves[i].after, a, &changes);
	return changes.n;
}

static bool count_change(void *arg, const struct store_change_row *row, struct err *e)
{
	(void)row;
	(void)e;
	++*(size_t *)arg;
	return true;
}

static size_t ask_changes(struct asker *x, const struct asking *q, struct arena *a)
{
	size_t n = 0;
	struct err e;

	(void)a;
	check(store_list_changes(x->store, &(struct store_change_query){ .since_ms = q->from_ms },
				 count_change, &n, &e),
	      &e);
	return n;
}

enum { ANYBODY = -1, EVERYBODY = -2 };

static const struct question {
	const char *name;
	int whose; /* ANYBODY, EVERYBODY, or the first seller, who is the largest */
	bool last_day;
	size_t (*ask)(struct asker *x, const struct asking *q, struct arena *a);
	const char *floor[4];
} questions[] = {
	{ "state, a provider",
	  ANYBODY,
	  false,
	  ask_state,
	  { OF_ONE(VERSION, "model_versions", STATE), OF_ONE(PRICE, "prices", STATE), ABSENT,
	    "SELECT id, provider_model_id FROM models WHERE provider_id = @P"
	    " ORDER BY provider_model_id" } },
	{ "state, the largest",
	  0,
	  false,
	  ask_state,
	  { OF_ONE(VERSION, "model_versions", STATE), OF_ONE(PRICE, "prices", STATE), ABSENT,
	    "SELECT id, provider_model_id FROM models WHERE provider_id = @P"
	    " ORDER BY provider_model_id" } },
	{ "state, whole market",
	  EVERYBODY,
	  false,
	  ask_state,
	  { OF_ALL(VERSION, "model_versions", STATE), OF_ALL(PRICE, "prices", STATE), ABSENT,
	    "SELECT id, provider_model_id FROM models ORDER BY provider_id, provider_model_id" } },
	{ "diff, a provider",
	  ANYBODY,
	  false,
	  ask_diff,
	  { OF_ONE(VERSION ", m.provider_model_id", "model_versions", MOVED),
	    OF_ONE(PRICE ", m.provider_model_id", "prices", MOVED), ABSENT } },
	{ "diff, the largest",
	  0,
	  false,
	  ask_diff,
	  { OF_ONE(VERSION ", m.provider_model_id", "model_versions", MOVED),
	    OF_ONE(PRICE ", m.provider_model_id", "prices", MOVED), ABSENT } },
	{ "diff, whole market",
	  EVERYBODY,
	  false,
	  ask_diff,
	  { OF_ALL(VERSION, "model_versions", MOVED), OF_ALL(PRICE, "prices", MOVED), ABSENT } },
	{ "changes, last day",
	  EVERYBODY,
	  true,
	  ask_changes,
	  { "SELECT c.id, c.at, p.slug, c.kind, c.model, c.field, c.old, c.new, c.ratio, c.tags"
	    " FROM changes c JOIN providers p ON p.id = c.provider_id WHERE c.at >= @A"
	    " ORDER BY c.id" } },
};

static struct asking pick(struct asker *x, const struct question *q)
{
	size_t whose = q->whose == ANYBODY ? market_below(&x->random, x->n_sellers) : 0;
	uint64_t span = (uint64_t)(x->last_ms - x->first_ms);
	int64_t a = x->first_ms + (int64_t)market_below(&x->random, span);
	int64_t b = x->first_ms + (int64_t)market_below(&x->random, span);
	struct asking asking = { .from_ms = a < b ? a : b, .to_ms = a < b ? b : a };

	if (q->ask == ask_state)
		asking.to_ms = asking.from_ms;
	if (q->last_day)
		asking.from_ms = x->last_ms - MARKET_DAY_MS;
	if (q->whose != EVERYBODY) {
		asking.provider = x->sellers[whose].slug;
		asking.provider_id = x->sellers[whose].id;
	}
	return asking;
}

/* What one side took, one list a clock. */
struct times {
	struct buf wall, cpu;
};

static void add_times(struct times *t, struct moment from, struct moment to)
{
	const char *separator = t->wall.n ? "," : "";

	buf_printf(&t->wall, "%s%.3f", separator, to.wall_ms - from.wall_ms);
	buf_printf(&t->cpu, "%s%.3f", separator, to.cpu_ms - from.cpu_ms);
}

static void print_times(const char *side, struct times *t)
{
	printf(",\"%s\":[%s],\"%s_cpu\":[%s]", side, t->wall.at, side, t->cpu.at);
	buf_release(&t->wall);
	buf_release(&t->cpu);
}

static void ask_question(struct asker *x, const struct question *q, size_t times)
{
	struct times ours = { BUF_INIT(1 << 20), BUF_INIT(1 << 20) };
	struct times floor = { BUF_INIT(1 << 20), BUF_INIT(1 << 20) };
	size_t items = 0, rows = 0;

	for (size_t i = 0; i <= times; i++) { /* the first warms */
		struct asking asking = pick(x, q);
		ARENA_AUTO(a);
		struct moment start = moment(), middle;

		items += q->ask(x, &asking, &a);
		middle = moment();
		for (size_t k = 0; k < 4 && q->floor[k]; k++)
			rows += bare_read(&x->bare, q->floor[k], asking.provider_id, asking.from_ms,
					  asking.to_ms);
		if (i == 0)
			continue;
		add_times(&ours, start, middle);
		add_times(&floor, middle, moment());
	}
	printf("{\"question\":\"%s\",\"items\":%zu,\"rows\":%zu", q->name, items / (times + 1),
	       rows / (times + 1));
	print_times("ours", &ours);
	print_times("floor", &floor);
	printf("}\n");
	(void)fflush(stdout);
}

/* ---- are the answers right? ---- */

static size_t wrong_states(struct asker *x, size_t times)
{
	size_t wrong = 0;

	for (size_t i = 0; i < times; i++) {
		struct asking q = pick(x, &questions[2]);
		struct store_past *past;
		ARENA_AUTO(a);
		struct err e;
		size_t n;

		check(store_load_past(x->store, STR_NONE, q.from_ms, &a, &past, &n, &e), &e);
		wrong += n != x->n_sellers;
		for (size_t k = 0; k < n; k++) {
			struct snapshot s;

			snapshot_take(&past[k].catalog, &a, &s);
			wrong += !hash_eq(&s.hash, &past[k].snapshot.hash);
		}
	}
	return wrong;
}

/* Two catalogs of one provider, side by side. */
static void hold_together(const struct catalog *before, const struct catalog *after,
			  struct arena *a, struct changes *list)
{
	size_t i = 0, k = 0;

	while (i < before->n || k < after->n) {
		int order = i == before->n  ? 1
			    : k == after->n ? -1
					    : model_cmp(&before->models[i], &after->models[k]);

		add_differences(order <= 0 ? &before->models[i] : NULL,
				order >= 0 ? &after->models[k] : NULL, a, list);
		i += order <= 0;
		k += order >= 0;
	}
}

static size_t wrong_diffs(struct asker *x, size_t times)
{
	size_t wrong = 0;

	for (size_t i = 0; i < times; i++) {
		struct asking q = pick(x, &questions[5]);
		struct store_past *before, *after;
		struct changes wanted = { 0 };
		ARENA_AUTO(a);
		struct err e;
		size_t n = 0;
		size_t m = 0;

		check(store_load_past(x->store, STR_NONE, q.from_ms, &a, &before, &n, &e) &&
			      store_load_past(x->store, STR_NONE, q.to_ms, &a, &after, &m, &e),
		      &e);
		for (size_t k = 0; k < n && k < m; k++)
			hold_together(&before[k].catalog, &after[k].catalog, &a, &wanted);
		wrong += n != m || ask_diff(x, &q, &a) != wanted.n;
	}
	return wrong;
}

void ask(struct store *s, char **argv)
{
	ARENA_AUTO(a);
	size_t times = strtoull(argv[0], NULL, 10);
	struct asker x = { .store = s,
			   .n_sellers = strtoull(argv[1], NULL, 10),
			   .random = { .random = strtoull(argv[2], NULL, 10) },
			   .first_ms = YEAR_BEGINS_MS };
	struct state *now = arena_array(&a, x.n_sellers, struct state);

	x.sellers = find_sellers(s, x.n_sellers, now, &a);
	x.last_ms = YEAR_BEGINS_MS + strtoll(argv[3], NULL, 10) * MARKET_DAY_MS;
	bare_open(&x.bare);
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
		ask_question(&x, &questions[i], times);
	printf("{\"question\":\"right?\",\"wrong_states\":%zu,\"wrong_diffs\":%zu}\n",
	       wrong_states(&x, 4), wrong_diffs(&x, 8));
	bare_close(&x.bare);
}

/* ---- the states as files ---- */

static void write_state(const char *dir, int64_t day, const struct store_past *past)
{
	BUF_AUTO(text, SIZE_MAX / 2);
	char path[4096];
	FILE *f;

	snapshot_print(&past->catalog, &text);
	(void)snprintf(path, sizeof(path), "%s/%03" PRId64 "-%.*s.json", dir, day,
		       STR_FMT(past->snapshot.provider));
	f = fopen(path, "we");
	if (!f || fwrite(text.at, 1, text.n, f) != text.n || fclose(f) != 0)
		die(path, "cannot be written");
}

void states(struct store *s, char **argv)
{
	ARENA_AUTO(a);
	size_t n_sellers = strtoull(argv[1], NULL, 10), n;
	struct state *now = arena_array(&a, n_sellers, struct state);
	int64_t days = strtoll(argv[2], NULL, 10);
	struct err e;

	(void)find_sellers(s, n_sellers, now, &a);
	for (int64_t day = 0; day < days; day++) {
		struct store_past *past;

		check(store_load_past(s, STR_NONE,
				      now[0].last_ms - (days - 1 - day) * MARKET_DAY_MS, &a, &past,
				      &n, &e),
		      &e);
		for (size_t i = 0; i < n; i++)
			write_state(argv[0], day, &past[i]);
	}
}
