/*
 * What every back end owes of what is shown (store/view.h): rows of `models` and `providers` whole, in order, and
 * the mark that tells that somebody else wrote.
 */
#include "store/kit.h"
#include "store/view.h"

#include <unistd.h>

struct fixture {
	KIT_FIXTURE;
	struct store_shown_model rows[8];
	size_t n;
};

static int setup(void **state)
{
	return kit_setup(state, sizeof(struct fixture));
}

/* ---- rows, kept beyond their call ---- */

static bool keep(void *arg, const struct store_shown_model *row, struct err *e)
{
	struct fixture *f = arg;
	struct store_shown_model *m = &f->rows[f->n++];
	struct str *texts[] = { &m->provider,           &m->provider_model_id,
				&m->model_name,         &m->canonical_id,
				&m->description,        &m->modality,
				&m->architecture,       &m->quantization,
				&m->replaced_by,        &m->health_status,
				&m->metadata,           &m->pricing_prompt,
				&m->pricing_completion, &m->pricing_image,
				&m->pricing_request,    &m->last_health_check_at,
				&m->deprecated_at,      &m->first_seen_at,
				&m->last_seen_at,       &m->missing_since,
				&m->created_at,         &m->updated_at };

	(void)e;
	*m = *row;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		*texts[i] = arena_str(&f->a, *texts[i]);
	return true;
}

static void list(struct fixture *f, int64_t provider_id, int64_t model_id)
{
	f->n = 0;
	OK(store_list_shown(f->store, provider_id, model_id, keep, f, &f->e));
}

static void sync_two(struct fixture *f, int64_t at_ms)
{
	struct model models[] = { contract_bare_model("a"),
				  contract_model(&f->a, "b", "0.0000006000000000000001", "0") };
	struct catalog acme = { STR("acme"), models, 2 };
	struct catalog zeta = { STR("zeta"), models, 1 };

	models[1].name = STR("Bee");
	models[1].context_length = 4096;
	models[1].modality = STR("text->text");
	models[1].description = STR("flies");
	OK(contract_sync(f->store, &zeta, at_ms, NULL, &f->e));
	OK(contract_sync(f->store, &acme, at_ms, NULL, &f->e));
}

/* ---- models ---- */

static void rows_come_by_provider_and_id(void **state)
{
	struct fixture *f = *state;

	sync_two(f, T0);
	list(f, 0, 0);
	assert_int_equal(f->n, 3);
	assert_str(f->rows[0].provider, "acme");
	assert_str(f->rows[0].provider_model_id, "a");
	assert_str(f->rows[1].provider, "acme");
	assert_str(f->rows[1].provider_model_id, "b");
	assert_str(f->rows[2].provider, "zeta");
}

static void what_is_said_and_what_is_not(void **state)
{
	struct fixture *f = *state;
	const struct store_shown_model *a = &f->rows[0], *b = &f->rows[1];

	sync_two(f, T0);
	list(f, 0, 0);
	assert_str(b->model_name, "Bee");
	assert_str(b->pricing_prompt, "0.0000006000000000000001");
	assert_str(b->pricing_completion, "0");
	assert_str(b->pricing_image, NULL);
	assert_str(b->modality, "text->text");
	assert_str(b->description, "flies");
	assert_int_equal(b->context_length, 4096);
	assert_int_equal(b->max_output_tokens, MODEL_NO_COUNT);
	assert_true(b->response_ms < 0 && b->success_rate < 0);
	assert_true(b->is_active);
	assert_str(b->health_status, "unknown");
	assert_str(b->first_seen_at, "2025-08-03T06:03:00.123Z");
	assert_str(b->missing_since, NULL);
	assert_str(a->pricing_prompt, NULL);
	assert_int_equal(a->context_length, MODEL_NO_COUNT);
}

static void what_probes_and_operators_wrote(void **state)
{
	struct fixture *f = *state;

	sync_two(f, T0);
	contract_exec(
		url,
		"UPDATE models SET supports_vision = '1', supports_streaming = '0',"
		" supports_function_calling = NULL, average_response_time_ms = 12.5, success_rate = 0.75,"
		" health_status = 'degraded', is_active = '0',"
		" deprecated_at = '2026-12-31T00:00:00.000Z', architecture = 'moe',"
		" metadata = '{\"x\":1}' WHERE provider_model_id = 'a'");
	list(f, 0, 0);
	assert_int_equal(f->rows[0].supports_vision, 1);
	assert_int_equal(f->rows[0].supports_streaming, 0);
	assert_int_equal(f->rows[0].supports_function_calling, -1);
	assert_true(f->rows[0].response_ms == 12.5);
	assert_true(f->rows[0].success_rate == 0.75);
	assert_str(f->rows[0].health_status, "degraded");
	assert_false(f->rows[0].is_active);
	assert_str(f->rows[0].deprecated_at, "2026-12-31T00:00:00.000Z");
	assert_str(f->rows[0].architecture, "moe");
	assert_str(f->rows[0].metadata, NULL);
}

static void one_model_comes_with_metadata(void **state)
{
	struct fixture *f = *state;
	int64_t id;

	sync_two(f, T0);
	contract_exec(url, "UPDATE models SET metadata = '{\"x\": 1}'"
			   " WHERE provider_model_id = 'a'");
	list(f, 0, 0);
	id = f->rows[0].id;
	list(f, 0, id);
	assert_int_equal(f->n, 1);
	assert_str(f->rows[0].provider_model_id, "a");
	assert_str(f->rows[0].provider, "acme");
	assert_str(f->rows[0].metadata, "{\"x\": 1}");
	list(f, 0, id + 1000);
	assert_int_equal(f->n, 0);
	list(f, f->rows[0].provider_id + 1000, id);
	assert_int_equal(f->n, 0);
}

static void one_provider_alone(void **state)
{
	struct fixture *f = *state;

	sync_two(f, T0);
	list(f, kit_provider(f->store, "zeta"), 0);
	assert_int_equal(f->n, 1);
	assert_str(f->rows[0].provider, "zeta");
	list(f, 1000, 0);
	assert_int_equal(f->n, 0);
}

static void a_listed_model_was_seen_at_the_last_fetch(void **state)
{
	struct fixture *f = *state;
	struct model b = contract_model(&f->a, "b", "0.0000006000000000000001", "0");
	struct catalog acme = { STR("acme"), &b, 1 };

	sync_two(f, T0);
	sync_two(f, T0 + DAY_MS);
	for (int64_t of = 0; of < 2; of++) {
		list(f, of ? kit_provider(f->store, "acme") : 0, 0);
		assert_str(f->rows[0].last_seen_at, "2025-08-04T06:03:00.123Z");
	}
	OK(contract_sync(f->store, &acme, T0 + 2 * DAY_MS, NULL, &f->e));
	for (int64_t of = 0; of < 2; of++) {
		list(f, of ? kit_provider(f->store, "acme") : 0, 0);
		assert_str(f->rows[0].last_seen_at, "2025-08-04T06:03:00.123Z");
		assert_str(f->rows[0].missing_since, "2025-08-05T06:03:00.123Z");
		assert_str(f->rows[1].last_seen_at, "2025-08-05T06:03:00.123Z");
	}
	list(f, 0, f->rows[1].id);
	assert_str(f->rows[0].last_seen_at, "2025-08-05T06:03:00.123Z");
}

static bool refuse(void *arg, const struct store_shown_model *row, struct err *e)
{
	(void)arg;
	(void)row;
	return err_set(e, ERR_DATA, "enough");
}

static void who_reads_may_stop(void **state)
{
	struct fixture *f = *state;

	sync_two(f, T0);
	FAILS(store_list_shown(f->store, 0, 0, refuse, NULL, &f->e), ERR_DATA);
	list(f, 0, 0);
	assert_int_equal(f->n, 3);
}

/* ---- providers ---- */

static void providers_whole(void **state)
{
	struct fixture *f = *state;
	struct store_shown_provider *p;
	size_t n;

	sync_two(f, T0);
	contract_exec(url, "UPDATE providers SET site_url = 'https://acme.example',"
			   " is_active = '0', supports_vision = '1', health_status = 'down',"
			   " average_response_time_ms = 7.25,"
			   " last_health_check_at = '2026-01-02T03:04:05.678Z'"
			   " WHERE slug = 'acme'");
	OK(store_load_shown_providers(f->store, STR_NONE, &f->a, &p, &n, &f->e));
	assert_int_equal(n, 2);
	assert_str(p[0].slug, "acme");
	assert_str(p[0].site_url, "https://acme.example");
	assert_str(p[0].logo_url, NULL);
	assert_str(p[0].health_status, "down");
	assert_str(p[0].last_health_check_at, "2026-01-02T03:04:05.678Z");
	assert_false(p[0].is_active);
	assert_int_equal(p[0].supports_vision, 1);
	assert_int_equal(p[0].supports_streaming, -1);
	assert_true(p[0].response_ms == 7.25);
	assert_int_equal(p[0].models, 2);
	assert_str(p[1].slug, "zeta");
	assert_true(p[1].is_active && p[1].response_ms < 0);
	assert_int_equal(p[1].models, 1);
}

static void one_provider_by_its_slug(void **state)
{
	struct fixture *f = *state;
	struct store_shown_provider *p;
	size_t n;

	sync_two(f, T0);
	OK(store_load_shown_providers(f->store, STR("zeta"), &f->a, &p, &n, &f->e));
	assert_int_equal(n, 1);
	assert_str(p[0].slug, "zeta");
	OK(store_load_shown_providers(f->store, STR("nobody"), &f->a, &p, &n, &f->e));
	assert_int_equal(n, 0);
}

/* ---- the mark ---- */

static void the_mark_moves_when_somebody_else_writes(void **state)
{
	struct fixture *f = *state;
	struct str before, after;

	sync_two(f, T0);
	OK(store_mark(f->store, &f->a, &before, &f->e));
	contract_exec(url, "UPDATE models SET is_active = '0'");
	/* PostgreSQL counts in the end of a session, and tells a moment later. */
	for (int tries = 0; tries < 1200; tries++) {
		OK(store_mark(f->store, &f->a, &after, &f->e));
		if (!str_eq(before, after))
			return;
		(void)usleep(50000);
	}
	fail_msg("the mark is %.*s as before", STR_FMT(after));
}

static void the_mark_stands_while_nobody_writes(void **state)
{
	struct fixture *f = *state;
	struct str before, after;

	if (strncmp(url, "sqlite:", 7) != 0)
		skip(); /* our own counts come in late there */
	sync_two(f, T0);
	OK(store_mark(f->store, &f->a, &before, &f->e));
	sync_two(f, T0 + DAY_MS);
	OK(store_mark(f->store, &f->a, &after, &f->e));
	assert_true(str_eq(before, after));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rows_come_by_provider_and_id),
		TEST(what_is_said_and_what_is_not),
		TEST(what_probes_and_operators_wrote),
		TEST(one_model_comes_with_metadata),
		TEST(one_provider_alone),
		TEST(a_listed_model_was_seen_at_the_last_fetch),
		TEST(who_reads_may_stop),
		TEST(providers_whole),
		TEST(one_provider_by_its_slug),
		TEST(the_mark_moves_when_somebody_else_writes),
		TEST(the_mark_stands_while_nobody_writes),
	};

	return KIT_RUN("shown", tests);
}
