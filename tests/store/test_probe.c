/*
 * What every back end owes of probes (store/probe.h): samples, files of CSV, corrections, endpoints.
 */
#include "store/kit.h"
#include "store/samples.h"

#include "store/probe.h"

struct fixture {
	KIT_FIXTURE;
};

static void sync_models(struct fixture *f, const char *slug, struct model *models, size_t n)
{
	struct catalog c = { str_of(slug), models, n };

	catalog_sort(&c);
	OK(contract_sync(f->store, &c, T0, NULL, &f->e));
}

static int setup(void **state)
{
	struct fixture *f;
	struct model models[2];

	(void)kit_setup(state, sizeof(*f));
	f = *state;
	models[0] = contract_model(&f->a, "acme/large", "0.000003", "0.000015");
	models[1] = contract_bare_model("acme/small");
	sync_models(f, "acme", models, 2);
	return 0;
}

static void save(struct fixture *f, const struct store_sample *samples, size_t n)
{
	OK(store_begin(f->store, "probe", &f->e));
	OK(store_save_samples(f->store, samples, n, &f->e));
	OK(store_commit(f->store, &f->e));
}

static void save_one(struct fixture *f, const struct sample *s)
{
	const struct store_sample w = { .sample = s };

	save(f, &w, 1);
}

/* ---- samples ---- */

struct found {
	struct arena *a;
	int64_t ids[16];
	struct sample samples[16];
	size_t n;
	size_t stop_at; /* 0: never */
};

static bool find(void *arg, int64_t id, const struct sample *s, struct err *e)
{
	struct found *x = arg;

	assert_true(x->n < 16);
	x->ids[x->n] = id;
	x->samples[x->n] = *s;
	/* Slices are good during the call alone. */
	x->samples[x->n].answer = arena_str(x->a, s->answer);
	x->samples[x->n++].url = arena_str(x->a, s->url);
	return x->n != x->stop_at || err_set(e, ERR_USAGE, "enough");
}

static struct found list(struct fixture *f, struct store_sample_query q)
{
	struct found x = { .a = &f->a };

	OK(store_list_samples(f->store, &q, find, &x, &f->e));
	return x;
}

static const struct store_sample_query all = { .since_ms = CLOCK_NONE };

/* Column by column, by other eyes than those that wrote it. */
static void test_each_value_is_in_its_column(void **state)
{
	struct fixture *f = *state;
	struct sample s = samples_full();

	save_one(f, &s);
	assert_query("SELECT x.hf_model, x.provider, x.provider_name, x.provider_model_id, x.via,"
		     " x.url, x.lateness_us, m.provider_model_id"
		     " FROM samples x JOIN models m ON m.id = x.model_id",
		     "acme/Large|acme|acme-ai|acme/large|direct|"
		     "https://api.acme.test/v1/chat?a=\"b\",c|1003|acme/large\n");
	assert_query("SELECT dns_us, connected_us, tls_us, sent_us, first_byte_us, first_event_us,"
		     " first_reasoning_us, first_content_us, last_token_us, duration_us, gaps,"
		     " gap_p50_us, gap_p95_us, gap_max_us, lag_us FROM samples",
		     "1|2|3|4|5|6|7|8|9|5000000000|11|12|13|14|15\n");
	assert_query("SELECT streamed, reused, counted, agrees, status, outcome, error, finish,"
		     " answer, expected, group_key FROM samples",
		     "1|0|1|0|200|wrong_answer|said 42\u00e9|stop|42|1771.2|"
		     "1754200980123:acme/Large\n");
	assert_query("SELECT input_tokens, output_tokens, reasoning_tokens, cached_tokens,"
		     " request_bytes, response_bytes, chunks, attempts, waited_ms, total_us, cost,"
		     " price_source, response_hash, csv_file, csv_end FROM samples",
		     "21|22|0|24|31|32|33|3|4100|9000000000|0.000000600000000000000001|catalog|"
		     "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5|-|-\n");
	/* Instants in the order of their names, a millisecond apart. */
	assert_query("SELECT count(*) FROM samples WHERE cycle_at < intended_at"
		     " AND intended_at < started_at",
		     "1\n");
}

static void assert_same_stamps(const struct stamps *is, const struct stamps *want)
{
	assert_memory_equal(is, want, sizeof(*want)); /* of int64_t alone */
}

static void test_samples_come_back(void **state)
{
	struct fixture *f = *state;
	struct sample full = samples_full();
	struct sample bare = samples_bare("nobody", "x/y", T0 + 3, OUTCOME_DNS);
	struct found x;

	save_one(f, &full);
	save_one(f, &bare);
	x = list(f, all);
	assert_int_equal(x.n, 2);
	assert_true(x.ids[0] < x.ids[1]);
	assert_same_stamps(&x.samples[0].stamps, &full.stamps);
	assert_memory_equal(&x.samples[0].gaps, &full.gaps, sizeof(full.gaps));
	assert_memory_equal(&x.samples[0].tokens, &full.tokens, sizeof(full.tokens));
	assert_int_equal(x.samples[0].cycle_at_ms, T0);
	assert_int_equal(x.samples[0].intended_at_ms, T0 + 1);
	assert_int_equal(x.samples[0].started_at_ms, T0 + 2);
	assert_true(x.samples[0].model_id > 0);
	assert_true(x.samples[0].has_cost);
	assert_int_equal(dec_cmp(&x.samples[0].cost, &full.cost), 0);
	assert_true(hash_eq(&x.samples[0].response_hash, &full.response_hash));
	assert_int_equal(x.samples[0].agrees, 0);
	assert_int_equal(x.samples[0].outcome, OUTCOME_WRONG_ANSWER);
	assert_str(x.samples[0].answer, "42");
	assert_str(x.samples[0].url, "https://api.acme.test/v1/chat?a=\"b\",c");
	assert_true(x.samples[0].streamed && !x.samples[0].reused && x.samples[0].counted);
}

static void test_what_was_not_reached_is_null(void **state)
{
	static const struct hash none;
	struct fixture *f = *state;
	struct sample bare = samples_bare("nobody", "x/y", T0 - 1, OUTCOME_DNS);
	struct found x;

	bare.counted = false;
	save_one(f, &bare);
	assert_query("SELECT model_id, hf_model, provider_name, dns_us, first_content_us,"
		     " last_token_us, gap_p50_us, gap_max_us, error, response_hash, input_tokens,"
		     " cached_tokens, finish, answer, expected, group_key, agrees, cost,"
		     " price_source FROM samples",
		     "-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-\n");
	assert_query("SELECT counted, status, duration_us, gaps FROM samples", "0|-1|2500|0\n");
	x = list(f, all);
	assert_same_stamps(&x.samples[0].stamps, &bare.stamps);
	assert_memory_equal(&x.samples[0].tokens, &bare.tokens, sizeof(bare.tokens));
	assert_int_equal(x.samples[0].model_id, 0);
	assert_int_equal(x.samples[0].agrees, -1);
	assert_false(x.samples[0].has_cost);
	assert_false(x.samples[0].counted);
	assert_true(hash_eq(&x.samples[0].response_hash, &none));
	assert_str(x.samples[0].answer, NULL);
}

/* A provider writes what it likes; a group of samples must not fail for it, again and again. */
static void test_no_text_of_a_provider_is_refused(void **state)
{
	struct fixture *f = *state;
	struct sample s = samples_bare("acme", "acme/large", T0, OUTCOME_PROTOCOL_ERROR);

	s.error = (struct str){ "a\0b", 3 };
	s.finish = STR("x\xff\xc3");
	s.answer = STR("1\xed\xa0\x80");
	save_one(f, &s);
	assert_query("SELECT error, finish FROM samples", "a\ufffdb|x\ufffd\ufffd\n");
}

static void test_samples_are_chosen(void **state)
{
	struct fixture *f = *state;
	struct sample s[4] = {
		samples_bare("acme", "acme/large", T0, OUTCOME_OK),
		samples_bare("acme", "acme/small", T0 + 1000, OUTCOME_OK),
		samples_bare("zeta", "acme/small", T0 + 2000, OUTCOME_OK),
		samples_bare("zeta", "z", T0 + 3000, OUTCOME_OK),
	};
	const struct store_sample w[4] = {
		{ .sample = &s[0] }, { .sample = &s[1] }, { .sample = &s[2] }, { .sample = &s[3] }
	};
	struct found x;

	s[3].hf_model = STR("Z/z");
	save(f, w, 4);
	assert_int_equal(list(f, all).n, 4);
	assert_int_equal(list(f, (struct store_sample_query){ .since_ms = T0 + 1000 }).n, 3);
	x = list(f, (struct store_sample_query){ .provider = STR("zeta"), .since_ms = CLOCK_NONE });
	assert_int_equal(x.n, 2);
	x = list(f, (struct store_sample_query){ .provider = STR("zeta"),
						 .provider_model_id = STR("acme/small"),
						 .since_ms = CLOCK_NONE });
	assert_int_equal(x.n, 1);
	assert_int_equal(x.samples[0].started_at_ms, T0 + 2000);
	x = list(f, (struct store_sample_query){ .hf_model = STR("Z/z"), .since_ms = CLOCK_NONE });
	assert_int_equal(x.n, 1);
	/* The newest two, the newest last. */
	x = list(f, (struct store_sample_query){ .since_ms = CLOCK_NONE, .limit = 2 });
	assert_int_equal(x.n, 2);
	assert_int_equal(x.samples[0].started_at_ms, T0 + 2000);
	assert_int_equal(x.samples[1].started_at_ms, T0 + 3000);
	/* A model, at whichever provider, also one that no table of providers has. */
	s[0] = samples_bare("nobody", "acme/small", T0 + 500, OUTCOME_OK);
	save_one(f, &s[0]);
	x = list(f, (struct store_sample_query){ .provider_model_id = STR("acme/small"),
						 .since_ms = CLOCK_NONE });
	assert_int_equal(x.n, 3);
	assert_str(x.samples[0].url, "https://a.test");
	for (int i = 0; i < 3; i++) /* in the order in which they began */
		assert_int_equal(x.samples[i].started_at_ms, (i ? T0 + i * 1000 : T0 + 500));
	x = list(f, (struct store_sample_query){ .provider_model_id = STR("acme/small"),
						 .since_ms = T0 + 501,
						 .limit = 1 });
	assert_int_equal(x.n, 1);
	assert_int_equal(x.samples[0].started_at_ms, T0 + 2000);
	x = list(f, (struct store_sample_query){ .provider_model_id = STR("z"),
						 .hf_model = STR("none"),
						 .since_ms = CLOCK_NONE });
	assert_int_equal(x.n, 0);
	x = (struct found){ .a = &f->a, .stop_at = 3 };
	FAILS(store_list_samples(f->store, &all, find, &x, &f->e), ERR_USAGE);
	assert_int_equal(x.n, 3);
}

/* Ids, spool and ledger stay beside their sample, however many there are. */
static void test_many_samples_keep_their_order(void **state)
{
	enum { MANY = 2345 };
	struct fixture *f = *state;
	struct sample *s = arena_array(&f->a, MANY, struct sample);
	struct store_sample *w = arena_array(&f->a, MANY, struct store_sample);
	struct store_csv_file file;

	OK(store_begin(f->store, "probe", &f->e));
	OK(store_open_csv_file(f->store, STR("h"), STR("/m.csv"), T0, &f->a, &file, &f->e));
	for (int i = 0; i < MANY; i++) {
		s[i] = samples_bare(i % 2 ? "acme" : "zeta", i % 3 ? "acme/large" : "acme/small",
				    T0, OUTCOME_OK);
		s[i].chunks = (uint64_t)i;
		s[i].has_cost = i % 5 == 0;
		dec_from_u64((uint64_t)i, &s[i].cost);
		s[i].answer = arena_printf(&f->a, "%d", i);
		w[i] = (struct store_sample){ .sample = &s[i], .csv_file_id = file.id };
		if (i % 7)
			w[i].csv_end = (uint64_t)i;
		else
			w[i].csv_row = arena_printf(&f->a, "row %d\n", i);
	}
	OK(store_save_samples(f->store, w, MANY, &f->e));
	OK(store_commit(f->store, &f->e));
	assert_query("SELECT count(*), max(id) - min(id) - count(*), sum(chunks) FROM samples",
		     "2345|-1|2748340\n");
	assert_query("SELECT count(*) FROM samples x WHERE chunks <> id - (SELECT min(id)"
		     " FROM samples)",
		     "0\n");
	/* acme sells both, nobody has heard of zeta. */
	assert_query("SELECT count(*) FROM samples x LEFT JOIN models m ON m.id = x.model_id"
		     " WHERE (x.provider = 'acme') <> (m.id IS NOT NULL)"
		     " OR m.provider_model_id <> x.provider_model_id",
		     "0\n");
	assert_query("SELECT count(*) FROM csv_spool w JOIN samples x ON x.id = w.sample_id"
		     " WHERE x.csv_end IS NULL AND trim(replace(w.line, 'row', ''), ' \n')"
		     " = x.answer",
		     "335\n");
	assert_query("SELECT count(*) FROM csv_spool", "335\n");
	assert_query("SELECT count(*) FROM samples WHERE csv_end = chunks"
		     " AND csv_file = (SELECT CAST(id AS TEXT) FROM csv_files)",
		     "2010\n");
	assert_query("SELECT count(*) FROM ledger g JOIN samples x ON x.id = g.sample_id"
		     " AND CAST(g.amount AS TEXT) = x.answer AND g.provider = x.provider",
		     "469\n");
	assert_query("SELECT count(*) FROM ledger", "469\n");
}

static void test_a_rollback_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct sample s = samples_full();
	const struct store_sample w = { .sample = &s };

	OK(store_begin(f->store, "probe", &f->e));
	OK(store_save_samples(f->store, &w, 1, &f->e));
	store_rollback(f->store);
	assert_query("SELECT count(*) FROM samples", "0\n");
	assert_query("SELECT count(*) FROM ledger", "0\n");
	assert_query("SELECT count(*) FROM ledger_days", "0\n");
}

static void test_a_word_of_a_newer_program_is_refused(void **state)
{
	struct fixture *f = *state;
	struct sample s = samples_full();
	struct found x = { .a = &f->a };

	save_one(f, &s);
	contract_exec(url, "UPDATE samples SET outcome = 'bored'");
	FAILS(store_list_samples(f->store, &all, find, &x, &f->e), ERR_DB);
	assert_non_null(strstr(f->e.text, "bored"));
}

/* ---- what is known later ---- */

static void test_agreement_is_said_once(void **state)
{
	struct fixture *f = *state;
	struct sample s[4] = {
		samples_bare("acme", "acme/large", T0, OUTCOME_OK),
		samples_bare("acme", "acme/large", T0, OUTCOME_OK),
		samples_bare("zeta", "acme/large", T0, OUTCOME_OK),
		samples_bare("acme", "acme/large", T0 - 1, OUTCOME_OK),
	};
	const struct store_sample w[4] = {
		{ .sample = &s[0] }, { .sample = &s[1] }, { .sample = &s[2] }, { .sample = &s[3] }
	};
	struct store_agreement rows[] = {
		{ STR("g"), STR("acme"), STR("acme/large"), 0 },
		{ STR("g"), STR("zeta"), STR("acme/large"), 1 },
		{ STR("g"), STR("nobody"), STR("acme/large"), 1 },
	};

	for (int i = 0; i < 4; i++)
		s[i].group_key = i == 1 ? STR("another") : STR("g");
	save(f, w, 4);
	OK(store_save_agreement(f->store, T0, rows, 3, &f->e));
	assert_query("SELECT agrees FROM samples ORDER BY id", "0\n-\n1\n-\n");
	rows[0].agrees = 1;
	OK(store_save_agreement(f->store, T0, rows, 1, &f->e));
	OK(store_save_agreement(f->store, T0, NULL, 0, &f->e));
	assert_query("SELECT agrees FROM samples ORDER BY id", "0\n-\n1\n-\n");
}

static void test_a_cycle_is_discounted(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 3; i++) {
		struct sample s = samples_bare("acme", "acme/large", T0 + i / 2, OUTCOME_CONNECT);

		s.started_at_ms = T0 + i;
		save_one(f, &s);
	}
	OK(store_discount_cycle(f->store, T0, T0, &f->e));
	assert_query("SELECT counted FROM samples ORDER BY id", "0\n0\n1\n");
	OK(store_discount_cycle(f->store, T0 + 1, T0 + 3, &f->e));
	assert_query("SELECT counted FROM samples ORDER BY id", "0\n0\n1\n");
}

/* ---- files of CSV ---- */

static struct store_csv_file open_file(struct fixture *f, const char *host, const char *path)
{
	struct store_csv_file file;

	OK(store_begin(f->store, "probe", &f->e));
	OK(store_open_csv_file(f->store, str_of(host), str_of(path), T0, &f->a, &file, &f->e));
	OK(store_commit(f->store, &f->e));
	return file;
}

static void save_file(struct fixture *f, const struct store_csv_file *file)
{
	OK(store_begin(f->store, "probe", &f->e));
	OK(store_save_csv_file(f->store, file, &f->e));
	OK(store_commit(f->store, &f->e));
}

static void test_one_file_is_open(void **state)
{
	struct fixture *f = *state;
	struct store_csv_file a = open_file(f, "h", "/m.csv"), b;

	assert_str(a.host, "h");
	assert_str(a.path, "/m.csv");
	assert_str(a.batch, NULL);
	assert_str(a.target, NULL);
	assert_int_equal(a.begun_at_ms, T0);
	assert_int_equal(a.end, 0);
	assert_int_equal(a.first_cycle_ms, CLOCK_NONE);
	assert_int_equal(a.done_at_ms, CLOCK_NONE);
	assert_int_equal(open_file(f, "h", "/m.csv").id, a.id);
	assert_true(open_file(f, "h", "/other.csv").id != a.id);
	assert_true(open_file(f, "i", "/m.csv").id != a.id);
	a.end = 5000000000;
	a.rows = 7;
	a.first_cycle_ms = T0 - 5;
	a.last_cycle_ms = T0 + 5;
	save_file(f, &a);
	b = open_file(f, "h", "/m.csv");
	assert_int_equal(b.id, a.id);
	assert_int_equal(b.end, 5000000000);
	assert_int_equal(b.rows, 7);
	assert_int_equal(b.first_cycle_ms, T0 - 5);
	assert_int_equal(b.last_cycle_ms, T0 + 5);
	/* Once it has a batch's name the path is free for the next. */
	a.batch = STR("h-1");
	save_file(f, &a);
	b = open_file(f, "h", "/m.csv");
	assert_true(b.id > a.id);
	assert_int_equal(b.end, 0);
	a.id = 999;
	OK(store_begin(f->store, "probe", &f->e));
	FAILS(store_save_csv_file(f->store, &a, &f->e), ERR_DB);
	store_rollback(f->store);
}

static void test_batches_wait_in_order(void **state)
{
	struct fixture *f = *state;
	struct store_csv_file file, *list;
	size_t n;

	for (int i = 0; i < 3; i++) {
		file = open_file(f, "h", "/m.csv");
		file.batch = arena_printf(&f->a, "h-%d", 9 - i);
		file.rotated_path = arena_printf(&f->a, "/m.csv.%d", i);
		save_file(f, &file);
	}
	file = open_file(f, "i", "/m.csv");
	file.batch = STR("i-1");
	save_file(f, &file);
	(void)open_file(f, "h", "/m.csv");
	OK(store_load_batches(f->store, STR("h"), &f->a, &list, &n, &f->e));
	assert_int_equal(n, 3);
	assert_str(list[0].batch, "h-9");
	assert_str(list[1].batch, "h-8");
	assert_str(list[2].batch, "h-7");
	list[0].target = STR("data/x.csv");
	list[0].attempts = 2;
	list[0].last_error = STR("busy");
	save_file(f, &list[0]);
	list[1].done_at_ms = T0;
	list[1].commit_url = STR("https://hub.test/c");
	save_file(f, &list[1]);
	OK(store_load_batches(f->store, STR("h"), &f->a, &list, &n, &f->e));
	assert_int_equal(n, 2);
	assert_str(list[0].batch, "h-9");
	assert_str(list[0].target, "data/x.csv");
	assert_str(list[0].rotated_path, "/m.csv.0");
	assert_str(list[0].last_error, "busy");
	assert_int_equal(list[0].attempts, 2);
	assert_str(list[1].batch, "h-7");
	assert_query("SELECT commit_url FROM csv_files WHERE batch = 'h-8'",
		     "https://hub.test/c\n");
	OK(store_load_batches(f->store, STR("nowhere"), &f->a, &list, &n, &f->e));
	assert_int_equal(n, 0);
	OK(store_load_batches(f->store, STR_NONE, &f->a, &list, &n, &f->e));
	assert_int_equal(n, 3);
	assert_str(list[2].batch, "i-1");
}

static void spool(struct fixture *f, int64_t file_id, const char *row, int64_t cycle_at_ms)
{
	struct sample s = samples_bare("acme", "acme/large", cycle_at_ms, OUTCOME_OK);
	const struct store_sample w = { .sample = &s,
					.csv_file_id = file_id,
					.csv_row = str_of(row) };

	save(f, &w, 1);
}

static void test_rows_under_another_path_are_found(void **state)
{
	struct fixture *f = *state;
	struct store_csv_file here = open_file(f, "h", "/m.csv");
	struct store_csv_file file = open_file(f, "h", "/full.csv");
	struct store_csv_stray *strays;
	size_t n;

	here.rows = 1;
	save_file(f, &here);
	file.rows = 5;
	save_file(f, &file);
	spool(f, file.id, "one\n", T0);
	file = open_file(f, "h", "/waited-for.csv");
	spool(f, file.id, "two\n", T0);
	(void)open_file(f, "h", "/empty.csv");
	file = open_file(f, "h", "/pushed.csv");
	file.rows = 5;
	file.batch = STR("h-1");
	save_file(f, &file);
	OK(store_load_strays(f->store, STR("h"), STR("/m.csv"), &f->a, &strays, &n, &f->e));
	assert_int_equal(n, 2);
	assert_str(strays[0].path, "/full.csv");
	assert_int_equal(strays[0].rows, 6);
	assert_str(strays[1].path, "/waited-for.csv");
	assert_int_equal(strays[1].rows, 1);
	OK(store_load_strays(f->store, STR("i"), STR("/m.csv"), &f->a, &strays, &n, &f->e));
	assert_int_equal(n, 0);
}

static void test_the_spool_empties_into_a_file(void **state)
{
	struct fixture *f = *state;
	struct store_csv_file file = open_file(f, "h", "/m.csv");
	struct store_csv_file other = open_file(f, "h", "/o.csv");
	struct store_spooled *rows;
	int64_t ids[2];
	uint64_t ends[2] = { 100, 200 };
	size_t n;

	spool(f, file.id, "one,\"a\nb\"\n", T0);
	spool(f, other.id, "else\n", T0);
	spool(f, file.id, "two\n", T0 + 1);
	/* The buffer was rotated meanwhile: the path is the same. */
	file.batch = STR("h-1");
	save_file(f, &file);
	file = open_file(f, "h", "/m.csv");
	spool(f, file.id, "three\n", T0 + 2);
	OK(store_load_spool(f->store, STR("h"), STR("/m.csv"), 0, &f->a, &rows, &n, &f->e));
	assert_int_equal(n, 3);
	assert_str(rows[0].row, "one,\"a\nb\"\n");
	assert_str(rows[2].row, "three\n");
	assert_int_equal(rows[1].cycle_at_ms, T0 + 1);
	OK(store_load_spool(f->store, STR("h"), STR("/m.csv"), 2, &f->a, &rows, &n, &f->e));
	assert_int_equal(n, 2);
	ids[0] = rows[0].sample_id;
	ids[1] = rows[1].sample_id;
	OK(store_begin(f->store, "probe", &f->e));
	OK(store_unspool(f->store, ids, ends, 2, file.id, &f->e));
	OK(store_commit(f->store, &f->e));
	OK(store_load_spool(f->store, STR("h"), STR("/m.csv"), 0, &f->a, &rows, &n, &f->e));
	assert_int_equal(n, 1);
	assert_str(rows[0].row, "three\n");
	assert_query("SELECT x.csv_end FROM samples x JOIN csv_files c"
		     " ON CAST(c.id AS TEXT) = x.csv_file WHERE c.batch IS NULL ORDER BY x.id",
		     "100\n200\n");
	OK(store_load_spool(f->store, STR("i"), STR("/m.csv"), 0, &f->a, &rows, &n, &f->e));
	assert_int_equal(n, 0);
	/* Twice into a file is once too often. */
	OK(store_begin(f->store, "probe", &f->e));
	FAILS(store_unspool(f->store, ids, ends, 2, file.id, &f->e), ERR_DB);
	store_rollback(f->store);
}

/* ---- jobs ---- */

static void test_a_job_remembers(void **state)
{
	struct fixture *f = *state;
	struct str was = STR("?");

	OK(store_load_job(f->store, "probe", &f->a, &was, &f->e));
	assert_str(was, NULL);
	OK(store_save_job(f->store, "probe", T0, STR("{\"cycles\":1}"), STR_NONE, &f->e));
	OK(store_begin(f->store, "probe", &f->e));
	OK(store_save_job(f->store, "probe", T0, STR("{\"cycles\":2}"), STR("late"), &f->e));
	store_rollback(f->store);
	OK(store_load_job(f->store, "probe", &f->a, &was, &f->e));
	assert_str(was, "{\"cycles\":1}");
	OK(store_save_job(f->store, "probe", T0, STR("{\"cycles\":3}"), STR("late"), &f->e));
	OK(store_save_job(f->store, "push", T0, STR_NONE, STR_NONE, &f->e));
	OK(store_load_job(f->store, "probe", &f->a, &was, &f->e));
	assert_str(was, "{\"cycles\":3}");
	assert_query("SELECT name, state, last_error FROM jobs ORDER BY name",
		     "probe|{\"cycles\":3}|late\npush|-|-\n");
}

/* ---- corrections ---- */

static void test_corrections_are_one_an_endpoint(void **state)
{
	struct fixture *f = *state;
	struct store_correction c = {
		.provider = STR("acme"),
		.provider_model_id = STR("acme/large"),
		.recipe = { .limit = STR("max_completion_tokens"), .limit_min = 16 },
		.reason = STR("said max_tokens is unsupported"),
		.learned_at_ms = T0,
	};
	struct store_correction *list;
	size_t n;

	OK(store_load_corrections(f->store, &f->a, &list, &n, &f->e));
	assert_int_equal(n, 0);
	OK(store_save_correction(f->store, &c, &f->e));
	c.recipe.limit_min = 32;
	c.recipe.no_stream_options = true;
	c.learned_at_ms = T0 + 1;
	OK(store_save_correction(f->store, &c, &f->e));
	c.provider = STR("aaa");
	OK(store_save_correction(f->store, &c, &f->e));
	OK(store_load_corrections(f->store, &f->a, &list, &n, &f->e));
	assert_int_equal(n, 2);
	assert_str(list[0].provider, "aaa");
	assert_str(list[1].provider, "acme");
	assert_str(list[1].provider_model_id, "acme/large");
	assert_str(list[1].recipe.limit, "max_completion_tokens");
	assert_int_equal(list[1].recipe.limit_min, 32);
	assert_true(list[1].recipe.no_stream_options);
	assert_int_equal(list[1].recipe.form, CHAT_OPENAI);
	assert_str(list[1].reason, "said max_tokens is unsupported");
	assert_int_equal(list[1].learned_at_ms, T0 + 1);
	contract_exec(url, "UPDATE recipe_corrections SET recipe = '[7]'");
	assert_false(store_load_corrections(f->store, &f->a, &list, &n, &f->e));
	assert_non_null(strstr(f->e.text, "acme/large"));
}

/* ---- endpoints ---- */

static void test_endpoints(void **state)
{
	struct fixture *f = *state;
	struct model zeta[4] = { contract_model(&f->a, "z/9", "0.1", "0.2"),
				 contract_bare_model("z/8"), contract_bare_model("z/gone"),
				 contract_bare_model("z/off") };
	struct sample s = samples_bare("zeta", "z/9", T0 + 1, OUTCOME_OK);
	struct store_endpoint_row *rows;
	size_t n;

	zeta[0].metadata = STR("{\"hugging_face_id\":\"Z/Nine\"}");
	zeta[0].context_length = 4096;
	sync_models(f, "zeta", zeta, 4);
	contract_exec(url, "UPDATE models SET is_active = (provider_model_id <> 'z/off')"
			   " WHERE provider_model_id LIKE 'z/%'");
	contract_exec(url, "UPDATE models SET missing_since = first_seen_at"
			   " WHERE provider_model_id = 'z/gone'");
	contract_exec(url, "UPDATE models SET canonical_id = 'nine'"
			   " WHERE provider_model_id = 'z/9'");
	save_one(f, &s);
	s.started_at_ms = T0 + 9;
	save_one(f, &s);
	s.started_at_ms = T0 + 5;
	save_one(f, &s);
	OK(store_load_endpoints(f->store, STR_NONE, &f->a, &rows, &n, &f->e));
	assert_int_equal(n, 4);
	assert_str(rows[0].provider_model_id, "acme/large");
	assert_str(rows[0].pricing_prompt, "0.000003");
	assert_str(rows[0].hugging_face_id, NULL);
	assert_int_equal(rows[0].last_probed_ms, CLOCK_NONE);
	assert_str(rows[1].provider, "acme");
	assert_str(rows[1].pricing_completion, NULL);
	assert_str(rows[2].provider_model_id, "z/8");
	assert_int_equal(rows[2].context_length, -1);
	assert_str(rows[3].provider, "zeta");
	assert_str(rows[3].provider_model_id, "z/9");
	assert_str(rows[3].canonical_id, "nine");
	assert_str(rows[3].hugging_face_id, "Z/Nine");
	assert_str(rows[3].pricing_completion, "0.2");
	assert_int_equal(rows[3].context_length, 4096);
	assert_int_equal(rows[3].last_probed_ms, T0 + 9);
	assert_true(rows[3].model_id > 0);
	OK(store_load_endpoints(f->store, STR("zeta"), &f->a, &rows, &n, &f->e));
	assert_int_equal(n, 2);
	contract_exec(url, "UPDATE providers SET is_active = (slug <> 'zeta')");
	OK(store_load_endpoints(f->store, STR("zeta"), &f->a, &rows, &n, &f->e));
	assert_int_equal(n, 0);
}

/* ---- what is known when others have ended ---- */

static struct sample member(const char *id, int64_t at_ms, const char *group, int agrees)
{
	struct sample s = samples_bare("acme", id, at_ms, OUTCOME_OK);

	s.group_key = str_of(group);
	s.agrees = agrees;
	return s;
}

static void test_agreement_comes_later(void **state)
{
	struct fixture *f = *state;
	const struct sample samples[] = { member("a", T0, "g", -1), member("b", T0, "g", -1),
					  member("c", T0, "other", -1),
					  member("d", T0 - 1, "g", -1), member("e", T0, "g", 1) };
	const struct store_agreement rows[] = {
		{ STR("g"), STR("acme"), STR("a"), 1 }, { STR("g"), STR("acme"), STR("b"), 0 },
		{ STR("g"), STR("acme"), STR("c"), 1 }, { STR("g"), STR("acme"), STR("d"), 1 },
		{ STR("g"), STR("acme"), STR("e"), 0 }, { STR("g"), STR("acme"), STR("gone"), 1 },
	};

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		save_one(f, &samples[i]);
	OK(store_save_agreement(f->store, T0, rows, sizeof(rows) / sizeof(rows[0]), &f->e));
	assert_query("SELECT provider_model_id, CASE WHEN agrees THEN 'yes' WHEN agrees IS NULL"
		     " THEN 'unknown' ELSE 'no' END FROM samples ORDER BY 1",
		     "a|yes\nb|no\nc|unknown\nd|unknown\ne|yes\n");
}

static void test_a_cycle_counts_for_nothing(void **state)
{
	struct fixture *f = *state;
	struct sample s = samples_bare("acme", "a", T0, OUTCOME_CONNECT);

	save_one(f, &s);
	s.started_at_ms = T0 - 1; /* another cycle of the same, frozen, time */
	save_one(f, &s);
	s.cycle_at_ms = T0 + 1;
	s.started_at_ms = T0 + 1;
	save_one(f, &s);
	OK(store_discount_cycle(f->store, T0, T0, &f->e));
	assert_query("SELECT CASE WHEN counted THEN 'yes' ELSE 'no' END FROM samples"
		     " ORDER BY started_at",
		     "yes\nno\nyes\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_each_value_is_in_its_column),
		TEST(test_samples_come_back),
		TEST(test_what_was_not_reached_is_null),
		TEST(test_no_text_of_a_provider_is_refused),
		TEST(test_samples_are_chosen),
		TEST(test_many_samples_keep_their_order),
		TEST(test_a_rollback_leaves_nothing),
		TEST(test_a_word_of_a_newer_program_is_refused),
		TEST(test_agreement_is_said_once),
		TEST(test_a_cycle_is_discounted),
		TEST(test_one_file_is_open),
		TEST(test_batches_wait_in_order),
		TEST(test_rows_under_another_path_are_found),
		TEST(test_the_spool_empties_into_a_file),
		TEST(test_a_job_remembers),
		TEST(test_corrections_are_one_an_endpoint),
		TEST(test_endpoints),
		TEST(test_agreement_comes_later),
		TEST(test_a_cycle_counts_for_nothing),
	};

	return KIT_RUN("probe", tests);
}
