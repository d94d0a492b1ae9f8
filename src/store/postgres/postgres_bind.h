/*
 * postgres_bind: values into statements and out of results, one function a type.
 *
 * Everything travels in PostgreSQL's binary formats: nothing is escaped, printed
 * or parsed, and no setting of a role (DateStyle, bytea_output) can change it.
 * NULL stands for an absent string, CLOCK_NONE, MODEL_NO_COUNT and a flag that
 * is not said.  Money is text here: a statement casts it, $3::numeric and
 * amount::text.
 */
#pragma once
#include "base/buf.h"
#include "core/snapshot.h"

#include <libpq-fe.h>

enum { PARAMS = 64 };

/* $1, $2, … in the order they are added.  Strings are not copied: they must stay. */
struct params {
	int n;
	Oid types[PARAMS];
	const char *values[PARAMS];
	int lengths[PARAMS];
	char scalars[PARAMS][8];
};

void param_str(struct params *p, struct str s);
void param_text(struct params *p, const char *text); /* NULL: NULL */
void param_json(struct params *p, struct str s);
void param_bytes(struct params *p, struct str s);
void param_i64(struct params *p, int64_t n);
void param_u64(struct params *p, uint64_t n); /* a count; ours never pass 2^63 */
void param_bool(struct params *p, bool yes);
void param_ms(struct params *p, int64_t ms);
/* `out` keeps it. */
void param_hash(struct params *p, const struct hash *h, char out[HASH_TEXT_MAX]);
void param_limit(struct params *p, uint64_t limit); /* for LIMIT: 0 is none */

/* One column of many rows: an array of one dimension, made piece by piece. */
enum array_type { ARRAY_TEXT, ARRAY_JSON, ARRAY_I64, ARRAY_BOOL, ARRAY_TIME, ARRAY_F64 };
struct array {
	enum array_type type;
	uint32_t n;
	struct buf bytes;
};

void array_init(struct array *c, enum array_type type);
void array_release(struct array *c);
void array_clear(struct array *c);
void array_str(struct array *c, struct str s);
void array_i64(struct array *c, int64_t n);
void array_count(struct array *c, int64_t n);
void array_flag(struct array *c, int flag); /* -1 0 1 */
void array_ms(struct array *c, int64_t ms);
void array_f64(struct array *c, bool has, double value);
void array_null(struct array *c);
/* As the next parameter; the array must stay as it is until the statement ran. */
void param_array(struct params *p, struct array *c);

/* Rows of one statement: an array a column, by a letter each: t, j (JSON), i, b, m (a time), f. */
struct columns {
	size_t n;
	struct array at[PARAMS];
};
void columns_init(struct columns *c, const char *letters);
void columns_release(struct columns *c);
void columns_clear(struct columns *c);
void param_columns(struct params *p, struct columns *c);

/* A value of a result.  Strings are slices of the result's memory. */
bool cell_is_null(const PGresult *r, int row, int column);
struct str cell_str(const PGresult *r, int row, int column);
/* The same, copied into the arena. */
struct str cell_copy(const PGresult *r, int row, int column, struct arena *a);
int64_t cell_i64(const PGresult *r, int row, int column);  /* of an INTEGER or BIGINT; NULL: 0 */
uint64_t cell_u64(const PGresult *r, int row, int column); /* a negative number reads as 0 */
int64_t cell_count(const PGresult *r, int row, int column);
int64_t cell_ms(const PGresult *r, int row, int column);
bool cell_bool(const PGresult *r, int row, int column);             /* NULL: false */
bool cell_f64(const PGresult *r, int row, int column, double *ret); /* false, and 0, for NULL */
/* False, and all zeros, for NULL and for what is not a hash. */
bool cell_hash(const PGresult *r, int row, int column, struct hash *ret);
