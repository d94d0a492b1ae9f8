#include "store/sqlite/sqlite_bind.h"

#include "core/model.h"

#include <assert.h>

/* Wrong index, or no memory: neither is a condition to go on from. */
static void must(int rc)
{
	assert(rc == SQLITE_OK);
	(void)rc;
}

void bind_str(sqlite3_stmt *st, int at, struct str s)
{
	must(sqlite3_bind_text64(st, at, s.at, s.n, SQLITE_STATIC, SQLITE_UTF8));
}

void bind_text(sqlite3_stmt *st, int at, const char *text)
{
	bind_str(st, at, str_of(text));
}

void bind_blob(sqlite3_stmt *st, int at, struct str s)
{
	must(sqlite3_bind_blob64(st, at, s.at, s.n, SQLITE_STATIC));
}

void bind_i64(sqlite3_stmt *st, int at, int64_t n)
{
	must(sqlite3_bind_int64(st, at, n));
}

void bind_u64(sqlite3_stmt *st, int at, uint64_t n)
{
	assert(n <= INT64_MAX);
	bind_i64(st, at, (int64_t)n);
}

static void bind_unless(sqlite3_stmt *st, int at, int64_t n, int64_t none)
{
	if (n == none)
		must(sqlite3_bind_null(st, at));
	else
		bind_i64(st, at, n);
}

void bind_ms(sqlite3_stmt *st, int at, int64_t ms)
{
	bind_unless(st, at, ms, CLOCK_NONE);
}

void bind_count(sqlite3_stmt *st, int at, int64_t n)
{
	bind_unless(st, at, n, MODEL_NO_COUNT);
}

void bind_flag(sqlite3_stmt *st, int at, int flag)
{
	bind_unless(st, at, flag, -1);
}

void bind_time(sqlite3_stmt *st, int at, int64_t ms, char out[CLOCK_TEXT_MAX])
{
	bind_text(st, at, ms == CLOCK_NONE ? NULL : clock_text(ms, out));
}

void bind_hash(sqlite3_stmt *st, int at, const struct hash *h, char out[HASH_TEXT_MAX])
{
	bind_str(st, at, (struct str){ hash_text(h, out), HASH_TEXT_MAX - 1 });
}

void bind_limit(sqlite3_stmt *st, int at, uint64_t limit)
{
	bind_i64(st, at, limit == 0 || limit > INT64_MAX ? -1 : (int64_t)limit);
}

void bind_real(sqlite3_stmt *st, int at, bool has, double value)
{
	must(has ? sqlite3_bind_double(st, at, value) : sqlite3_bind_null(st, at));
}

struct str column_str(sqlite3_stmt *st, int at)
{
	const void *bytes = sqlite3_column_blob(st, at);

	if (bytes)
		return (struct str){ bytes, (size_t)sqlite3_column_bytes(st, at) };
	/* What is of no length has no address either, but it is not absent. */
	return sqlite3_column_type(st, at) == SQLITE_NULL ? STR_NONE : STR("");
}

struct str column_copy(sqlite3_stmt *st, int at, struct arena *a)
{
	return arena_str(a, column_str(st, at));
}

uint64_t column_u64(sqlite3_stmt *st, int at)
{
	int64_t n = sqlite3_column_int64(st, at);

	return n < 0 ? 0 : (uint64_t)n;
}

static int64_t column_unless_null(sqlite3_stmt *st, int at, int64_t none)
{
	return sqlite3_column_type(st, at) == SQLITE_NULL ? none : sqlite3_column_int64(st, at);
}

int64_t column_ms(sqlite3_stmt *st, int at)
{
	return column_unless_null(st, at, CLOCK_NONE);
}

int64_t column_count(sqlite3_stmt *st, int at)
{
	return column_unless_null(st, at, MODEL_NO_COUNT);
}

int64_t column_time(sqlite3_stmt *st, int at)
{
	struct str text = column_str(st, at);
	int64_t ms = CLOCK_NONE;
	struct err ignored;

	if (!str_is_none(text))
		(void)clock_parse(text, &ms, &ignored);
	return ms;
}

bool column_real(sqlite3_stmt *st, int at, double *ret)
{
	*ret = sqlite3_column_double(st, at);
	return sqlite3_column_type(st, at) != SQLITE_NULL;
}

bool column_hash(sqlite3_stmt *st, int at, struct hash *ret)
{
	*ret = (struct hash){ 0 };
	return hash_parse(column_str(st, at), ret);
}
