/*
 * The view that a daemon keeps (web/view.h), on each back end: what it holds, when it moves, what its names stand for.
 */
#include "store/kit.h"
#include "web/view.h"

#include "base/json.h"

struct fixture {
	KIT_FIXTURE;
	struct loop *loop;
	struct view_keeper *keeper;
	int told, moved; /* exchanges, and those that moved */
	struct err failure;
	bool ask_again; /* from within the next exchange */
};

static void on_exchange(void *arg, const struct view *v, bool moved, const struct err *e)
{
	struct fixture *f = arg;

	f->told++;
	f->moved += moved;
	f->failure = e ? *e : (struct err){ 0 };
	assert_true(!v == !!e);
	if (!f->ask_again)
		return;
	f->ask_again = false;
	view_refresh(f->keeper, STR("acme"));
	view_refresh(f->keeper, STR("acme"));
}

static void sync_as(struct fixture *f, const char *provider, size_t n, const char *input,
		    int64_t at_ms)
{
	struct model models[3];
	struct catalog c = { str_of(provider), models, n };

	for (size_t i = 0; i < n; i++) {
		models[i] = contract_model(&f->a, (const char *[]){ "a", "B-Two", "c" }[i], input,
					   "0.5");
		models[i].modality = STR_NONE;
	}
	/* Bytewise order, as a sync has it. */
	if (n > 1) {
		struct model first = models[0];

		models[0] = models[1];
		models[1] = first;
	}
	if (n > 0)
		models[0].modality = STR("text->image");
	OK(contract_sync(f->store, &c, at_ms, NULL, &f->e));
}

static void end(void *fixture)
{
	struct fixture *f = fixture;

	view_keeper_destroy(f->keeper);
	loop_destroy(f->loop);
}

static int setup(void **state)
{
	struct fixture *f;

	(void)kit_setup(state, sizeof(*f));
	f = *state;
	f->end = end;
	f->loop = loop_create();
	f->keeper = view_keeper_create(f->loop, url);
	view_on_exchange(f->keeper, on_exchange, f);
	sync_as(f, "zeta", 3, "0.25", T0);
	sync_as(f, "acme", 2, "0.25", T0);
	return 0;
}

static const struct view *loaded(struct fixture *f)
{
	view_refresh_all(f->keeper);
	loop_run(f->loop);
	assert_int_equal(f->failure.kind, ERR_NONE);
	return view_get(f->keeper);
}

static const struct view *refreshed(struct fixture *f, const char *provider)
{
	view_refresh(f->keeper, str_of(provider));
	loop_run(f->loop);
	assert_int_equal(f->failure.kind, ERR_NONE);
	return view_get(f->keeper);
}

/* The objects of a segment, parsed as a whole: neighbours with the commas between them. */
static yyjson_doc *parsed(const struct view_segment *g)
{
	struct err e;
	yyjson_doc *doc = NULL;
	BUF_AUTO(text, 1 << 20);

	buf_add_char(&text, '[');
	buf_add(&text, g->text, g->text_n - 1);
	buf_add_char(&text, ']');
	if (!json_read(buf_str(&text), &doc, &e))
		fail_msg("%s in %.*s", e.text, STR_FMT(buf_str(&text)));
	return doc;
}

static void assert_member(yyjson_doc *doc, size_t i, const char *key, const char *expected)
{
	yyjson_val *v = yyjson_obj_get(yyjson_arr_get(yyjson_doc_get_root(doc), i), key);

	assert_str(json_raw(v), expected);
}

/* ---- what it holds ---- */

static void nothing_before_it_is_asked_for(void **state)
{
	struct fixture *f = *state;

	assert_null(view_get(f->keeper));
}

static void it_holds_all_in_order(void **state)
{
	struct fixture *f = *state;
	const struct view *v = loaded(f);
	JSON_DOC_AUTO(doc);

	assert_int_equal(v->n, 2);
	assert_int_equal(v->models, 5);
	assert_int_equal(v->active, 5);
	assert_str(v->segments[0]->slug, "acme");
	assert_str(v->segments[1]->slug, "zeta");
	assert_int_equal(v->segments[0]->n, 2);
	doc = parsed(v->segments[0]);
	assert_int_equal(yyjson_arr_size(yyjson_doc_get_root(doc)), 2);
	assert_member(doc, 0, "provider_model_id", "B-Two");
	assert_member(doc, 1, "provider_model_id", "a");
	assert_member(doc, 0, "pricing_prompt", "0.25");
	assert_member(doc, 0, "last_seen_at", "2025-08-03T06:03:00.123Z");
	view_put(v);
}

static void each_model_knows_its_places(void **state)
{
	struct fixture *f = *state;
	const struct view *v = loaded(f);

	for (size_t i = 0; i < v->n; i++) {
		const struct view_segment *g = v->segments[i];
		uint64_t in_groups = 0;

		for (size_t m = 0; m < g->n; m++) {
			const struct view_model *model = &g->models[m];

			assert_int_equal(g->text[model->at], '{');
			assert_int_equal(g->text[model->at + model->n - 1], '}');
			assert_int_equal(g->text[model->at + model->n], ',');
			assert_int_equal(g->words[model->name_at + model->name_n - 1], '\0');
		}
		assert_string_equal(g->words + g->models[0].name_at, "b-two");
		for (size_t n = 0; n < g->n_groups; n++)
			in_groups += g->groups[n].n;
		assert_int_equal(in_groups, g->n);
	}
	view_put(v);
}

static void it_is_looked_into(void **state)
{
	struct fixture *f = *state;
	const struct view *v = loaded(f);
	uint16_t image = view_find_modality(v, STR("text->image"));

	assert_int_equal(v->segments[0]->models[0].modality, image);
	assert_int_equal(v->segments[0]->models[1].modality, VIEW_NO_MODALITY);
	assert_int_equal(view_find_modality(v, STR("smell")), VIEW_NO_MODALITY);
	assert_ptr_equal(view_find_slug(v, STR("zeta")), v->segments[1]);
	assert_null(view_find_slug(v, STR("nobody")));
	assert_ptr_equal(view_find_provider(v, v->segments[0]->provider_id), v->segments[0]);
	assert_null(view_find_provider(v, 0));
	view_put(v);
}

static void models_of_who_is_inactive_are(void **state)
{
	struct fixture *f = *state;
	const struct view *v;

	contract_exec(url, "UPDATE providers SET is_active = '0', health_status = 'down'"
			   " WHERE slug = 'acme'");
	v = loaded(f);
	assert_int_equal(v->active, 3);
	assert_false(v->segments[0]->is_active || v->segments[0]->models[0].is_active);
	assert_int_equal(v->segments[0]->health, HEALTH_DOWN);
	assert_str(v->providers_stats, "{\"total\":2,\"active\":1,\"inactive\":1,\"healthy\":0,"
				       "\"degraded\":0,\"down\":1,\"unknown\":1}");
	assert_str(v->segments[0]->stats, "{\"total\":2,\"active\":0,\"inactive\":2,\"healthy\":0,"
					  "\"degraded\":0,\"down\":0,\"unknown\":2,\"by_modality\":"
					  "{\"text->image\":1,\"unknown\":1}}");
	view_put(v);
}

static void a_provider_without_models(void **state)
{
	struct fixture *f = *state;
	const struct view *v;

	(void)kit_provider(f->store, "new");
	v = loaded(f);
	assert_str(v->segments[1]->slug, "new");
	assert_int_equal(v->segments[1]->n, 0);
	assert_int_equal(v->segments[1]->text_n, 0);
	view_put(v);
}

/* ---- when it moves ---- */

static void only_what_is_refreshed_is_made_anew(void **state)
{
	struct fixture *f = *state;
	const struct view *before = loaded(f), *after;

	sync_as(f, "acme", 2, "0.75", T0 + DAY_MS);
	sync_as(f, "zeta", 3, "0.75", T0 + DAY_MS);
	after = refreshed(f, "acme");
	assert_int_equal(f->moved, 2);
	assert_ptr_equal(after->segments[1], before->segments[1]);
	assert_false(hash_eq(&after->segments[0]->name, &before->segments[0]->name));
	assert_false(hash_eq(&after->name, &before->name));
	assert_int_equal(after->models, 5);
	/* Who still sends from the old one may. */
	view_put(after);
	assert_non_null(memmem(before->segments[0]->text, before->segments[0]->text_n, "0.25", 4));
	view_put(before);
}

static void a_fetch_without_news_moves_nothing_but_when(void **state)
{
	struct fixture *f = *state;
	const struct view *before = loaded(f), *after;
	JSON_DOC_AUTO(doc);

	sync_as(f, "acme", 2, "0.25", T0 + DAY_MS);
	after = refreshed(f, "acme");
	assert_int_equal(f->told, 2);
	assert_int_equal(f->moved, 1);
	assert_true(hash_eq(&after->name, &before->name));
	assert_true(hash_eq(&after->segments[0]->name, &before->segments[0]->name));
	doc = parsed(after->segments[0]);
	assert_member(doc, 0, "last_seen_at", "2025-08-04T06:03:00.123Z");
	assert_member(doc, 1, "last_seen_at", "2025-08-04T06:03:00.123Z");
	view_put(after);
	view_put(before);
}

static void who_goes_missing_moves_it(void **state)
{
	struct fixture *f = *state;
	const struct view *before = loaded(f), *after;
	JSON_DOC_AUTO(doc);

	sync_as(f, "zeta", 2, "0.25", T0 + DAY_MS);
	after = refreshed(f, "zeta");
	assert_int_equal(f->moved, 2);
	assert_true(after->segments[1]->models[2].is_missing);
	assert_false(after->segments[1]->models[1].is_missing);
	doc = parsed(after->segments[1]);
	assert_member(doc, 1, "last_seen_at", "2025-08-04T06:03:00.123Z");
	assert_member(doc, 2, "last_seen_at", "2025-08-03T06:03:00.123Z");
	view_put(after);
	view_put(before);
}

static void names_are_the_same_in_another_process(void **state)
{
	struct fixture *f = *state;
	struct view_keeper *mine = f->keeper;
	const struct view *v = loaded(f), *other;

	f->keeper = view_keeper_create(f->loop, url);
	other = loaded(f);
	assert_true(hash_eq(&v->name, &other->name));
	view_put(other);
	view_keeper_destroy(f->keeper);
	f->keeper = mine;
	view_put(v);
}

static void asked_while_it_reads_it_reads_once_more(void **state)
{
	struct fixture *f = *state;

	view_refresh_all(f->keeper);
	view_refresh_all(f->keeper);
	view_refresh(f->keeper, STR("acme"));
	f->ask_again = true;
	loop_run(f->loop);
	assert_int_equal(f->told, 3);
	assert_int_equal(f->moved, 1);
}

static void one_that_is_new_comes_in(void **state)
{
	struct fixture *f = *state;
	const struct view *v = loaded(f);

	view_put(v);
	sync_as(f, "mid", 1, "1", T0);
	v = refreshed(f, "mid");
	assert_int_equal(v->n, 3);
	assert_str(v->segments[1]->slug, "mid");
	view_put(v);
	v = refreshed(f, "nobody");
	assert_int_equal(v->n, 3);
	view_put(v);
}

/* ---- failures ---- */

static void what_cannot_be_read_is_told_and_the_old_one_stays(void **state)
{
	struct fixture *f = *state;
	const struct view *before = loaded(f), *after;

	contract_exec(url, "ALTER TABLE models RENAME TO elsewhere");
	view_refresh(f->keeper, STR("acme"));
	loop_run(f->loop);
	assert_int_equal(f->failure.kind, ERR_DB);
	after = view_get(f->keeper);
	assert_ptr_equal(before, after);
	view_put(after);
	view_put(before);
	contract_exec(url, "ALTER TABLE elsewhere RENAME TO models");
	sync_as(f, "acme", 2, "0.75", T0 + DAY_MS);
	/* What could not be read then is read with the next one. */
	after = refreshed(f, "zeta");
	assert_non_null(memmem(after->segments[0]->text, after->segments[0]->text_n, "0.75", 4));
	view_put(after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_before_it_is_asked_for),
		TEST(it_holds_all_in_order),
		TEST(each_model_knows_its_places),
		TEST(it_is_looked_into),
		TEST(models_of_who_is_inactive_are),
		TEST(a_provider_without_models),
		TEST(only_what_is_refreshed_is_made_anew),
		TEST(a_fetch_without_news_moves_nothing_but_when),
		TEST(who_goes_missing_moves_it),
		TEST(names_are_the_same_in_another_process),
		TEST(asked_while_it_reads_it_reads_once_more),
		TEST(one_that_is_new_comes_in),
		TEST(what_cannot_be_read_is_told_and_the_old_one_stays),
	};

	return KIT_RUN("view", tests);
}
