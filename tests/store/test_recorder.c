/*
 * What every back end owes of the recorder (task/record.h), which groups, waits, tries again and gives up.
 */
#include "store/recording.h"

#include "base/secret.h"

#include <semaphore.h>
#include <unistd.h>

enum { MANY = 200 };

static void on_done(void *arg, const struct err *e)
{
	struct fixture *f = arg;

	f->done += e == NULL;
	if (!e && f->done == f->stop_at)
		loop_stop(f->loop);
	f->waits += e && e->kind == ERR_BUSY;
	f->failed += e && e->kind != ERR_BUSY;
}

static void on_ready(void *arg, const struct err *e)
{
	struct fixture *f = arg;

	assert_null(e);
	f->ready++;
}

static void on_flushed(void *arg, const struct err *e)
{
	struct fixture *f = arg;

	f->flushed++;
	f->flush_err = e ? *e : (struct err){ .kind = ERR_NONE };
	loop_stop(f->loop);
}

static struct recorder *start_at_pace(struct fixture *f, uint64_t memory_max, uint32_t pace_ms)
{
	struct record_conf conf = { f->place.path, f->place.host, memory_max, pace_ms };

	f->loop = loop_create();
	f->thread = store_thread_start(f->loop, f->store);
	return recorder_create(f->loop, f->thread, &conf, on_ready, f);
}

static struct recorder *start(struct fixture *f, uint64_t memory_max)
{
	return start_at_pace(f, memory_max, 0);
}

/* A sample whose every text is gone when this returns. */
static void give(struct fixture *f, struct recorder *r)
{
	char body[] = "bbbbb";
	char where[] = "https://a.test";
	char asked[32];
	struct sample s = *recording_sample(f);
	struct record_item item = { .sample = &s,
				    .request_body = { asked, 0 },
				    .response_body = { body, 5 } };

	assert_true(str_eq(s.url, str_of(where)));
	s.url.at = where;
	item.request_body.n = (size_t)snprintf(asked, sizeof(asked), "number %u\n", f->next - 1);
	record_sample(r, &item, on_done, f);
	memset(body, 'x', sizeof(body));
	memset(asked, 'x', sizeof(asked));
	memset(where, 'x', sizeof(where));
	memset(&s, 'x', sizeof(s));
}

static void flush(struct fixture *f, struct recorder *r)
{
	unsigned before = f->flushed;

	record_flush(r, on_flushed, f);
	assert_int_equal(f->flushed, before); /* never at once */
	loop_run(f->loop);
	assert_int_equal(f->flushed, before + 1);
}

/* How often each row stands in the file: in which order, only the pool knows. */
static void assert_each_once(struct fixture *f, unsigned n)
{
	struct str got = recording_read(f, recording_path);
	size_t bytes = strlen(csv_header);

	for (unsigned i = 0; i < n; i++) {
		struct str row = recording_row(f, i, 5);
		const char *found = memmem(got.at, got.n, row.at, row.n);

		assert_non_null(found);
		assert_null(memmem(found + 1, got.n - (size_t)(found + 1 - got.at), row.at, row.n));
		bytes += row.n;
	}
	assert_int_equal(got.n, bytes);
	assert_count("samples", n);
}

static void test_the_recorder(void **state)
{
	struct fixture *f = *state;
	struct recorder *r = start(f, 0);

	assert_true(record_has_room(r));
	for (unsigned i = 0; i < MANY; i++)
		give(f, r);
	flush(f, r);
	assert_int_equal(f->flush_err.kind, ERR_NONE);
	assert_int_equal(f->ready, 1);
	assert_int_equal(f->done, MANY);
	assert_each_once(f, MANY);
	flush(f, r); /* nothing to do */
	give(f, r);
	flush(f, r);
	assert_each_once(f, MANY + 1);
	assert_int_equal(f->failed, 0);
	recorder_destroy(r);
}

static void test_the_recorder_without_a_file(void **state)
{
	struct fixture *f = *state;
	struct recorder *r;

	f->place.path = STR_NONE;
	r = start(f, 0);
	give(f, r);
	flush(f, r);
	recorder_destroy(r);
	assert_int_equal(f->done, 1);
	assert_count("samples", 1);
}

/* A provider quotes the key that it does not like. */
static void test_the_recorder_masks_secrets(void **state)
{
	struct fixture *f = *state;
	struct sample *s = recording_sample(f);
	struct record_item item = { .sample = s, .response_body = STR("no: planted/secret") };
	struct recorder *r = start(f, 0);

	secret_hide(STR("planted/secret"));
	s->error = STR("HTTP error 401: planted/secret is no key");
	s->finish = STR("planted/secret");
	record_sample(r, &item, on_done, f);
	flush(f, r);
	recorder_destroy(r);
	assert_query("SELECT error, finish, answer FROM samples",
		     "HTTP error 401: [MASKED] is no key|[MASKED]|-\n");
	assert_null(strstr(recording_read(f, recording_path).at, "planted"));
}

/* What cannot be stored waits, in memory of which there is an end, and is stored once. */
static void test_the_recorder_waits(void **state)
{
	struct fixture *f = *state;
	struct recorder *r;

	recording_break_commits();
	r = start(f, 20000);
	give(f, r);
	flush(f, r);
	assert_int_equal(f->flush_err.kind, ERR_DB);
	assert_int_equal(f->waits, 1); /* told, so that nobody else need wait */
	assert_true(record_has_room(r));
	while (record_has_room(r)) { /* bodies weigh no more once the row is written out */
		give(f, r);
		flush(f, r);
	}
	assert_int_equal(f->waits, f->next);
	assert_in_range(f->next, 4, 20);
	assert_int_equal(recording_logged(f, LOG_FATAL), 1);
	recording_mend();
	flush(f, r);
	assert_int_equal(f->flush_err.kind, ERR_NONE);
	assert_int_equal(f->done + f->failed, 0); /* each is told once */
	assert_true(record_has_room(r));
	assert_each_once(f, f->next);
	give(f, r);
	flush(f, r);
	assert_int_equal(f->done, 1);
	recorder_destroy(r);
}

/* Nobody needs to flush: it tries again by itself. */
static void test_the_recorder_tries_again(void **state)
{
	struct fixture *f = *state;
	struct recorder *r;
	struct record_item item = { .sample = recording_sample(f) };

	recording_break_saving();
	r = start(f, 0);
	record_sample(r, &item, on_done, f);
	flush(f, r);
	recording_mend();
	assert_count("samples", 0);
	loop_run(f->loop); /* until nothing is left to do */
	assert_int_equal(f->waits, 1);
	assert_count("samples", 1);
	flush(f, r);
	recorder_destroy(r);
}

enum { AN_HOUR_MS = 3600 * 1000 };

static void run_until(struct fixture *f, unsigned done)
{
	f->stop_at = done;
	loop_run(f->loop);
	assert_int_equal(f->done, done);
}

static void stop(void *arg)
{
	loop_stop(arg);
}

/* The first goes at once, the next ones wait. */
static struct recorder *start_with_some_waiting(struct fixture *f, uint64_t memory_max)
{
	enum { LONG_ENOUGH_MS = 50 };
	struct recorder *r = start_at_pace(f, memory_max, AN_HOUR_MS);

	give(f, r);
	run_until(f, 1);
	give(f, r);
	give(f, r);
	loop_after(f->loop, LONG_ENOUGH_MS, stop, f->loop);
	run_until(f, 1);
	assert_count("samples", 1);
	return r;
}

static void test_a_flush_does_not_keep_to_the_pace(void **state)
{
	struct fixture *f = *state;
	struct recorder *r = start_with_some_waiting(f, 0);

	flush(f, r);
	assert_int_equal(f->done, 3);
	assert_in_step(f, 3);
	recorder_destroy(r);
}

static void test_who_hurries_does_not_keep_to_the_pace(void **state)
{
	struct fixture *f = *state;
	struct recorder *r = start_with_some_waiting(f, 0);

	record_hurry(r);
	run_until(f, 3);
	record_hurry(r); /* nobody waits, and the next one need not */
	give(f, r);
	run_until(f, 4);
	flush(f, r);
	recorder_destroy(r);
	assert_in_step(f, 4);
}

static void test_memory_does_not_keep_to_the_pace(void **state)
{
	enum { FULL_SOON = 200000 };
	struct fixture *f = *state;
	struct recorder *r = start_with_some_waiting(f, FULL_SOON);

	while (record_has_room(r))
		give(f, r);
	f->stop_at = 2;
	loop_run(f->loop);
	assert_in_range(f->done, 2, f->next);
	flush(f, r);
	recorder_destroy(r);
	assert_in_step(f, f->next);
}

static void test_the_pace_is_kept_without_anybody(void **state)
{
	struct fixture *f = *state;
	struct recorder *r = start_at_pace(f, 0, 1);

	for (unsigned n = 1; n <= 5; n++) {
		give(f, r);
		give(f, r);
		run_until(f, 2 * n);
	}
	flush(f, r);
	recorder_destroy(r);
	assert_in_step(f, 10);
}

enum { POOL_THREADS = 4 }; /* the loop's */

static sem_t pool_is_free;

static void hold_pool(void *arg)
{
	(void)arg;
	assert_int_equal(sem_wait(&pool_is_free), 0);
}

static void free_pool(void *arg)
{
	(void)arg;
	for (int i = 0; i < POOL_THREADS; i++)
		assert_int_equal(sem_post(&pool_is_free), 0);
}

static void ignore(void *arg)
{
	(void)arg;
}

/* A sample that is still being written out when the group before it fails was given before the flush, too. */
static void test_a_flush_waits_for_the_pool(void **state)
{
	struct fixture *f = *state;
	struct recorder *r;

	assert_int_equal(sem_init(&pool_is_free, 0, 0), 0);
	recording_break_saving();
	r = start(f, 0);
	give(f, r);
	flush(f, r);
	for (int i = 0; i < POOL_THREADS; i++)
		loop_work(f->loop, hold_pool, ignore, NULL);
	give(f, r);
	loop_after(f->loop, 100, free_pool, NULL);
	flush(f, r);
	assert_int_equal(f->waits, 2);
	recorder_destroy(r);
	assert_int_equal(f->done + f->failed, 0);
	assert_count("samples", 0);
	recording_mend();
	sem_destroy(&pool_is_free);
}

static void test_the_recorder_gives_up(void **state)
{
	struct fixture *f = *state;
	struct recorder *r;

	recording_break_saving();
	r = start(f, 0);
	give(f, r);
	give(f, r);
	flush(f, r);
	give(f, r);
	flush(f, r);
	recorder_destroy(r);
	assert_int_equal(f->waits, 3);
	assert_int_equal(f->done + f->failed, 0);
	assert_int_equal(recording_logged(f, LOG_FATAL),
			 2); /* that they wait, that they are lost */
	assert_count("samples", 0);
	assert_rows(f, recording_path, 0, 0);
	recorder_destroy(NULL);
	recording_mend();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		RECORDING_TEST(test_the_recorder),
		RECORDING_TEST(test_the_recorder_without_a_file),
		RECORDING_TEST(test_the_recorder_masks_secrets),
		RECORDING_TEST(test_the_recorder_waits),
		RECORDING_TEST(test_the_recorder_tries_again),
		RECORDING_TEST(test_a_flush_does_not_keep_to_the_pace),
		RECORDING_TEST(test_who_hurries_does_not_keep_to_the_pace),
		RECORDING_TEST(test_memory_does_not_keep_to_the_pace),
		RECORDING_TEST(test_the_pace_is_kept_without_anybody),
		RECORDING_TEST(test_a_flush_waits_for_the_pool),
		RECORDING_TEST(test_the_recorder_gives_up),
	};

	return KIT_RUN("recorder", tests);
}
