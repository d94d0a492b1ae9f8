/*
 * probe_pick: whom a cycle asks of a catalog, in which order, and why not the others; and the
 * names of Hugging Face's router as ours.
 */
#include "unit.h"

#include "base/clock.h"
#include "provider/registry.h"
#include "task/probe_pick.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* What matters of a row; the rest is absent. */
struct said {
	const char *provider, *id, *canonical, *hf, *modality, *in, *out;
	int64_t context, probed; /* 0: not said, never */
};

static const struct said catalog[] = {
	{ "acme", "alpha", "org/alpha-7b", "Org/Alpha-7B", "text->text", "0.000001", "0.000002",
	  8000, 500 },
	{ "acme", "beta", "org/beta", NULL, "text+image->text", "0.0000001", "0.0000009", 32000,
	  0 },
	{ "acme", "embed-1", NULL, NULL, NULL, "0.00000001", "0", 512, 0 },
	{ "acme", "painter", NULL, NULL, "text->image", NULL, NULL, 0, 0 },
	{ "bolt", "org/alpha-7b", "org/alpha-7b", "org/alpha-7b", NULL, "0.0000005", "0.0000005",
	  8000, 0 },
	{ "bolt", "org/gamma", NULL, "org/Gamma", "text->text+audio", NULL, NULL, 0, 300 },
	{ "bolt", "org/hears", NULL, NULL, "audio->text", NULL, NULL, 0, 0 },
	{ "cold", "alpha", NULL, NULL, NULL, "1e-6", "x", 16000, 0 },
	{ "dark", "alpha", NULL, NULL, NULL, NULL, NULL, 0, 0 },
	{ "edge", "alpha", NULL, NULL, NULL, NULL, NULL, 0, 0 },
};

struct world {
	struct store_endpoint_row rows[LENGTH(catalog)];
	struct descriptor items[4];
	const struct descriptor *providers[4]; /* "dark" has no key */
	struct pick_from from;
};

static struct str text(const char *s)
{
	return s ? str_of(s) : STR_NONE;
}

static void describe(struct world *w, size_t i, const char *slug, const char *chat, struct arena *a)
{
	struct err e;

	if (!descriptor_parse(
		    arena_printf(a,
				 "{\"slug\":\"%s\",\"name\":\"X\",\"base_url\":\"https://x.test\","
				 "\"auth\":{\"form\":\"none\"},%s\"lists\":[{\"name\":\"models\","
				 "\"url\":\"https://x.test/models\",\"fields\":{\"id\":\"/id\"}}],"
				 "\"facts\":[]}",
				 slug, chat),
		    STR("test"), a, &w->items[i], &e))
		fail_msg("%s", e.text);
	w->providers[i] = &w->items[i];
}

#define CHAT "\"chat\":{\"url\":\"https://x.test/chat\""

static void make_world(struct world *w, struct arena *a)
{
	describe(w, 0, "acme",
		 CHAT ",\"models\":[{\"match\":\"embed-*\",\"chat\":false},{\"match\":\"beta\","
		      "\"limit_min\":16}]},",
		 a);
	describe(w, 1, "bolt", CHAT "},", a);
	describe(w, 2, "cold", CHAT "},", a);
	describe(w, 3, "edge", "", a);
	w->from =
		(struct pick_from){ w->rows, LENGTH(w->rows), w->providers, LENGTH(w->providers) };
	for (size_t i = 0; i < LENGTH(catalog); i++) {
		const struct said *c = &catalog[i];

		w->rows[i] = (struct store_endpoint_row){
			.model_id = (int64_t)i + 1,
			.provider = text(c->provider),
			.provider_model_id = text(c->id),
			.canonical_id = text(c->canonical),
			.hugging_face_id = text(c->hf),
			.modality = text(c->modality),
			.pricing_prompt = text(c->in),
			.pricing_completion = text(c->out),
			.context_length = c->context ? c->context : -1,
			.last_probed_ms = c->probed ? c->probed : CLOCK_NONE,
		};
	}
}

/* Picks as "slug:id slug:id", skips as "slug:id: reason" a line. */
static void assert_picks(const struct pick_query *q, const char *want, const char *want_skips)
{
	BUF_AUTO(picked, 1 << 16);
	BUF_AUTO(skipped, 1 << 16);
	ARENA_AUTO(a);
	struct world w;
	struct picked p;
	struct err e;

	make_world(&w, &a);
	if (!probe_pick(&w.from, q, &a, &p, &e))
		fail_msg("%s", e.text);
	for (size_t i = 0; i < p.n; i++) {
		buf_printf(&picked, "%s%.*s:%.*s", i ? " " : "",
			   STR_FMT(p.picks[i].endpoint.provider),
			   STR_FMT(p.picks[i].endpoint.provider_model_id));
		assert_true(str_eq(p.picks[i].provider->slug, p.picks[i].endpoint.provider));
		assert_ptr_equal(p.picks[i].rule,
				 descriptor_recipe(p.picks[i].provider,
						   p.picks[i].endpoint.provider_model_id));
	}
	for (size_t i = 0; i < p.n_skips; i++)
		buf_printf(&skipped, "%s%.*s:%.*s: %.*s", i ? "\n" : "",
			   STR_FMT(p.skips[i].provider), STR_FMT(p.skips[i].model),
			   STR_FMT(p.skips[i].reason));
	assert_string_equal(buf_str(&picked).at, want);
	if (want_skips)
		assert_string_equal(buf_str(&skipped).at, want_skips);
}

static void assert_refused(const struct pick_query *q, const char *sentence)
{
	ARENA_AUTO(a);
	struct world w;
	struct picked p;
	struct err e;

	make_world(&w, &a);
	assert_false(probe_pick(&w.from, q, &a, &p, &e));
	assert_int_equal(e.kind, ERR_USAGE);
	assert_string_equal(e.text, sentence);
}

static void test_all(void **state)
{
	(void)state;
	/* never asked: one of each provider after the other; then by age */
	assert_picks(&(struct pick_query){ 0 },
		     "bolt:org/alpha-7b cold:alpha acme:beta bolt:org/gamma acme:alpha",
		     "acme:embed-1: not a chat model, by its provider's descriptor\n"
		     "acme:painter: not a chat model: text->image\n"
		     "bolt:org/hears: not a chat model: audio->text\n"
		     "dark:alpha: no API key of its provider is configured\n"
		     "edge:alpha: nobody says where its provider is asked for a chat");
}

static void test_sorts(void **state)
{
	(void)state;
	assert_picks(&(struct pick_query){ .sort = PICK_NAME },
		     "acme:alpha acme:beta bolt:org/alpha-7b bolt:org/gamma cold:alpha", NULL);
	/* equal by value, then by name; a price that is none comes last */
	assert_picks(&(struct pick_query){ .sort = PICK_PRICE },
		     "acme:beta bolt:org/alpha-7b acme:alpha bolt:org/gamma cold:alpha", NULL);
	assert_picks(&(struct pick_query){ .sort = PICK_CONTEXT },
		     "acme:beta cold:alpha acme:alpha bolt:org/alpha-7b bolt:org/gamma", NULL);
}

static void test_top(void **state)
{
	(void)state;
	assert_picks(&(struct pick_query){ .sort = PICK_CONTEXT, .top = 2 }, "acme:beta cold:alpha",
		     NULL);
	assert_picks(&(struct pick_query){ .top = 1 }, "bolt:org/alpha-7b", NULL);
	assert_picks(&(struct pick_query){ .sort = PICK_NAME, .top = 99 },
		     "acme:alpha acme:beta bolt:org/alpha-7b bolt:org/gamma cold:alpha", NULL);
}

/* Who was asked goes behind the others: 20 requests over five endpoints reach all alike. */
static void test_round_robin_covers(void **state)
{
	ARENA_AUTO(a);
	struct world w;
	unsigned asked[LENGTH(catalog)] = { 0 };

	(void)state;
	make_world(&w, &a);
	for (int64_t round = 0; round < 10; round++) {
		const struct pick_query q = { .top = 2 };
		struct picked p;
		struct err e;

		assert_true(probe_pick(&w.from, &q, &a, &p, &e));
		for (size_t i = 0; i < p.n; i++) {
			size_t at = (size_t)p.picks[i].endpoint.model_id - 1;

			asked[at]++;
			w.rows[at].last_probed_ms = 1000 + round;
		}
	}
	for (size_t i = 0; i < LENGTH(catalog); i++)
		assert_true(asked[i] == 0 || (asked[i] >= 3 && asked[i] <= 5));
}

static void test_models(void **state)
{
	const struct str id[] = { STR("alpha") };
	const struct str canonical[] = { STR("org/ALPHA-7b") };
	const struct str hf[] = { STR("ORG/gamma") };
	const struct str one[] = { STR("bolt:org/alpha-7b"), STR("beta") };

	(void)state;
	assert_picks(&(struct pick_query){ .models = id, .n_models = 1, .sort = PICK_NAME },
		     "acme:alpha cold:alpha",
		     "dark:alpha: no API key of its provider is configured\n"
		     "edge:alpha: nobody says where its provider is asked for a chat");
	assert_picks(&(struct pick_query){ .models = canonical, .n_models = 1, .sort = PICK_NAME },
		     "acme:alpha bolt:org/alpha-7b", "");
	assert_picks(&(struct pick_query){ .models = hf, .n_models = 1 }, "bolt:org/gamma", "");
	assert_picks(&(struct pick_query){ .models = one, .n_models = 2, .sort = PICK_NAME },
		     "acme:beta bolt:org/alpha-7b", "");
}

static void test_providers(void **state)
{
	const struct str two[] = { STR("cold"), STR("bolt") };
	const struct str id[] = { STR("alpha") };

	(void)state;
	assert_picks(&(struct pick_query){ .providers = two, .n_providers = 2, .sort = PICK_NAME },
		     "bolt:org/alpha-7b bolt:org/gamma cold:alpha",
		     "bolt:org/hears: not a chat model: audio->text");
	assert_picks(
		&(struct pick_query){
			.providers = two, .n_providers = 1, .models = id, .n_models = 1 },
		"cold:alpha", "");
}

static void test_text(void **state)
{
	(void)state;
	assert_picks(&(struct pick_query){ .text = STR("GAMMA") }, "bolt:org/gamma", "");
	assert_picks(&(struct pick_query){ .text = STR("7b"), .sort = PICK_NAME },
		     "acme:alpha bolt:org/alpha-7b", "");
}

static void test_refused(void **state)
{
	const struct str nobody[] = { STR("alpha"), STR("omega") };
	const struct str beta[] = { STR("beta") };
	const struct str elsewhere[] = { STR("bolt") };
	const struct str unknown[] = { STR("bolt"), STR("nowhere") };

	(void)state;
	assert_refused(&(struct pick_query){ .text = STR("nothing") },
		       "nothing that was chosen has \"nothing\" in an id");
	assert_refused(&(struct pick_query){ .models = nobody, .n_models = 2 },
		       "no model of the catalog is called \"omega\"");
	assert_refused(
		&(struct pick_query){
			.models = beta, .n_models = 1, .providers = elsewhere, .n_providers = 1 },
		"no model of the catalog is called \"beta\" at these providers");
	assert_refused(&(struct pick_query){ .providers = unknown, .n_providers = 2 },
		       "nowhere: the catalog has no model of it: sync it");
}

/* A key that is got with another one, or would stand in a URL that is written down. */
static void test_keys_no_probe_shows(void **state)
{
	static const struct {
		const char *auth, *reason;
	} cases[] = {
		{ "\"query:key\"", "its provider wants the key in the URL, which is written down" },
		{ "\"google\",\"scope\":\"s\"",
		  "its provider is asked with a service account's token, which no probe has" },
	};
	struct store_endpoint_row row = { .provider = STR("acme"), .provider_model_id = STR("a") };
	ARENA_AUTO(a);

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		const struct pick_query all = { 0 };
		struct descriptor d;
		const struct descriptor *const providers[] = { &d };
		const struct pick_from from = { &row, 1, providers, 1 };
		struct picked p;
		struct err e;

		if (!descriptor_parse(
			    arena_printf(
				    &a,
				    "{\"slug\":\"acme\",\"name\":\"X\",\"base_url\":\"x\","
				    "\"auth\":{\"form\":%s,\"env\":\"K\"}," CHAT "},"
				    "\"lists\":[{\"name\":\"models\",\"url\":\"https://x.test\","
				    "\"fields\":{\"id\":\"/id\"}}],\"facts\":[]}",
				    cases[i].auth),
			    STR("test"), &a, &d, &e))
			fail_msg("%s", e.text);
		assert_true(probe_pick(&from, &all, &a, &p, &e));
		assert_int_equal(p.n, 0);
		assert_int_equal(p.n_skips, 1);
		assert_string_equal(p.skips[0].reason.at, cases[i].reason);
	}
}

/* ---- the router's names ---- */

static void test_router_names(void **state)
{
	static const char *const names[][2] = {
		{ "fireworks-ai", "fireworks" },
		{ "zai-org", "zai" },
		{ "featherless-ai", "featherless" },
		{ "novita", "novita" },
		{ "together", "together" },
		{ "cohere", "cohere" },
		{ "fal-ai", "fal" },
		{ "zai", "zai" }, /* by our slug */
	};
	ARENA_AUTO(a);
	struct registry all;
	struct err e;

	(void)state;
	assert_true(registry_load(NULL, &a, &all, &e));
	for (size_t i = 0; i < LENGTH(names); i++) {
		const struct descriptor *d = registry_find_routed(&all, str_of(names[i][0]));

		assert_non_null(d);
		assert_string_equal(d->slug.at, names[i][1]);
	}
	assert_null(registry_find_routed(&all, STR("nscale")));
	assert_null(registry_find_routed(&all, STR("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_sorts),
		cmocka_unit_test(test_top),
		cmocka_unit_test(test_round_robin_covers),
		cmocka_unit_test(test_models),
		cmocka_unit_test(test_providers),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_keys_no_probe_shows),
		cmocka_unit_test(test_router_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
