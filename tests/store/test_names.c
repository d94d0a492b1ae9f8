/*
 * What every back end owes of the same weights: identities, aliases, names, offers.
 */
#include "store/market.h"

static int setup(void **state)
{
	return kit_setup(state, sizeof(struct fixture));
}

static struct store_identity_state identity_state_of(struct fixture *f, const char *slug)
{
	struct store_identity_state *states;
	size_t n;

	OK(store_load_identity_states(f->store, &f->a, &states, &n, &f->e));
	for (size_t i = 0; i < n; i++)
		if (str_eq(states[i].provider, str_of(slug)))
			return states[i];
	fail_msg("no provider %s", slug);
	return states[0];
}

static struct store_identity *identities_of(struct fixture *f, const char *slug, size_t *ret_n)
{
	struct store_identity *rows;

	OK(store_load_identities(f->store, market_provider(f, slug), &f->a, &rows, ret_n, &f->e));
	return rows;
}

static bool save_identities(struct fixture *f, const char *slug, const struct store_identity *rows,
			    size_t n, const char *basis)
{
	OK(store_begin(f->store, slug, &f->e));
	if (store_save_identities(f->store, market_provider(f, slug), T0 + DAY_MS, rows, n,
				  str_of(basis), &f->e) &&
	    store_commit(f->store, &f->e))
		return true;
	store_rollback(f->store);
	return false;
}

/* Everything about a model but which weights it is. */
static const char unnamed_sql[] =
	"SELECT id, provider_id, provider_model_id, model_name, context_length, pricing_prompt,"
	" content_hash, first_seen_at, last_seen_at, is_active FROM models ORDER BY id";

static void test_identities_are_saved_and_nothing_else(void **state)
{
	static const char *const tables[] = { "providers", "model_versions", "prices",
					      "changes",   "snapshots",      "absences" };
	enum { TABLES = sizeof(tables) / sizeof(tables[0]) };
	struct fixture *f = *state;
	struct catalog c = market_two(f);
	char *before[TABLES + 1], *after;
	struct store_identity *rows;
	size_t n;

	c.models[0].metadata = STR("{\"a\":1,\"hugging_face_id\":\"Acme/Large\"}");
	c.models[1].metadata = STR("{\"a\":1}");
	(void)market_sync(f, &c, T0);
	assert_true(identity_state_of(f, "acme").has_new);
	assert_true(str_is_none(identity_state_of(f, "acme").basis));
	assert_true(str_is_none(market_state(f, "acme").identity_basis));
	for (size_t i = 0; i < TABLES; i++)
		before[i] = contract_dump(url, tables[i]);
	before[TABLES] = contract_query(url, unnamed_sql);

	rows = identities_of(f, "acme", &n);
	assert_int_equal(n, 2);
	assert_str(rows[0].hugging_face_id, "Acme/Large");
	assert_str(rows[1].hugging_face_id, NULL);
	assert_str(rows[1].canonical_evidence, NULL);
	rows[0].canonical_id = STR("acme/large-1");
	rows[0].canonical_evidence = STR("hugging face id \"größer\"");
	rows[1].canonical_evidence = STR("none: no reason");
	assert_true(save_identities(f, "acme", rows, 2, "1 abc"));

	assert_query("SELECT provider_model_id, canonical_id, canonical_evidence FROM models"
		     " ORDER BY id",
		     "acme/large|acme/large-1|hugging face id \"größer\"\n"
		     "acme/small|-|none: no reason\n");
	assert_false(identity_state_of(f, "acme").has_new);
	assert_str(identity_state_of(f, "acme").basis, "1 abc");
	assert_str(market_state(f, "acme").identity_basis, "1 abc");
	rows = identities_of(f, "acme", &n);
	assert_str(rows[0].canonical_id, "acme/large-1");
	assert_str(rows[1].canonical_id, NULL);
	for (size_t i = 0; i < TABLES; i++) {
		after = contract_dump(url, tables[i]);
		assert_string_equal(before[i], after);
		free(after);
		free(before[i]);
	}
	after = contract_query(url, unnamed_sql);
	assert_string_equal(before[TABLES], after);
	free(after);
	free(before[TABLES]);
}

static void test_a_basis_is_one_row_a_provider(void **state)
{
	struct fixture *f = *state;
	struct catalog c = market_two(f);
	char *before, *after;
	struct store_identity *rows, foreign = { .canonical_evidence = STR("x") };
	size_t n;

	(void)market_sync(f, &c, T0);
	c.provider = STR("other");
	(void)market_sync(f, &c, T0);
	before = contract_dump(url, "models");
	assert_true(save_identities(f, "acme", NULL, 0, "1"));
	assert_true(save_identities(f, "acme", NULL, 0, "2"));
	assert_true(save_identities(f, "other", NULL, 0, "3"));
	after = contract_dump(url, "models");
	assert_string_equal(before, after);
	assert_query("SELECT basis FROM identity_bases ORDER BY basis", "2\n3\n");
	/* A row of another provider is none of this one's. */
	rows = identities_of(f, "other", &n);
	foreign.model_id = rows[0].model_id;
	assert_false(save_identities(f, "acme", &foreign, 1, "4"));
	assert_int_equal(f->e.kind, ERR_DB);
	assert_query("SELECT basis FROM identity_bases ORDER BY basis", "2\n3\n");
	free(before);
	free(after);
}

/* A row that a sync writes says which weights it is, or that nobody looked. */
static void test_a_write_carries_the_identity(void **state)
{
	struct fixture *f = *state;
	struct catalog c = market_two(f);
	struct store_model_write w = { .model = &c.models[0] };
	struct store_batch b = { .at_ms = T0 + 1, .writes = &w, .n_writes = 1 };
	size_t n;

	(void)market_sync(f, &c, T0);
	w.id = market_rows(f, "acme", &n)[0].id;
	w.canonical_id = STR("acme/large-1");
	w.canonical_evidence = STR("id \"acme/large\"");
	for (int i = 0; i < 2; i++) {
		OK(store_begin(f->store, "acme", &f->e));
		b.provider_id = market_provider(f, "acme");
		OK(store_apply(f->store, &b, &f->e));
		OK(store_commit(f->store, &f->e));
		assert_query("SELECT canonical_id, canonical_evidence FROM models"
			     " WHERE provider_model_id = 'acme/large'",
			     i == 0 ? "acme/large-1|id \"acme/large\"\n" : "-|-\n");
		w.canonical_id = w.canonical_evidence = STR_NONE;
	}
}

static void test_open_aliases_are_loaded(void **state)
{
	struct fixture *f = *state;
	struct catalog c = market_two(f);
	struct store_alias *list;
	size_t n;

	OK(store_load_aliases(f->store, &f->a, &list, &n, &f->e));
	assert_int_equal(n, 0);
	(void)market_sync(f, &c, T0);
	/* applied_at: an instant as either database writes it. */
	contract_exec(url, "INSERT INTO aliases (alias, provider_id, canonical_id, added_at)"
			   " SELECT 'Large', p.id, 'qwen/qwen3-8b', v.applied_at"
			   " FROM providers p, schema_version v WHERE v.version = 1");
	contract_exec(url, "INSERT INTO aliases (alias, canonical_id, added_at, ended_at)"
			   " SELECT 'old', 'qwen/qwen3-8b', applied_at, applied_at"
			   " FROM schema_version WHERE version = 1");
	contract_exec(url,
		      "INSERT INTO aliases (alias, canonical_id, added_at)"
		      " SELECT 'größer', '', applied_at FROM schema_version WHERE version = 1");
	OK(store_load_aliases(f->store, &f->a, &list, &n, &f->e));
	assert_int_equal(n, 2);
	assert_str(list[0].alias, "Large");
	assert_str(list[0].provider, "acme");
	assert_str(list[0].canonical_id, "qwen/qwen3-8b");
	assert_str(list[1].alias, "größer");
	assert_str(list[1].provider, NULL);
	assert_str(list[1].canonical_id, "");
	assert_true(list[0].id < list[1].id);
}

static void test_names_are_sorted(void **state)
{
	struct fixture *f = *state;
	struct catalog c = market_two(f);
	struct store_name *names;
	size_t n;

	OK(store_load_names(f->store, &f->a, &names, &n, &f->e));
	assert_int_equal(n, 0);
	c.models[0].id = STR("acme/Zebra"); /* by bytes, not as people sort */
	c.provider = STR("zeta");
	(void)market_sync(f, &c, T0);
	c.provider = STR("acme");
	(void)market_sync(f, &c, T0);
	contract_exec(url, "UPDATE models SET canonical_id = 'a/b' WHERE provider_model_id ="
			   " 'acme/small'");
	OK(store_load_names(f->store, &f->a, &names, &n, &f->e));
	assert_int_equal(n, 4);
	for (size_t i = 0; i < n; i++) {
		assert_str(names[i].provider, i < 2 ? "acme" : "zeta");
		assert_str(names[i].provider_model_id, i % 2 ? "acme/small" : "acme/Zebra");
		assert_str(names[i].canonical_id, i % 2 ? "a/b" : NULL);
		assert_true(names[i].model_id > 0);
	}
}

static void test_offers_come_in_the_order_asked(void **state)
{
	struct fixture *f = *state;
	struct catalog c = market_two(f), one = market_two(f);
	struct store_offer offers[2];
	struct store_row *rows;
	int64_t ids[2];
	size_t n;

	(void)market_sync(f, &c, T0);
	one.n = 1;
	(void)market_sync(f, &one, T0 + DAY_MS);
	contract_exec(url,
		      "UPDATE models SET canonical_evidence = 'why' WHERE missing_since IS NULL");
	contract_exec(url, "UPDATE prices SET suspect = 'too low' WHERE amount = '0'"
			   " OR suspect = 'none'");
	rows = market_rows(f, "acme", &n);
	ids[0] = rows[1].id;
	ids[1] = rows[0].id;
	OK(store_load_offers(f->store, ids, 2, &f->a, offers, &f->e));
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(offers[i].observed.model_id, ids[i]);
		assert_int_equal(offers[i].observed.model.n_prices, 2);
		assert_str(offers[i].provider, "acme");
		assert_true(offers[i].is_active);
	}
	assert_str(offers[0].observed.model.id, "acme/small");
	assert_int_equal(offers[0].missing_since_ms, T0 + DAY_MS);
	assert_int_equal(offers[1].missing_since_ms, CLOCK_NONE);
	assert_str(offers[0].canonical_evidence, NULL);
	assert_str(offers[1].canonical_evidence, "why");
	assert_str(offers[0].observed.suspect[0], NULL);
	assert_str(offers[0].observed.suspect[1], "too low");
	assert_str(offers[1].observed.suspect[1], NULL);
	contract_exec(url, "UPDATE providers SET is_active = false");
	OK(store_load_offers(f->store, ids, 1, &f->a, offers, &f->e));
	assert_false(offers[0].is_active);
	OK(store_load_offers(f->store, ids, 0, &f->a, offers, &f->e));
	ids[0] = 999;
	FAILS(store_load_offers(f->store, ids, 1, &f->a, offers, &f->e), ERR_DB);
}

/* ---- */

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_identities_are_saved_and_nothing_else),
		TEST(test_a_basis_is_one_row_a_provider),
		TEST(test_a_write_carries_the_identity),
		TEST(test_open_aliases_are_loaded),
		TEST(test_names_are_sorted),
		TEST(test_offers_come_in_the_order_asked),
	};

	return KIT_RUN("names", tests);
}
