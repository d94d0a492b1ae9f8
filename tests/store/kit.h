/*
 * kit: what every suite of the store has in common, on top of contract.h: the
 * database at hand, asserts about it, a main() that runs a suite once on each.
 *
 * A suite keeps a `struct fixture` that begins with KIT_FIXTURE; the macros call it f.
 */
#pragma once
#include "store/contract.h"

#include "unit.h"

#define T0     1754200980123LL /* 2025-08-03T06:03:00.123Z */
#define DAY_MS 86400000LL

/* Of the database that the suite runs on now. */
extern const char *url;

#define OK(call)                                              \
	do {                                                  \
		if (!(call))                                  \
			fail_msg("%s: %s", #call, f->e.text); \
	} while (0)
#define FAILS(call, expected)                          \
	do {                                           \
		assert_false(call);                    \
		assert_int_equal(f->e.kind, expected); \
	} while (0)
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, kit_teardown)

/* A database made a moment ago, opened for writing, and what ends with it, before it (or NULL). */
#define KIT_FIXTURE          \
	struct store *store; \
	struct arena a;      \
	struct err e;        \
	void (*end)(void *fixture)
struct kit {
	KIT_FIXTURE;
};

/* *state: a fixture of that size, zeroed but for what it begins with; and the end of it. */
int kit_setup(void **state, size_t size);
int kit_teardown(void **state);

/* A database made a moment ago, opened for writing; and the end of it. */
struct store *kit_open(void);
void kit_close(struct store *s, struct arena *a);
/* A provider of that name, inserted unless it is there. */
int64_t kit_provider(struct store *s, const char *slug);

void assert_str(struct str s, const char *expected); /* NULL: absent */
/* Rows as contract_query() writes them. */
void assert_query(const char *sql, const char *expected);

/* The suite on every database under test; what main() returns. */
int kit_run(const char *name, const struct CMUnitTest *tests, size_t n);
#define KIT_RUN(name, tests) kit_run(name, tests, sizeof(tests) / sizeof((tests)[0]))
