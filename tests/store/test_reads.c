/* The readers that handlers share (web/reads.h), and the newest changes that streams share (web/tail.h). */
#include "store/kit.h"

#include "web/reads.h"
#include "web/tail.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

struct fixture {
	KIT_FIXTURE; /* who writes */
	struct reads *reads;
	struct tail *tail;
	int64_t acme, zeta;
};

static void end(void *fixture)
{
	struct fixture *f = fixture;

	tail_destroy(f->tail);
	reads_destroy(f->reads);
}

static int setup(void **state)
{
	struct fixture *f;

	(void)kit_setup(state, sizeof(*f));
	f = *state;
	f->end = end;
	f->acme = kit_provider(f->store, "acme");
	f->zeta = kit_provider(f->store, "zeta");
	f->reads = reads_create(url, 2);
	f->tail = tail_create(f->reads);
	return 0;
}

/* ---- readers ---- */

struct taker {
	struct reads *reads;
	struct store *took;
	atomic_bool done;
};

static void *take(void *arg)
{
	struct taker *t = arg;
	struct err e;

	assert_true(reads_take(t->reads, &t->took, &e));
	atomic_store(&t->done, true);
	return NULL;
}

/* Who comes when all are taken gets the first that is given back. */
static void test_taking_waits(void **state)
{
	struct fixture *f = *state;
	struct taker t = { .reads = f->reads };
	struct store *one, *other;
	pthread_t thread;

	OK(reads_take(f->reads, &one, &f->e));
	OK(reads_take(f->reads, &other, &f->e));
	assert_ptr_not_equal(one, other);
	assert_int_equal(pthread_create(&thread, NULL, take, &t), 0);
	assert_false(atomic_load(&t.done));
	reads_give(f->reads, other, NULL);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_ptr_equal(t.took, other);
	reads_give(f->reads, t.took, NULL);
	reads_give(f->reads, one, NULL);
	OK(reads_take(f->reads, &one,
		      &f->e)); /* one that is open, rather than another connection */
	assert_true(one == t.took || one != NULL);
	reads_give(f->reads, one, NULL);
}

struct reading {
	int calls, busy, dead; /* so many of the calls end so */
	enum err_kind then;    /* or ERR_NONE */
};

static bool read_something(struct store *s, void *arg, struct err *e)
{
	struct reading *r = arg;
	int64_t newest;

	r->calls++;
	if (r->calls <= r->busy)
		return err_set(e, ERR_BUSY, "busy");
	if (r->calls <= r->busy + r->dead)
		return err_set(e, ERR_DB, "dead");
	if (r->then)
		return err_set(e, r->then, "then");
	return store_newest_change(s, &newest, e);
}

static void test_what_passes_is_read_again(void **state)
{
	struct fixture *f = *state;
	struct reading busy = { .busy = 3 }, dead = { .dead = 1 }, wrong = { .then = ERR_DATA };
	struct reading for_good = { .dead = 9 }, forever = { .busy = 99 };

	OK(reads_run(f->reads, read_something, &busy, &f->e));
	assert_int_equal(busy.calls, 4);
	OK(reads_run(f->reads, read_something, &dead, &f->e));
	assert_int_equal(dead.calls, 2);
	FAILS(reads_run(f->reads, read_something, &wrong, &f->e), ERR_DATA);
	assert_int_equal(wrong.calls, 1);
	FAILS(reads_run(f->reads, read_something, &for_good, &f->e), ERR_DB);
	assert_int_equal(for_good.calls, 2);
	FAILS(reads_run(f->reads, read_something, &forever, &f->e), ERR_BUSY);
}

/* The server goes away between two requests: the second is answered all the same. */
static void test_a_dead_connection_is_opened_anew(void **state)
{
	struct fixture *f = *state;
	struct reading r = { 0 };

	if (strncmp(url, "sqlite:", strlen("sqlite:")) == 0)
		return; /* which has no server */
	OK(reads_run(f->reads, read_something, &r, &f->e));
	contract_exec(url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
			   " WHERE datname = current_database() AND pid <> pg_backend_pid()");
	OK(reads_run(f->reads, read_something, &r, &f->e));
	store_close(f->store); /* that one died, too */
	OK(store_open(&f->store, url, STORE_WRITE, &f->e));
}

static void test_no_database_is_an_error(void **state)
{
	struct fixture *f = *state;
	struct reads *none = reads_create("sqlite:/nowhere/at/all.db", 1);
	struct store *s;

	for (int i = 0; i < 3; i++) /* each gives its place back */
		FAILS(reads_take(none, &s, &f->e), ERR_IO);
	reads_destroy(none);
}

/* ---- the tail ---- */

static void tell(struct fixture *f, int64_t provider, enum change_kind kind, size_t n)
{
	struct change *changes = arena_array(&f->a, n, struct change);
	struct store_batch b = {
		.provider_id = provider, .at_ms = T0, .changes = changes, .n_changes = n
	};

	for (size_t i = 0; i < n; i++)
		changes[i] = (struct change){ .kind = kind, .model = STR("a/b") };
	OK(store_begin(f->store, "acme", &f->e));
	OK(store_apply(f->store, &b, &f->e));
	OK(store_commit(f->store, &f->e));
}

static void look(struct fixture *f, bool expected)
{
	bool is_new = false;

	(void)usleep((TAIL_LOOK_MS + 1) * 1000); /* no two within that */
	OK(tail_look(f->tail, &is_new, &f->e));
	assert_int_equal(is_new, expected);
}

/* All ids that come behind `at`, and how many. */
static size_t read_all(struct fixture *f, const struct tail_wish *w, int64_t at, int64_t *ret_first,
		       int64_t *ret_last)
{
	size_t n = 0;
	int64_t from, before = at;

	do {
		BUF_AUTO(out, 64 * 1024 * 1024);

		from = at;
		OK(tail_read(f->tail, w, &at, &out, &f->e));
		for (const char *p = out.at; p && (p = strstr(p, "id: ")); p++) {
			int64_t id = strtoll(p + strlen("id: "), NULL, 10);

			assert_true(id > before); /* ascending, each once */
			before = id;
			if (n++ == 0)
				*ret_first = id;
			*ret_last = id;
		}
	} while (at != from);
	return n;
}

static void assert_read(struct fixture *f, struct tail_wish w, int64_t at, size_t n, int64_t first,
			int64_t last)
{
	int64_t begin = 0, end = 0;

	assert_int_equal(read_all(f, &w, at, &begin, &end), n);
	assert_int_equal(begin, first);
	assert_int_equal(end, last);
}

static void test_the_tail(void **state)
{
	static const bool prices[CHANGE_KINDS] = { [CHANGE_PRICE] = true };
	struct fixture *f = *state;
	const struct tail_wish all = { 0 };
	const struct tail_wish of_zeta = { .provider = STR("zeta") };
	const struct tail_wish of_prices = { .kinds = prices };

	tell(f, f->acme, CHANGE_ADDED, 300);
	assert_read(f, all, 0, 0, 0, 0); /* nobody has looked */
	look(f, true);
	look(f, false);
	assert_read(f, all, 0, 300, 1, 300); /* of before: out of the database, in pages */
	assert_read(f, all, 298, 2, 299, 300);
	tell(f, f->zeta, CHANGE_PRICE, 5);
	tell(f, f->acme, CHANGE_MISSING, 5);
	assert_read(f, all, 300, 0, 0, 0);
	look(f, true);
	assert_read(f, all, 300, 10, 301, 310);
	assert_read(f, all, 304, 6, 305, 310);
	assert_read(f, all, 310, 0, 0, 0);
	assert_read(f, of_zeta, 0, 5, 301, 305);
	assert_read(f, of_zeta, 302, 3, 303, 305);
	assert_read(f, of_prices, 100, 5, 301, 305);
	/* More at once than is kept, and little by little beyond that. */
	tell(f, f->acme, CHANGE_PRICE, TAIL_EVENTS + 500);
	look(f, true);
	assert_read(f, all, 300, TAIL_EVENTS + 510, 301, TAIL_EVENTS + 810);
	assert_read(f, of_prices, 0, TAIL_EVENTS + 505, 301, TAIL_EVENTS + 810);
	for (int i = 0; i < 3; i++) {
		tell(f, f->zeta, CHANGE_ADDED, 400);
		look(f, true);
	}
	assert_read(f, all, 0, TAIL_EVENTS + 2010, 1, TAIL_EVENTS + 2010);
	assert_read(f, of_zeta, TAIL_EVENTS + 810, 1200, TAIL_EVENTS + 811, TAIL_EVENTS + 2010);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_taking_waits),
		TEST(test_what_passes_is_read_again),
		TEST(test_a_dead_connection_is_opened_anew),
		TEST(test_no_database_is_an_error),
		TEST(test_the_tail),
	};

	return KIT_RUN("reads", tests);
}
