#include "store/postgres/postgres_bind.h"

#include "core/model.h"

#include <assert.h>
#include <endian.h>

/* Numbers of types, which never change (catalog/pg_type.dat). */
enum {
	OID_BOOL = 16,
	OID_BYTEA = 17,
	OID_INT8 = 20,
	OID_TEXT = 25,
	OID_JSON = 114,
	OID_JSON_ARRAY = 199,
	OID_FLOAT8 = 701,
	OID_BOOL_ARRAY = 1000,
	OID_TEXT_ARRAY = 1009,
	OID_INT8_ARRAY = 1016,
	OID_FLOAT8_ARRAY = 1022,
	OID_TIMESTAMPTZ = 1184,
	OID_TIMESTAMPTZ_ARRAY = 1185,
};

/* A time is microseconds since 2000 there. */
#define EPOCH_MS INT64_C(946684800000)

static uint64_t wire_i64(int64_t n)
{
	return htobe64((uint64_t)n);
}

static uint64_t wire_ms(int64_t ms)
{
	return wire_i64((ms - EPOCH_MS) * 1000);
}

/* ---- parameters ---- */

static void add(struct params *p, Oid type, const char *value, size_t n)
{
	assert(p->n < PARAMS && n <= INT32_MAX);
	p->types[p->n] = type;
	p->values[p->n] = value;
	p->lengths[p->n++] = (int)n;
}

static void add_scalar(struct params *p, Oid type, const void *wire, size_t n, bool is_null)
{
	char *at;

	assert(p->n < PARAMS && n <= sizeof(p->scalars[0]));
	at = p->scalars[p->n];
	memcpy(at, wire, n);
	add(p, type, is_null ? NULL : at, n);
}

void param_str(struct params *p, struct str s)
{
	add(p, OID_TEXT, s.at, s.n);
}

void param_text(struct params *p, const char *text)
{
	param_str(p, str_of(text));
}

void param_json(struct params *p, struct str s)
{
	add(p, OID_JSON, s.at, s.n);
}

void param_bytes(struct params *p, struct str s)
{
	add(p, OID_BYTEA, s.at, s.n);
}

void param_i64(struct params *p, int64_t n)
{
	uint64_t wire = wire_i64(n);

	add_scalar(p, OID_INT8, &wire, sizeof(wire), false);
}

void param_u64(struct params *p, uint64_t n)
{
	assert(n <= INT64_MAX);
	param_i64(p, (int64_t)n);
}

void param_bool(struct params *p, bool yes)
{
	char wire = yes;

	add_scalar(p, OID_BOOL, &wire, sizeof(wire), false);
}

void param_ms(struct params *p, int64_t ms)
{
	uint64_t wire = ms == CLOCK_NONE ? 0 : wire_ms(ms);

	add_scalar(p, OID_TIMESTAMPTZ, &wire, sizeof(wire), ms == CLOCK_NONE);
}

void param_hash(struct params *p, const struct hash *h, char out[HASH_TEXT_MAX])
{
	param_str(p, (struct str){ hash_text(h, out), HASH_TEXT_MAX - 1 });
}

void param_limit(struct params *p, uint64_t limit)
{
	param_i64(p, limit == 0 || limit > INT64_MAX ? INT64_MAX : (int64_t)limit);
}

/* ---- arrays ---- */

static const struct {
	Oid array, element;
} array_types[] = {
	[ARRAY_TEXT] = { OID_TEXT_ARRAY, OID_TEXT },
	[ARRAY_JSON] = { OID_JSON_ARRAY, OID_JSON },
	[ARRAY_I64] = { OID_INT8_ARRAY, OID_INT8 },
	[ARRAY_BOOL] = { OID_BOOL_ARRAY, OID_BOOL },
	[ARRAY_TIME] = { OID_TIMESTAMPTZ_ARRAY, OID_TIMESTAMPTZ },
	[ARRAY_F64] = { OID_FLOAT8_ARRAY, OID_FLOAT8 },
};

/* What stands before the elements of an array of one dimension. */
struct array_head {
	uint32_t dimensions, has_nulls, element, n, first;
};

void array_init(struct array *c, enum array_type type)
{
	*c = (struct array){ .type = type, .bytes = BUF_INIT(INT32_MAX) };
	array_clear(c);
}

void array_release(struct array *c)
{
	buf_release(&c->bytes);
}

void array_clear(struct array *c)
{
	static const struct array_head unknown;

	c->n = 0;
	buf_clear(&c->bytes);
	buf_add(&c->bytes, &unknown, sizeof(unknown));
}

static void add_element(struct array *c, const void *wire, size_t n)
{
	uint32_t length = htobe32((uint32_t)n);

	c->n++;
	buf_add(&c->bytes, &length, sizeof(length));
	buf_add(&c->bytes, wire, n);
}

void array_null(struct array *c)
{
	uint32_t length = UINT32_MAX;

	c->n++;
	buf_add(&c->bytes, &length, sizeof(length));
}

void array_str(struct array *c, struct str s)
{
	assert(c->type == ARRAY_TEXT || c->type == ARRAY_JSON);
	if (str_is_none(s))
		array_null(c);
	else
		add_element(c, s.at, s.n);
}

void array_i64(struct array *c, int64_t n)
{
	uint64_t wire = wire_i64(n);

	assert(c->type == ARRAY_I64);
	add_element(c, &wire, sizeof(wire));
}

void array_count(struct array *c, int64_t n)
{
	if (n == MODEL_NO_COUNT)
		array_null(c);
	else
		array_i64(c, n);
}

void array_flag(struct array *c, int flag)
{
	char wire = flag > 0;

	assert(c->type == ARRAY_BOOL);
	if (flag < 0)
		array_null(c);
	else
		add_element(c, &wire, sizeof(wire));
}

void array_ms(struct array *c, int64_t ms)
{
	uint64_t wire = wire_ms(ms == CLOCK_NONE ? 0 : ms);

	assert(c->type == ARRAY_TIME);
	if (ms == CLOCK_NONE)
		array_null(c);
	else
		add_element(c, &wire, sizeof(wire));
}

void array_f64(struct array *c, bool has, double value)
{
	uint64_t bits;

	assert(c->type == ARRAY_F64);
	memcpy(&bits, &value, sizeof(bits));
	bits = htobe64(bits);
	if (has)
		add_element(c, &bits, sizeof(bits));
	else
		array_null(c);
}

void param_array(struct params *p, struct array *c)
{
	struct array_head head = {
		.dimensions = htobe32(1),
		.has_nulls = htobe32(1), /* may have */
		.element = htobe32(array_types[c->type].element),
		.n = htobe32(c->n),
		.first = htobe32(1),
	};

	assert(c->n > 0 && !buf_overflowed(&c->bytes));
	memcpy(c->bytes.at, &head, sizeof(head));
	add(p, array_types[c->type].array, c->bytes.at, c->bytes.n);
}

/* ---- columns ---- */

void columns_init(struct columns *c, const char *letters)
{
	static const char known[] = "tjibmf";
	static const enum array_type types[] = { ARRAY_TEXT, ARRAY_JSON, ARRAY_I64,
						 ARRAY_BOOL, ARRAY_TIME, ARRAY_F64 };

	assert(strlen(letters) <= PARAMS);
	for (c->n = 0; letters[c->n]; c->n++) {
		const char *at = strchr(known, letters[c->n]);

		assert(at);
		array_init(&c->at[c->n], types[at - known]);
	}
}

void columns_release(struct columns *c)
{
	for (size_t i = 0; i < c->n; i++)
		array_release(&c->at[i]);
}

void columns_clear(struct columns *c)
{
	for (size_t i = 0; i < c->n; i++)
		array_clear(&c->at[i]);
}

void param_columns(struct params *p, struct columns *c)
{
	for (size_t i = 0; i < c->n; i++)
		param_array(p, &c->at[i]);
}

/* ---- results ---- */

bool cell_is_null(const PGresult *r, int row, int column)
{
	return PQgetisnull(r, row, column) != 0;
}

struct str cell_str(const PGresult *r, int row, int column)
{
	if (cell_is_null(r, row, column))
		return STR_NONE;
	return (struct str){ PQgetvalue(r, row, column), (size_t)PQgetlength(r, row, column) };
}

struct str cell_copy(const PGresult *r, int row, int column, struct arena *a)
{
	return arena_str(a, cell_str(r, row, column));
}

int64_t cell_i64(const PGresult *r, int row, int column)
{
	struct str s = cell_str(r, row, column);
	uint64_t wide;
	uint32_t narrow;

	if (s.n == sizeof(narrow)) {
		memcpy(&narrow, s.at, sizeof(narrow));
		return (int32_t)be32toh(narrow);
	}
	assert(s.n == sizeof(wide) || str_is_none(s));
	if (str_is_none(s))
		return 0;
	memcpy(&wide, s.at, sizeof(wide));
	return (int64_t)be64toh(wide);
}

uint64_t cell_u64(const PGresult *r, int row, int column)
{
	int64_t n = cell_i64(r, row, column);

	return n < 0 ? 0 : (uint64_t)n;
}

int64_t cell_count(const PGresult *r, int row, int column)
{
	return cell_is_null(r, row, column) ? MODEL_NO_COUNT : cell_i64(r, row, column);
}

int64_t cell_ms(const PGresult *r, int row, int column)
{
	int64_t us = cell_i64(r, row, column);

	if (cell_is_null(r, row, column))
		return CLOCK_NONE;
	/* What an operator wrote may have more digits: down, before 2000 too. */
	return us / 1000 - (us % 1000 < 0) + EPOCH_MS;
}

bool cell_bool(const PGresult *r, int row, int column)
{
	return !cell_is_null(r, row, column) && *PQgetvalue(r, row, column) != 0;
}

bool cell_f64(const PGresult *r, int row, int column, double *ret)
{
	uint64_t bits = (uint64_t)cell_i64(r, row, column);

	memcpy(ret, &bits, sizeof(bits));
	return !cell_is_null(r, row, column);
}

bool cell_hash(const PGresult *r, int row, int column, struct hash *ret)
{
	*ret = (struct hash){ 0 };
	return hash_parse(cell_str(r, row, column), ret);
}
