/* Syncs that several want at once: joined, one a provider, in turn, and given up. */
#include "task/syncer.h"

#include "fetching.h"

#include "provider/registry.h"

#include <stdlib.h>
#include <unistd.h>

#define EMPTY "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"data\":[]}"

enum { WISHES_MAX = 8 };

struct fixture;

struct wish {
	struct fixture *of;
	struct syncer_ticket *ticket;
	unsigned calls;
	size_t place; /* among those that were told */
	bool has_report;
	struct err err;
	char slug[32];
};

struct fixture {
	struct world w;
	struct arena a;
	struct registry known;
	struct syncer *syncer;
	struct tokens *tokens;
	struct store_thread *store;
	struct identity_rules identity;
	struct wish wishes[WISHES_MAX];
	size_t n, told, most_running, reports;
	char path[64];
};

static void on_report(void *arg, const struct sync_report *r)
{
	struct fixture *f = arg;

	assert_non_null(r->provider);
	f->reports++;
}

static struct str missing_of(const char *slug)
{
	return strcmp(slug, "deepinfra") == 0 ? STR("DEEPINFRA_API_KEY") : STR_NONE;
}

static void configure(struct fixture *f)
{
	static const char *const slugs[] = { "openrouter", "cerebras", "venice", "chutes",
					     "deepinfra" };
	struct syncer_access list[sizeof(slugs) / sizeof(slugs[0])] = { 0 };
	size_t n = 0;

	for (; n < sizeof(slugs) / sizeof(slugs[0]); n++) {
		list[n].provider = registry_find(&f->known, str_of(slugs[n]));
		list[n].access.key = STR("sk-made-up-for-tests");
		list[n].missing = missing_of(slugs[n]);
		list[n].missing_is_key = true;
	}
	syncer_configure(f->syncer, list, n);
}

static void open_store(struct fixture *f)
{
	struct store *store;
	char url[80];
	struct err e;
	int fd;

	(void)snprintf(f->path, sizeof(f->path), "/tmp/test_syncer.XXXXXX");
	fd = mkstemp(f->path);
	assert_true(fd >= 0);
	(void)close(fd);
	(void)snprintf(url, sizeof(url), "sqlite:%s", f->path);
	if (!store_open(&store, url, STORE_WRITE, &e))
		fail_msg("%s", e.text);
	if (!identity_rules_load(STR_NONE, store, &f->a, &f->identity, &e))
		fail_msg("%s", e.text);
	f->store = store_thread_start(f->w.loop, store);
}

static void open_fixture(struct fixture *f, size_t concurrency, bool stored)
{
	struct fetch_conf fetch = quick();
	struct sync_conf conf = { .report = on_report, .arg = f, .body_max = 1 << 20 };
	char upstream[64];
	struct err e;

	*f = (struct fixture){ 0 };
	open_world(&f->w, fetch);
	(void)snprintf(upstream, sizeof(upstream), "http://127.0.0.1:%u", httpd_port(f->w.server));
	fetch.upstream = str_of(upstream);
	fetch.retries = 0;
	use_conf(&f->w, fetch);
	if (!registry_load(NULL, &f->a, &f->known, &e))
		fail_msg("%s", e.text);
	if (stored)
		open_store(f);
	f->tokens = tokens_create(f->w.loop, f->w.fetcher);
	conf.loop = f->w.loop;
	conf.fetcher = f->w.fetcher;
	conf.tokens = f->tokens;
	conf.store = f->store;
	conf.identity = &f->identity;
	f->syncer = syncer_create(&conf, concurrency);
	configure(f);
}

static void close_fixture(struct fixture *f)
{
	syncer_destroy(f->syncer);
	store_thread_stop(f->store);
	tokens_destroy(f->tokens);
	close_world(&f->w);
	arena_release(&f->a);
	if (f->path[0])
		(void)unlink(f->path);
}

static void on_end(void *arg, const struct sync_report *r, const struct err *e)
{
	struct wish *w = arg;

	w->calls++;
	w->place = ++w->of->told;
	w->has_report = r != NULL;
	if (r)
		(void)snprintf(w->slug, sizeof(w->slug), "%.*s", STR_FMT(r->provider->slug));
	else if (e)
		w->err = *e;
	else
		fail_msg("neither a report nor a reason");
	if (syncer_running(w->of->syncer) > w->of->most_running)
		w->of->most_running = syncer_running(w->of->syncer);
}

static struct wish *want_so(struct fixture *f, const struct syncer_wish *wanted)
{
	struct wish *w = &f->wishes[f->n++];

	*w = (struct wish){ .of = f };
	w->ticket = syncer_start(f->syncer, wanted, on_end, w);
	assert_int_equal(w->calls, 0); /* never from inside */
	if (syncer_running(f->syncer) > f->most_running)
		f->most_running = syncer_running(f->syncer);
	return w;
}

static struct wish *want(struct fixture *f, const char *slug, bool dry)
{
	return want_so(f, &(struct syncer_wish){ .slug = str_of(slug), .dry_run = dry });
}

static struct wish *want_fresh(struct fixture *f, const char *slug, bool dry)
{
	return want_so(f, &(struct syncer_wish){ str_of(slug), dry, .fresh = true });
}

static void cancel(struct fixture *f, struct wish *w)
{
	unsigned before = w->calls;

	syncer_cancel(f->syncer, w->ticket);
	assert_int_equal(w->calls, before);
}

static void check_reported(const struct wish *w, const char *slug)
{
	assert_int_equal(w->calls, 1);
	assert_true(w->has_report);
	assert_string_equal(w->slug, slug);
}

static void check_failed(const struct wish *w, enum err_kind kind, const char *words)
{
	assert_int_equal(w->calls, 1);
	assert_false(w->has_report);
	if (w->err.kind != kind || !strstr(w->err.text, words))
		fail_msg("%s: %s", err_kind_name(w->err.kind), w->err.text);
}

/* ---- the tests ---- */

static void who_comes_second_joins(void **state)
{
	struct fixture f;
	struct wish *a, *b;

	(void)state;
	open_fixture(&f, 4, false);
	SCRIPT(f.w.server, { .answer = EMPTY });
	a = want(&f, "openrouter", true);
	b = want(&f, "openrouter", true);
	loop_run(f.w.loop);
	check_reported(a, "openrouter");
	check_reported(b, "openrouter");
	assert_int_equal(httpd_requests(f.w.server), 1);
	assert_int_equal(f.reports, 0); /* of dry runs nobody else hears */

	/* It is over: the next one asks anew. */
	a = want(&f, "openrouter", true);
	loop_run(f.w.loop);
	check_reported(a, "openrouter");
	assert_int_equal(httpd_requests(f.w.server), 2);
	close_fixture(&f);
}

static void who_wants_a_fresh_list_joins_none_that_has_begun(void **state)
{
	struct fixture f;
	struct wish *first, *fresh, *fresh_too, *any;

	(void)state;
	open_fixture(&f, 4, true);
	SCRIPT(f.w.server, { .answer = EMPTY, .delay_ms = 50 }, { .answer = EMPTY });
	first = want(&f, "openrouter", false);
	while (httpd_requests(f.w.server) == 0)
		(void)uv_run(loop_uv(f.w.loop), UV_RUN_NOWAIT);
	fresh = want_fresh(&f, "openrouter", false);
	fresh_too = want_fresh(&f, "openrouter", false);
	any = want(&f, "openrouter", false);
	assert_false(syncer_has_begun(fresh->ticket));
	assert_true(syncer_has_begun(any->ticket));
	loop_run(f.w.loop);
	check_reported(first, "openrouter");
	check_reported(any, "openrouter");
	check_reported(fresh, "openrouter");
	check_reported(fresh_too, "openrouter");
	assert_true(first->place <= 2 && any->place <= 2);
	assert_int_equal(httpd_requests(f.w.server), 2);
	assert_int_equal(f.most_running, 1);
	assert_int_equal(f.reports, 2);
	close_fixture(&f);
}

static void a_list_that_is_still_to_be_asked_for_is_fresh(void **state)
{
	struct fixture f;
	struct wish *waits, *fresh;

	(void)state;
	open_fixture(&f, 1, false);
	SCRIPT(f.w.server, { .answer = EMPTY });
	(void)want(&f, "venice", true);
	waits = want(&f, "openrouter", true);
	fresh = want_fresh(&f, "openrouter", true);
	loop_run(f.w.loop);
	check_reported(waits, "openrouter");
	check_reported(fresh, "openrouter");
	assert_int_equal(httpd_requests(f.w.server), 2);
	close_fixture(&f);
}

static void a_dry_run_and_a_real_one_come_one_after_the_other(void **state)
{
	struct fixture f;
	struct wish *dry, *real, *real_too;

	(void)state;
	open_fixture(&f, 4, true);
	SCRIPT(f.w.server, { .answer = EMPTY });
	real = want(&f, "openrouter", false);
	dry = want(&f, "openrouter", true);
	real_too = want(&f, "openrouter", false);
	loop_run(f.w.loop);
	check_reported(real, "openrouter");
	check_reported(real_too, "openrouter");
	check_reported(dry, "openrouter");
	assert_int_equal(dry->place, 3);
	assert_int_equal(httpd_requests(f.w.server), 2);
	assert_int_equal(f.most_running, 1);
	assert_int_equal(f.reports, 1);
	close_fixture(&f);
}

static void no_more_than_so_many_run_and_the_others_come_in_turn(void **state)
{
	static const char *const slugs[] = { "venice", "openrouter", "chutes", "cerebras" };
	struct fixture f;

	(void)state;
	open_fixture(&f, 1, false);
	SCRIPT(f.w.server, { .answer = EMPTY });
	for (size_t i = 0; i < 4; i++)
		(void)want(&f, slugs[i], true);
	assert_true(syncer_is_running(f.syncer, STR("venice")));
	assert_false(syncer_is_running(f.syncer, STR("openrouter")));
	assert_true(syncer_has_begun(f.wishes[0].ticket));
	assert_false(syncer_has_begun(f.wishes[1].ticket));
	loop_run(f.w.loop);
	for (size_t i = 0; i < 4; i++) {
		check_reported(&f.wishes[i], slugs[i]);
		assert_int_equal(f.wishes[i].place, i + 1);
	}
	assert_int_equal(f.most_running, 1);
	close_fixture(&f);
}

static void one_that_waits_is_cancelled_unasked(void **state)
{
	struct fixture f;
	struct wish *a, *b;

	(void)state;
	open_fixture(&f, 1, false);
	SCRIPT(f.w.server, { .answer = EMPTY });
	a = want(&f, "openrouter", true);
	b = want(&f, "venice", true);
	cancel(&f, b);
	loop_run(f.w.loop);
	check_reported(a, "openrouter");
	check_failed(b, ERR_CANCELLED, "cancelled");
	assert_int_equal(httpd_requests(f.w.server), 1);
	close_fixture(&f);
}

struct later {
	struct fixture *f;
	struct wish *w, *next;
};

/* Once its question is out. */
static void cancel_now(void *arg)
{
	struct later *l = arg;

	if (httpd_requests(l->f->w.server) == 0) {
		loop_after(l->f->w.loop, 1, cancel_now, l);
		return;
	}
	cancel(l->f, l->w);
	if (l->next)
		l->next = want(l->f, "openrouter", false);
}

static void what_is_being_fetched_is_given_up_alone(void **state)
{
	struct later l = { 0 };
	struct fixture f;
	struct wish *b;

	(void)state;
	open_fixture(&f, 4, true);
	/* The server never answers the first question; what comes later is answered. */
	SCRIPT(f.w.server, { .then = HTTPD_HANG }, { .answer = EMPTY });
	l = (struct later){ .f = &f, .w = want(&f, "openrouter", false) };
	l.next = l.w; /* not NULL: one more shall follow */
	loop_after(f.w.loop, 1, cancel_now, &l);
	while (httpd_requests(f.w.server) == 0)
		(void)uv_run(loop_uv(f.w.loop), UV_RUN_NOWAIT);
	b = want(&f, "venice", false);
	loop_run(f.w.loop);
	check_failed(l.w, ERR_CANCELLED, "cancelled");
	check_reported(b, "venice");
	check_reported(l.next, "openrouter"); /* did not join what was given up */
	assert_int_equal(httpd_requests(f.w.server), 3);
	close_fixture(&f);
}

static void who_is_not_alone_goes_and_the_sync_stays(void **state)
{
	struct later l = { 0 };
	struct fixture f;
	struct wish *stays;

	(void)state;
	open_fixture(&f, 4, false);
	SCRIPT(f.w.server, { .answer = EMPTY, .delay_ms = 50 });
	l = (struct later){ .f = &f, .w = want(&f, "openrouter", true) };
	stays = want(&f, "openrouter", true);
	loop_after(f.w.loop, 1, cancel_now, &l);
	loop_run(f.w.loop);
	check_failed(l.w, ERR_CANCELLED, "cancelled");
	check_reported(stays, "openrouter");
	assert_int_equal(l.w->place, 1);
	assert_int_equal(httpd_requests(f.w.server), 1);
	close_fixture(&f);
}

static void who_cannot_be_asked_is_told_why(void **state)
{
	struct fixture f;
	struct wish *no_key, *unknown;

	(void)state;
	open_fixture(&f, 4, false);
	no_key = want(&f, "deepinfra", true);
	unknown = want(&f, "groq", true);
	loop_run(f.w.loop);
	check_failed(no_key, ERR_USAGE, "API key not configured: set DEEPINFRA_API_KEY");
	check_failed(unknown, ERR_USAGE, "unknown provider \"groq\"");
	assert_int_equal(httpd_requests(f.w.server), 0);
	assert_null(syncer_find(f.syncer, STR("groq")));
	assert_non_null(syncer_find(f.syncer, STR("venice")));
	close_fixture(&f);
}

static void when_it_stops_what_runs_may_end(void **state)
{
	struct fixture f;
	struct wish *runs, *waits, *late;

	(void)state;
	open_fixture(&f, 1, false);
	SCRIPT(f.w.server, { .answer = EMPTY });
	runs = want(&f, "openrouter", true);
	waits = want(&f, "venice", true);
	syncer_stop(f.syncer);
	late = want(&f, "chutes", true);
	loop_run(f.w.loop);
	check_reported(runs, "openrouter");
	check_failed(waits, ERR_CANCELLED, "stopping");
	check_failed(late, ERR_CANCELLED, "stopping");
	assert_int_equal(httpd_requests(f.w.server), 1);
	close_fixture(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_comes_second_joins),
		cmocka_unit_test(who_wants_a_fresh_list_joins_none_that_has_begun),
		cmocka_unit_test(a_list_that_is_still_to_be_asked_for_is_fresh),
		cmocka_unit_test(a_dry_run_and_a_real_one_come_one_after_the_other),
		cmocka_unit_test(no_more_than_so_many_run_and_the_others_come_in_turn),
		cmocka_unit_test(one_that_waits_is_cancelled_unasked),
		cmocka_unit_test(what_is_being_fetched_is_given_up_alone),
		cmocka_unit_test(who_is_not_alone_goes_and_the_sync_stays),
		cmocka_unit_test(who_cannot_be_asked_is_told_why),
		cmocka_unit_test(when_it_stops_what_runs_may_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
