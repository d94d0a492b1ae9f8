/*
 * What every back end owes of the past (store/past.h): random markets move through time,
 * every state is kept beside the database, and what is rebuilt must be what was.
 */
#include "store/kit.h"
#include "store/past.h"

enum { MOMENTS = 16, MODELS = 24, PROVIDERS = 2 };

static const char *const slugs[PROVIDERS] = { "acme", "zeta" };

struct fixture {
	KIT_FIXTURE;
	/* The truth: what each provider listed from when on. */
	struct catalog states[PROVIDERS][MOMENTS];
	int64_t at[PROVIDERS][MOMENTS];
};

static int setup(void **state)
{
	return kit_setup(state, sizeof(struct fixture));
}

/* ---- a market that moves ---- */

static const struct model *find(const struct catalog *c, struct str id)
{
	for (size_t i = 0; i < c->n; i++)
		if (str_eq(c->models[i].id, id))
			return &c->models[i];
	return NULL;
}

/* One price of it in another currency: a move of one row. */
static struct model nudged(const struct model *m, struct contract_random *r, struct arena *a)
{
	struct model copy = *m;

	copy.prices = arena_array(a, m->n_prices, struct price);
	memcpy(copy.prices, m->prices, m->n_prices * sizeof(*m->prices));
	if (m->n_prices > 0)
		copy.prices[contract_below(r, (uint32_t)m->n_prices)].currency =
			contract_below(r, 2) ? STR("CHF") : STR("USD");
	return copy;
}

/* Most models stay, some move, some go, some come or come back. */
static struct catalog next_state(const struct catalog *last, struct contract_random *r,
				 struct arena *a)
{
	struct catalog other = contract_random_catalog(r, MODELS, a);
	struct catalog c = { last->provider, arena_array(a, 2 * MODELS, struct model), 0 };

	for (size_t i = 0; i < last->n; i++) {
		uint32_t chance = contract_below(r, 20);
		const struct model *m = &last->models[i];

		if (chance > 2)
			c.models[c.n++] = *m;
		else if (chance == 2)
			c.models[c.n++] = nudged(m, r, a);
		else if (chance == 1 && find(&other, m->id))
			c.models[c.n++] = *find(&other, m->id);
	}
	for (size_t i = 0; i < other.n; i++)
		if (!find(last, other.models[i].id) && contract_below(r, 3) == 0)
			c.models[c.n++] = other.models[i];
	catalog_sort(&c);
	return c;
}

/* The second provider begins later and is never synced at the first one's instants. */
static void live(struct fixture *f, uint64_t seed)
{
	struct contract_random r = { seed };

	for (int m = 0; m < MOMENTS; m++)
		for (int p = 0; p < PROVIDERS; p++) {
			struct catalog *c = &f->states[p][m];

			if (m == 0)
				*c = contract_random_catalog(&r, MODELS, &f->a);
			else if (m % 5 == 4) /* as it was two syncs ago */
				*c = f->states[p][m - 2];
			else
				*c = next_state(&f->states[p][m - 1], &r, &f->a);
			c->provider = str_of(slugs[p]);
			f->at[p][m] = T0 + m * DAY_MS + p * (DAY_MS / 2);
			OK(contract_sync(f->store, c, f->at[p][m], NULL, &f->e));
		}
}

/* NULL: none yet. */
static const struct catalog *truth(const struct fixture *f, int p, int64_t at_ms)
{
	const struct catalog *c = NULL;

	for (int m = 0; m < MOMENTS; m++)
		if (f->at[p][m] <= at_ms)
			c = &f->states[p][m];
	return c;
}

/* Moments on, just before and after each sync. */
static int64_t moment(int i)
{
	return T0 + (i / 3 - 1) * (DAY_MS / 2) + i % 3 - 1;
}
enum { ALL_MOMENTS = 6 * MOMENTS };

/* ---- states ---- */

static struct str text_of(const struct catalog *c, struct arena *a)
{
	struct buf out = BUF_INIT(SIZE_MAX / 2);
	struct str text;

	snapshot_print(c, &out);
	text = arena_str(a, buf_str(&out));
	buf_release(&out);
	return text;
}

static void assert_state(const struct fixture *f, const struct store_past *past, int p,
			 int64_t at_ms)
{
	ARENA_AUTO(a);
	const struct catalog *c = truth(f, p, at_ms);
	struct str was = text_of(&past->catalog, &a), is = text_of(c, &a);
	struct hash h;

	assert_string_equal(was.at, is.at);
	hash_bytes(is.at, is.n, &h);
	assert_true(hash_eq(&h, &past->snapshot.hash));
	assert_true(past->snapshot.first_ms <= at_ms);
	assert_true(past->snapshot.until_ms == CLOCK_NONE || past->snapshot.until_ms > at_ms);
	assert_int_equal(past->snapshot.models, c->n);
}

/* Does provider `p` have a state then?  The right one, asked for by its name. */
static bool has_state(struct fixture *f, int p, int64_t at_ms)
{
	ARENA_AUTO(a);
	struct store_past *one;
	size_t n;

	OK(store_load_past(f->store, str_of(slugs[p]), at_ms, &a, &one, &n, &f->e));
	assert_int_equal(n, truth(f, p, at_ms) != NULL);
	if (n)
		assert_state(f, one, p, at_ms);
	return n > 0;
}

static void test_every_state_is_rebuilt(void **state)
{
	struct fixture *f = *state;

	live(f, 1);
	for (int i = 0; i < ALL_MOMENTS; i++) {
		ARENA_AUTO(a);
		struct store_past *all;
		size_t n, at = 0;

		OK(store_load_past(f->store, STR_NONE, moment(i), &a, &all, &n, &f->e));
		for (int p = 0; p < PROVIDERS; p++) {
			if (!has_state(f, p, moment(i)))
				continue;
			assert_true(at < n);
			assert_state(f, &all[at++], p, moment(i));
		}
		assert_int_equal(at, n);
	}
}

static void test_a_provider_that_is_none_has_no_state(void **state)
{
	struct fixture *f = *state;
	struct store_past *past;
	struct store_move *moves;
	size_t n;

	live(f, 2);
	OK(store_load_past(f->store, STR("nobody"), T0 + 9 * DAY_MS, &f->a, &past, &n, &f->e));
	assert_int_equal(n, 0);
	OK(store_load_moves(f->store, STR("nobody"), T0, T0 + 9 * DAY_MS, &f->a, &moves, &n,
			    &f->e));
	assert_int_equal(n, 0);
}

/* ---- moves ---- */

static struct str line_of(const struct model *m, struct arena *a)
{
	struct buf out = BUF_INIT(SIZE_MAX / 2);
	struct str line;

	snapshot_add_model(&out, m);
	line = arena_str(a, buf_str(&out));
	buf_release(&out);
	return line;
}

static void assert_same_changes(const struct changes *is, const struct changes *want)
{
	assert_int_equal(is->n, want->n);
	for (size_t i = 0; i < is->n; i++) {
		assert_int_equal(is->items[i].kind, want->items[i].kind);
		assert_true(str_same(is->items[i].field, want->items[i].field));
		assert_true(str_same(is->items[i].old_value, want->items[i].old_value));
		assert_true(str_same(is->items[i].new_value, want->items[i].new_value));
	}
}

static void assert_move(const struct store_move *move, const struct model *was,
			const struct model *is, struct arena *a)
{
	struct changes got = { 0 }, want = { 0 };

	assert_int_equal(move->before != NULL, was != NULL);
	assert_int_equal(move->after != NULL, is != NULL);
	if (was && is) {
		changes_between(move->before, move->after, a, &got);
		changes_between(was, is, a, &want);
		assert_same_changes(&got, &want);
	} else if (was) {
		assert_string_equal(line_of(move->before, a).at, line_of(was, a).at);
	} else if (is) {
		assert_string_equal(line_of(move->after, a).at, line_of(is, a).at);
	}
}

static const struct model *true_model(const struct fixture *f, int p, int64_t at_ms, struct str id)
{
	const struct catalog *c = truth(f, p, at_ms);

	return c ? find(c, id) : NULL;
}

/* Which of the moves is this one; NULL: it did not. */
static const struct store_move *move_of(const struct store_move *moves, size_t n, int p,
					struct str id)
{
	for (size_t i = 0; i < n; i++) {
		struct str found = moves[i].before ? moves[i].before->id : moves[i].after->id;

		if (str_eq(moves[i].provider, str_of(slugs[p])) && str_eq(found, id))
			return &moves[i];
	}
	return NULL;
}

/* Every id there ever was, of every provider asked about. */
static void assert_moves(struct fixture *f, const struct store_move *moves, size_t n, int p,
			 int64_t from_ms, int64_t to_ms, struct arena *a)
{
	for (int i = 0; i < MODELS; i++) {
		struct str id = arena_printf(a, "vendor/%s-%d", i % 7 ? "model" : "módèle '\"", i);
		const struct model *was = true_model(f, p, from_ms, id);
		const struct model *is = true_model(f, p, to_ms, id);
		const struct store_move *move = move_of(moves, n, p, id);

		if (move)
			assert_move(move, was, is, a);
		else if (was && is)
			assert_string_equal(line_of(was, a).at, line_of(is, a).at);
		else
			assert_true(!was && !is);
	}
}

static void assert_sorted(const struct store_move *moves, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		int c = str_cmp(moves[i - 1].provider, moves[i].provider);
		const struct store_move *x = &moves[i - 1], *y = &moves[i];

		if (c == 0)
			c = str_cmp(x->before ? x->before->id : x->after->id,
				    y->before ? y->before->id : y->after->id);
		assert_true(c < 0);
	}
}

static void test_moves_are_the_difference_of_the_states(void **state)
{
	struct fixture *f = *state;

	live(f, 3);
	for (int i = 0; i < ALL_MOMENTS; i++)
		for (int k = i; k < ALL_MOMENTS; k += 5 + k % 9) {
			ARENA_AUTO(a);
			struct store_move *moves;
			size_t n;

			OK(store_load_moves(f->store, STR_NONE, moment(i), moment(k), &a, &moves,
					    &n, &f->e));
			assert_sorted(moves, n);
			for (int p = 0; p < PROVIDERS; p++)
				assert_moves(f, moves, n, p, moment(i), moment(k), &a);
			OK(store_load_moves(f->store, str_of(slugs[k % 2]), moment(i), moment(k),
					    &a, &moves, &n, &f->e));
			assert_moves(f, moves, n, k % 2, moment(i), moment(k), &a);
			for (size_t m = 0; m < n; m++)
				assert_string_equal(moves[m].provider.at, slugs[k % 2]);
		}
}

/* A model that only changed inside the interval and is as it was need not be read at all. */
static void test_what_stands_still_is_not_read(void **state)
{
	struct fixture *f = *state;
	struct model models[] = { contract_model(&f->a, "still", "1", "2"),
				  contract_model(&f->a, "there-and-back", "1", "2") };
	struct model moved[] = { models[0], contract_model(&f->a, "there-and-back", "3", "2") };
	struct catalog c = { STR("acme"), models, 2 }, other = { STR("acme"), moved, 2 };
	struct store_move *moves;
	size_t n;

	OK(contract_sync(f->store, &c, T0, NULL, &f->e));
	OK(contract_sync(f->store, &other, T0 + DAY_MS, NULL, &f->e));
	OK(store_load_moves(f->store, STR_NONE, T0, T0 + DAY_MS, &f->a, &moves, &n, &f->e));
	assert_int_equal(n, 1);
	assert_int_equal(moves[0].before->n_prices, 1); /* the other one did not move */
	assert_int_equal(moves[0].before->context_length, MODEL_NO_COUNT);
	OK(store_load_moves(f->store, STR_NONE, T0, T0 + DAY_MS - 1, &f->a, &moves, &n, &f->e));
	assert_int_equal(n, 0);
	OK(store_load_moves(f->store, STR_NONE, T0, T0, &f->a, &moves, &n, &f->e));
	assert_int_equal(n, 0);
}

/* ---- snapshots ---- */

static size_t list(struct fixture *f, struct store_snapshot_query q, struct store_snapshot **ret)
{
	size_t n;

	OK(store_list_snapshots(f->store, &q, &f->a, ret, &n, &f->e));
	return n;
}

#define QUERY(...)        ((struct store_snapshot_query){ .at_ms = CLOCK_NONE, __VA_ARGS__ })
#define IN_FORCE(at, ...) ((struct store_snapshot_query){ .at_ms = (at), __VA_ARGS__ })

static void test_snapshots_are_listed(void **state)
{
	struct fixture *f = *state;
	struct store_snapshot *all, *some;
	char text[HASH_TEXT_MAX];
	struct str prefix = { text, 6 };
	size_t n, n_some, same = 0;

	assert_int_equal(list(f, QUERY(), &all), 0);
	live(f, 4);
	n = list(f, QUERY(), &all);
	assert_true(n > MOMENTS);
	for (size_t i = 1; i < n; i++)
		assert_true(all[i].id < all[i - 1].id);
	assert_int_equal(list(f, QUERY(.limit = 3), &some), 3);
	assert_int_equal(some[0].id, all[0].id);
	n_some = list(f, QUERY(.provider = STR("zeta")), &some);
	for (size_t i = 0; i < n_some; i++) {
		assert_string_equal(some[i].provider.at, "zeta");
		assert_true(some[i].until_ms == (i ? some[i - 1].first_ms : CLOCK_NONE));
		assert_true(some[i].last_ms >= some[i].first_ms && some[i].syncs >= 1);
	}
	assert_int_equal(list(f, QUERY(.provider = STR("nobody")), &some), 0);
	/* By name: every time it was that state, and no other. */
	(void)hash_text(&all[n / 2].hash, text);
	n_some = list(f, QUERY(.prefix = prefix), &some);
	for (size_t i = 0; i < n; i++)
		same += hash_eq(&all[i].hash, &all[n / 2].hash);
	assert_int_equal(n_some, same);
	assert_true(hash_eq(&some[0].hash, &all[n / 2].hash));
	assert_int_equal(list(f, QUERY(.prefix = prefix, .provider = STR("nobody")), &some), 0);
	text[0] = text[0] == 'f' ? 'e' : 'f', text[1] = 'z';
	assert_int_equal(list(f, QUERY(.prefix = prefix), &some), 0);
}

static void test_the_snapshot_in_force(void **state)
{
	struct fixture *f = *state;
	struct store_snapshot *s;

	live(f, 5);
	assert_int_equal(list(f, IN_FORCE(T0 - 1), &s), 0);
	assert_int_equal(list(f, IN_FORCE(T0), &s), 1);
	assert_string_equal(s[0].provider.at, "acme");
	assert_int_equal(list(f, IN_FORCE(T0 + 3 * DAY_MS - 1), &s), 2);
	assert_string_equal(s[1].provider.at, "zeta");
	assert_true(s[0].first_ms < T0 + 3 * DAY_MS && s[0].until_ms >= T0 + 3 * DAY_MS);
	assert_int_equal(list(f, IN_FORCE(T0 + 99 * DAY_MS, .provider = STR("zeta")), &s), 1);
	assert_true(s[0].until_ms == CLOCK_NONE);
}

/* ---- one model ---- */

static void test_all_time_of_a_model(void **state)
{
	struct fixture *f = *state;
	struct model one = contract_model(&f->a, "x", "1", "2");
	struct model two = contract_model(&f->a, "x", "1", "5");
	struct model held = contract_model(&f->a, "z", "1", "1");
	struct model first[] = { one, held }, second[] = { two, held };
	struct catalog states[] = { { STR("acme"), first, 2 },
				    { STR("acme"), &held, 1 },
				    { STR("acme"), second, 2 } };
	struct store_past_model m;
	struct store_name *names;
	size_t n;

	two.name = STR("X two"), second[0] = two;
	for (int i = 0; i < 3; i++)
		OK(contract_sync(f->store, &states[i], T0 + i * DAY_MS, NULL, &f->e));
	OK(store_load_names(f->store, &f->a, &names, &n, &f->e));
	OK(store_load_past_model(f->store, names[0].model_id, &f->a, &m, &f->e));
	assert_string_equal(m.provider.at, "acme");
	assert_string_equal(m.provider_model_id.at, "x");
	assert_int_equal(m.n_versions, 2);
	assert_string_equal(m.versions[0].model.name.at, "x");
	assert_string_equal(m.versions[0].model.id.at, "x");
	assert_true(m.versions[0].from_ms == T0 && m.versions[0].to_ms == T0 + 2 * DAY_MS);
	assert_string_equal(m.versions[1].model.name.at, "X two");
	assert_true(m.versions[1].to_ms == CLOCK_NONE);
	assert_int_equal(m.versions[1].model.context_length, 131072);
	assert_int_equal(m.versions[1].model.capabilities.said, one.capabilities.said);
	assert_int_equal(m.n_prices, 3); /* input once, output twice */
	assert_int_equal(m.prices[0].price.meter, METER_INPUT_TOKEN);
	assert_true(m.prices[0].to_ms == CLOCK_NONE && str_is_none(m.prices[0].suspect));
	assert_string_equal(m.prices[1].price.amount.at, "2");
	assert_string_equal(m.prices[1].price.source.at, "models#/pricing");
	assert_string_equal(m.prices[1].price.unit.at, "USD/token");
	assert_true(m.prices[1].to_ms == T0 + 2 * DAY_MS);
	assert_string_equal(m.prices[2].price.amount.at, "5");
	assert_int_equal(m.n_absences, 1);
	assert_true(m.absences[0].from_ms == T0 + DAY_MS && m.absences[0].to_ms == T0 + 2 * DAY_MS);
	assert_true(m.absences[0].removed_ms == CLOCK_NONE);
	FAILS(store_load_past_model(f->store, 999999, &f->a, &m, &f->e), ERR_DATA);
}

/* Rows that this program cannot have written are an error with the row's number. */
static void test_words_that_are_none_are_refused(void **state)
{
	struct fixture *f = *state;
	struct model m = contract_model(&f->a, "x", "1", "2");
	struct catalog c = { STR("acme"), &m, 1 };
	struct store_past *past;
	struct store_past_model model;
	struct store_name *names;
	size_t n;

	OK(contract_sync(f->store, &c, T0, NULL, &f->e));
	OK(store_load_names(f->store, &f->a, &names, &n, &f->e));
	contract_exec(url, "UPDATE prices SET meter = 'per_wish' WHERE meter = 'input_token'");
	assert_false(store_load_past(f->store, STR_NONE, T0, &f->a, &past, &n, &f->e));
	assert_non_null(strstr(f->e.text, "per_wish"));
	assert_false(store_load_past_model(f->store, names[0].model_id, &f->a, &model, &f->e));
	contract_exec(url, "UPDATE prices SET meter = 'input_token' WHERE meter = 'per_wish'");
	contract_exec(url, "UPDATE model_versions SET capabilities = 'flight'");
	assert_false(store_load_past(f->store, STR("acme"), T0, &f->a, &past, &n, &f->e));
	assert_non_null(strstr(f->e.text, "flight"));
}

/* ---- */

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_every_state_is_rebuilt),
		TEST(test_a_provider_that_is_none_has_no_state),
		TEST(test_moves_are_the_difference_of_the_states),
		TEST(test_what_stands_still_is_not_read),
		TEST(test_snapshots_are_listed),
		TEST(test_the_snapshot_in_force),
		TEST(test_all_time_of_a_model),
		TEST(test_words_that_are_none_are_refused),
	};

	return KIT_RUN("past", tests);
}
