/*
 * What every back end owes the rules over time (store/rules.h), and of changes to
 * who lists them.
 */
#include "store/rules.h"

#include "store/kit.h"

#define HOUR 3600000LL

enum { MODELS = 4 };

struct fixture {
	KIT_FIXTURE;
	int64_t provider;
	int64_t ids[MODELS]; /* acme/a … acme/d */
	int hash;
};

/* One fetch that changes so much; another state each time unless `b` says the open one. */
static void apply(struct fixture *f, struct store_batch b, int64_t at_ms)
{
	if (!b.provider_id)
		b.provider_id = f->provider;
	b.at_ms = at_ms;
	b.snapshot.bytes[0] = (unsigned char)f->hash;
	OK(store_begin(f->store, "acme", &f->e));
	OK(store_apply(f->store, &b, &f->e));
	OK(store_commit(f->store, &f->e));
}

static void apply_another(struct fixture *f, struct store_batch b, int64_t at_ms)
{
	f->hash++;
	apply(f, b, at_ms);
}

static int setup(void **state)
{
	static const char *const names[MODELS] = { "acme/a", "acme/b", "acme/c", "acme/d" };
	struct fixture *f;
	struct model models[MODELS];
	struct store_model_write writes[MODELS];
	struct store_row *rows;
	size_t n;

	(void)kit_setup(state, sizeof(*f));
	f = *state;
	f->provider = kit_provider(f->store, "acme");
	for (size_t i = 0; i < MODELS; i++) {
		models[i] = contract_bare_model(names[i]);
		writes[i] = (struct store_model_write){ .model = &models[i], .new_version = true };
	}
	models[2].deprecated_at_ms = T0 + 5 * HOUR;
	apply_another(f, (struct store_batch){ .writes = writes, .n_writes = MODELS }, T0);
	OK(store_load_rows(f->store, f->provider, &f->a, &rows, &n, &f->e));
	for (size_t i = 0; i < MODELS; i++)
		f->ids[i] = rows[i].id;
	return 0;
}

/* ---- absences ---- */

static void miss(struct fixture *f, size_t from, size_t n, int64_t incident_id, int64_t at_ms)
{
	int64_t incidents[MODELS];

	for (size_t i = 0; i < n; i++)
		incidents[i] = incident_id;
	apply_another(f,
		      (struct store_batch){ .missing = &f->ids[from],
					    .n_missing = n,
					    .missing_incidents = incident_id ? incidents : NULL },
		      at_ms);
}

static struct store_absence *pending(struct fixture *f, size_t *ret_n)
{
	struct store_absence *list;

	OK(store_load_pending(f->store, f->provider, &f->a, &list, ret_n, &f->e));
	return list;
}

static int64_t open_incident(struct fixture *f, enum store_incident_kind kind, int64_t at_ms,
			     uint64_t members)
{
	int64_t id;

	OK(store_begin(f->store, "acme", &f->e));
	OK(store_open_incident(f->store, f->provider, kind, at_ms, members, &id, &f->e));
	OK(store_commit(f->store, &f->e));
	return id;
}

static void test_pending_absences(void **state)
{
	struct fixture *f = *state;
	int64_t incident = open_incident(f, INCIDENT_MISSING, T0 + HOUR, 2);
	struct store_absence *list, of[3];
	int64_t ids[3] = { f->ids[3], f->ids[0], f->ids[2] };
	size_t n;

	(void)pending(f, &n);
	assert_int_equal(n, 0);
	miss(f, 1, 2, incident, T0 + HOUR);
	miss(f, 3, 1, 0, T0 + 2 * HOUR);
	list = pending(f, &n);
	assert_int_equal(n, 3);
	assert_int_equal(list[0].model_id, f->ids[1]);
	assert_true(str_eq(list[0].model, STR("acme/b")));
	assert_int_equal(list[0].gone_from_ms, T0 + HOUR);
	assert_int_equal(list[0].incident_id, incident);
	assert_int_equal(list[0].removed_at_ms, CLOCK_NONE);
	assert_int_equal(list[0].deprecated_at_ms, CLOCK_NONE);
	assert_int_equal(list[1].deprecated_at_ms, T0 + 5 * HOUR);
	assert_int_equal(list[2].gone_from_ms, T0 + 2 * HOUR);
	assert_int_equal(list[2].incident_id, 0);

	apply_another(f,
		      (struct store_batch){ .returned = &f->ids[1],
					    .n_returned = 1,
					    .removed = &f->ids[3],
					    .n_removed = 1 },
		      T0 + 3 * HOUR);
	list = pending(f, &n);
	assert_int_equal(n, 1);
	assert_int_equal(list[0].model_id, f->ids[2]);
	OK(store_load_absences(f->store, ids, 3, &f->a, of, &f->e));
	assert_int_equal(of[0].removed_at_ms, T0 + 3 * HOUR);
	assert_int_equal(of[0].model_id, ids[0]);
	assert_int_equal(of[1].model_id, 0);
	assert_true(str_eq(of[2].model, STR("acme/c")));
	OK(store_load_absences(f->store, ids, 0, &f->a, of, &f->e));

	/* Another provider's are its own. */
	OK(store_load_pending(f->store, kit_provider(f->store, "zeta"), &f->a, &list, &n, &f->e));
	assert_int_equal(n, 0);
}

static void test_a_removal_takes_is_active_and_a_return_gives_it_back(void **state)
{
	struct fixture *f = *state;
	int64_t two[2] = { f->ids[0], f->ids[1] };

	contract_exec(url, "UPDATE models SET is_active = false WHERE model_id = 'acme/b'");
	apply_another(f,
		      (struct store_batch){
			      .missing = f->ids, .n_missing = 3, .removed = two, .n_removed = 2 },
		      T0 + HOUR);
	assert_query("SELECT model_id, is_active FROM models ORDER BY 1",
		     "acme/a|0\nacme/b|0\nacme/c|1\nacme/d|1\n");
	assert_query("SELECT was_active, removed_at IS NOT NULL FROM absences ORDER BY model_id",
		     "1|1\n0|1\n-|0\n");
	contract_exec(url, "UPDATE models SET is_active = false WHERE model_id = 'acme/c'");
	apply_another(f, (struct store_batch){ .returned = f->ids, .n_returned = 3 },
		      T0 + 2 * HOUR);
	/* b had it taken away by its operator before, c while it was only missing. */
	assert_query("SELECT model_id FROM models WHERE is_active ORDER BY 1", "acme/a\nacme/d\n");
	assert_query("SELECT count(*) FROM absences WHERE gone_to IS NULL", "0\n");
}

static void test_only_what_is_missing_is_removed(void **state)
{
	struct fixture *f = *state;
	struct store_batch b = {
		.provider_id = f->provider, .at_ms = T0 + HOUR, .removed = f->ids, .n_removed = 1
	};

	OK(store_begin(f->store, "acme", &f->e));
	assert_false(store_apply(f->store, &b, &f->e));
	assert_int_equal(f->e.kind, ERR_DB);
	store_rollback(f->store);
	assert_query("SELECT count(*) FROM models WHERE is_active", "4\n");
}

static void test_complete_fetches_are_counted(void **state)
{
	struct fixture *f = *state;
	const struct store_batch nothing = { 0 };
	struct store_batch correction = { .not_fetched = true };
	struct store_batch unheard = { .unheard = true };
	struct store_fetches *list;
	size_t n;

	apply(f, nothing, T0 + HOUR);
	miss(f, 0, 1, 0, T0 + 2 * HOUR);
	apply(f, nothing, T0 + 3 * HOUR);
	apply(f, nothing, T0 + 4 * HOUR);
	apply_another(f, correction, T0 + 4 * HOUR);
	apply(f, correction, T0 + 4 * HOUR);
	apply_another(f, nothing, T0 + 5 * HOUR);
	OK(store_load_fetches(f->store, f->provider, T0 + 2 * HOUR, &f->a, &list, &n, &f->e));
	assert_int_equal(n, 3);
	assert_int_equal(list[0].first_at_ms, T0 + 5 * HOUR);
	assert_int_equal(list[0].n, 1);
	assert_int_equal(list[1].n, 0); /* a correction is no fetch */
	assert_int_equal(list[2].first_at_ms, T0 + 2 * HOUR);
	assert_int_equal(list[2].n, 3);
	OK(store_load_fetches(f->store, f->provider, T0, &f->a, &list, &n, &f->e));
	assert_int_equal(n, 4);
	assert_int_equal(list[3].n, 2);
	OK(store_load_fetches(f->store, f->provider, T0 + 6 * HOUR, &f->a, &list, &n, &f->e));
	assert_int_equal(n, 0);
	apply(f, unheard, T0 + 6 * HOUR);
	apply_another(f, unheard, T0 + 7 * HOUR);
	apply(f, unheard, T0 + 8 * HOUR);
	apply(f, nothing, T0 + 9 * HOUR);
	OK(store_load_fetches(f->store, f->provider, T0 + 5 * HOUR, &f->a, &list, &n, &f->e));
	assert_int_equal(n, 2);
	assert_int_equal(list[0].n, 1); /* nor is one that may lack anybody */
	assert_int_equal(list[1].n, 1);
}

/* ---- what it was before ---- */

static void tell(struct fixture *f, const char *model, const char *field, const char *before,
		 int64_t at_ms)
{
	struct change c = { .kind = CHANGE_PRICE,
			    .model = str_of(model),
			    .field = str_of(field),
			    .old_value = str_of(before),
			    .new_value = STR("9") };

	apply(f, (struct store_batch){ .changes = &c, .n_changes = 1 }, at_ms);
}

static void test_previous_values(void **state)
{
	struct fixture *f = *state;
	const struct store_field fields[] = {
		{ STR("acme/b"), STR("input_token") },    { STR("acme/a"), STR("input_token") },
		{ STR("acme/a"), STR("output_token") },   { STR("acme/a"), STR("context_length") },
		{ STR("acme/a"), STR("input_token[1]") },
	};
	struct store_previous was[5];

	tell(f, "acme/a", "input_token", "1", T0 + 1);
	tell(f, "acme/a", "output_token", "2", T0 + 2);
	tell(f, "acme/a", "input_token", "3", T0 + 3);
	tell(f, "acme/a", "context_length", NULL, T0 + 4);
	tell(f, "acme/c", "input_token", "4", T0 + 5);
	OK(store_load_previous(f->store, f->provider, fields, 5, &f->a, was, &f->e));
	assert_false(was[0].found);
	assert_true(was[1].found);
	assert_true(str_eq(was[1].old_value, STR("3")));
	assert_true(str_eq(was[2].old_value, STR("2")));
	assert_true(was[3].found);
	assert_true(str_is_none(was[3].old_value));
	assert_false(was[4].found);
	OK(store_load_previous(f->store, kit_provider(f->store, "zeta"), fields, 5, &f->a, was,
			       &f->e));
	for (size_t i = 0; i < 5; i++)
		assert_false(was[i].found);
	OK(store_load_previous(f->store, f->provider, fields, 0, &f->a, was, &f->e));
}

/* ---- incidents ---- */

static void step(struct fixture *f, struct store_incident_step s)
{
	OK(store_begin(f->store, "acme", &f->e));
	OK(store_step_incident(f->store, &s, &f->e));
	OK(store_commit(f->store, &f->e));
}

static struct store_incident *incidents(struct fixture *f, size_t *ret_n)
{
	struct store_incident *list;

	OK(store_load_incidents(f->store, f->provider, &f->a, &list, ret_n, &f->e));
	return list;
}

static void test_incidents(void **state)
{
	struct fixture *f = *state;
	int64_t first = open_incident(f, INCIDENT_SUSPECT, T0 + HOUR, 30);
	int64_t second = open_incident(f, INCIDENT_MISSING, T0 + 2 * HOUR, 7);
	struct store_incident *list;
	size_t n;

	list = incidents(f, &n);
	assert_int_equal(n, 2);
	assert_int_equal(list[0].id, first);
	assert_int_equal(list[0].kind, INCIDENT_SUSPECT);
	assert_int_equal(list[0].opened_at_ms, T0 + HOUR);
	assert_int_equal(list[0].members, 30);
	assert_int_equal(list[1].kind, INCIDENT_MISSING);

	step(f, (struct store_incident_step){
			.id = first, .adopt = true, .members = -5, .closed_at_ms = CLOCK_NONE });
	step(f, (struct store_incident_step){
			.id = first, .returned = 3, .closed_at_ms = CLOCK_NONE });
	step(f, (struct store_incident_step){
			.id = second, .returned = 7, .closed_at_ms = T0 + 3 * HOUR });
	list = incidents(f, &n);
	assert_int_equal(n, 1);
	assert_int_equal(list[0].id, first);
	assert_int_equal(list[0].kind, INCIDENT_MISSING);
	assert_int_equal(list[0].members, 25);
	assert_int_equal(list[0].returned, 3);
	/* Who comes back later is counted, and it stays closed. */
	step(f, (struct store_incident_step){
			.id = second, .returned = 1, .closed_at_ms = CLOCK_NONE });
	assert_query("SELECT kind, members, returned FROM incidents WHERE closed_at IS NOT NULL",
		     "missing|7|8\n");
	OK(store_load_incidents(f->store, kit_provider(f->store, "zeta"), &f->a, &list, &n, &f->e));
	assert_int_equal(n, 0);
	OK(store_begin(f->store, "acme", &f->e));
	assert_false(
		store_step_incident(f->store, &(struct store_incident_step){ .id = 999 }, &f->e));
	assert_int_equal(f->e.kind, ERR_DB);
	store_rollback(f->store);
}

/* ---- listing changes ---- */

struct told {
	char text[1024];
};

static bool add_row(void *arg, const struct store_change_row *row, struct err *e)
{
	struct told *t = arg;
	size_t n = strlen(t->text);

	(void)e;
	(void)snprintf(t->text + n, sizeof(t->text) - n, "%lld%.*s ", (long long)row->id,
		       STR_FMT(row->change.tags));
	return true;
}

static void assert_listed(struct fixture *f, struct store_change_query q, const char *expected)
{
	struct told t = { 0 };

	if (!q.since_ms)
		q.since_ms = CLOCK_NONE;
	OK(store_list_changes(f->store, &q, add_row, &t, &f->e));
	assert_string_equal(t.text, expected);
}

/* Ids 1 … 6, an hour apart; 4 is zeta's. */
static void tell_six(struct fixture *f)
{
	static const enum change_kind kinds[] = { CHANGE_ADDED,   CHANGE_PRICE,  CHANGE_MISSING,
						  CHANGE_RENAMED, CHANGE_SCHEMA, CHANGE_PRICE };

	for (int i = 0; i < 6; i++) {
		struct change c = { .kind = kinds[i],
				    .model = i == 4 ? STR_NONE : STR("acme/a"),
				    .tags = i == 5 ? STR("[\"reverted\"]") : STR_NONE };
		struct store_batch b = { .changes = &c, .n_changes = 1 };

		if (i == 3)
			b.provider_id = kit_provider(f->store, "zeta");
		apply(f, b, T0 + (i + 1) * HOUR);
	}
}

static void test_changes_are_chosen(void **state)
{
	struct fixture *f = *state;
	static const bool prices[CHANGE_KINDS] = { [CHANGE_PRICE] = true, [CHANGE_SCHEMA] = true };
	static const bool none[CHANGE_KINDS] = { 0 };
	int64_t newest;

	OK(store_newest_change(f->store, &newest, &f->e));
	assert_int_equal(newest, 0);
	tell_six(f);
	OK(store_newest_change(f->store, &newest, &f->e));
	assert_int_equal(newest, 6);
	assert_listed(f, (struct store_change_query){ 0 }, "1 2 3 4 5 6[\"reverted\"] ");
	assert_listed(f, (struct store_change_query){ .since_ms = T0 + 5 * HOUR },
		      "5 6[\"reverted\"] ");
	assert_listed(f, (struct store_change_query){ .since_ms = T0 + 5 * HOUR + 1 },
		      "6[\"reverted\"] ");
	assert_listed(f, (struct store_change_query){ .after_id = 2, .up_to_id = 4 }, "3 4 ");
	assert_listed(
		f,
		(struct store_change_query){ .since_ms = T0 + HOUR, .after_id = 2, .up_to_id = 4 },
		"3 4 ");
	assert_listed(f, (struct store_change_query){ .up_to_id = 5, .limit = 2 }, "4 5 ");
	assert_listed(f, (struct store_change_query){ .since_ms = T0, .up_to_id = 5, .limit = 2 },
		      "4 5 ");
	assert_listed(f, (struct store_change_query){ .limit = 2, .oldest = true }, "1 2 ");
	assert_listed(f, (struct store_change_query){ .after_id = 2, .limit = 2, .oldest = true },
		      "3 4 ");
	assert_listed(f,
		      (struct store_change_query){
			      .since_ms = T0 + 2 * HOUR, .limit = 2, .oldest = true },
		      "2 3 ");
	assert_listed(f, (struct store_change_query){ .provider = STR("zeta") }, "4 ");
	assert_listed(f, (struct store_change_query){ .kinds = prices }, "2 5 6[\"reverted\"] ");
	assert_listed(f, (struct store_change_query){ .kinds = none }, "");
	assert_listed(f, (struct store_change_query){ .model = STR("acme/a"), .limit = 3 },
		      "3 4 6[\"reverted\"] ");
	assert_listed(f,
		      (struct store_change_query){ .model = STR("acme/a"),
						   .provider = STR("acme"),
						   .kinds = prices,
						   .since_ms = T0 + 3 * HOUR },
		      "6[\"reverted\"] ");
	assert_listed(f, (struct store_change_query){ .provider = STR("nobody") }, "");
}

static void test_changes_that_are_owed(void **state)
{
	struct fixture *f = *state;
	struct store_change_query owed = { .undelivered = true };

	tell_six(f);
	assert_listed(f, owed, "");
	contract_exec(url, "INSERT INTO outbox (at, provider_id, kind, first_change, last_change,"
			   " payload, due_at) SELECT c.at, p.id, 'webhook', 1, 3, '{}', c.at"
			   " FROM providers p, changes c WHERE p.slug = 'acme' AND c.id = 1");
	contract_exec(url, "INSERT INTO outbox (at, provider_id, kind, first_change, last_change,"
			   " payload, due_at) SELECT c.at, p.id, 'hook', 3, 5, '{}', c.at"
			   " FROM providers p, changes c WHERE p.slug = 'acme' AND c.id = 1");
	/* 4 lies between, and is another provider's; 3 is owed twice. */
	assert_listed(f, owed, "1 2 3 5 ");
	owed.since_ms = T0 + 2 * HOUR;
	owed.limit = 2;
	assert_listed(f, owed, "3 5 ");
	contract_exec(url, "UPDATE outbox SET done_at = at WHERE kind = 'webhook'");
	assert_listed(f, (struct store_change_query){ .undelivered = true }, "3 5 ");
}

/* ---- */

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_pending_absences),
		TEST(test_a_removal_takes_is_active_and_a_return_gives_it_back),
		TEST(test_only_what_is_missing_is_removed),
		TEST(test_complete_fetches_are_counted),
		TEST(test_previous_values),
		TEST(test_incidents),
		TEST(test_changes_are_chosen),
		TEST(test_changes_that_are_owed),
	};

	return KIT_RUN("rules", tests);
}
