#include "unit.h"

#include "core/snapshot.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* A catalog with one of everything, made anew so that a test may change it. */
struct fixture {
	struct price prices[5];
	struct model models[3];
	struct catalog catalog;
};

static const struct price bare = { .state = PRICE_PRICED,
				   .condition = { "", 0 },
				   .currency = { "USD", 3 },
				   .valid_from_ms = CLOCK_NONE,
				   .valid_to_ms = CLOCK_NONE };

static const struct model unsaid = { .context_length = MODEL_NO_COUNT,
				     .max_output_tokens = MODEL_NO_COUNT,
				     .deprecated_at_ms = CLOCK_NONE,
				     .created_ms = CLOCK_NONE };

static struct price price(enum meter meter, const char *condition, enum price_state state,
			  const char *amount)
{
	struct price p = bare;

	p.meter = meter;
	p.condition = str_of(condition);
	p.state = state;
	p.amount = str_of(amount);
	return p;
}

static struct capabilities capabilities(void)
{
	struct capabilities c = { 0, 0 };

	capabilities_set(&c, CAP_VISION, true);
	capabilities_set(&c, CAP_REASONING, false);
	capabilities_set(&c, CAP_FUNCTION_CALLING, true);
	return c;
}

static void fill(struct fixture *f)
{
	*f = (struct fixture){ .models = { unsaid, unsaid, unsaid } };
	f->models[0].id = STR("acme/bare");
	f->models[1] = (struct model){
		.id = STR("acme/full"),
		.name = STR("Full \"quoted\" \\ na\xc3\xafve\n\x01\x7f"),
		.context_length = 128000,
		.max_output_tokens = 0,
		.modality = STR("text+image->text"),
		.capabilities = capabilities(),
		.quantization = STR("fp8"),
		.deprecated_at_ms = 1798675200000,
		.replaced_by = STR("acme/next"),
		.description = STR("words"),
		.architecture = STR("Acme"),
		.hugging_face_id = STR("acme/full-hf"),
		.created_ms = 1700000000000,
		.metadata = STR("{\"x\":1}"),
		.prices = f->prices,
		.n_prices = 4,
	};
	f->models[2].id = STR("acme/one");
	f->models[2].prices = &f->prices[4];
	f->models[2].n_prices = 1;
	f->prices[0] = price(METER_CACHE_WRITE_TOKEN, "[1h]", PRICE_PRICED, "0.0000012");
	f->prices[1] = price(METER_INPUT_TOKEN, "", PRICE_PRICED, "0.0000006");
	f->prices[2] = price(METER_INPUT_TOKEN, "[>200000]", PRICE_DYNAMIC, NULL);
	f->prices[3] = price(METER_OUTPUT_TOKEN, "", PRICE_FREE, "0");
	f->prices[4] = price(METER_REQUEST, "", PRICE_PRICED, "0.01");
	f->prices[4].currency = STR("EUR");
	f->prices[4].valid_to_ms = 1798675200000;
	f->catalog = (struct catalog){ STR("acme"), f->models, LENGTH(f->models) };
}

/* Written by hand from the words of core/snapshot.h. */
static const char canonical[] =
	"{\"assay\":1,\"provider\":\"acme\",\"models\":[\n"
	"{\"id\":\"acme/bare\"},\n"
	"{\"id\":\"acme/full\",\"name\":\"Full \\\"quoted\\\" \\\\ na\xc3\xafve\\u000a\\u0001\x7f\","
	"\"context_length\":128000,\"max_output_tokens\":0,\"modality\":\"text+image->text\","
	"\"capabilities\":[\"function_calling\",\"!reasoning\",\"vision\"],"
	"\"quantization\":\"fp8\",\"deprecated_at\":\"2026-12-31T00:00:00.000Z\","
	"\"replaced_by\":\"acme/next\",\"prices\":["
	"[\"cache_write_token\",\"[1h]\",\"priced\",\"0.0000012\",\"USD\"],"
	"[\"input_token\",\"\",\"priced\",\"0.0000006\",\"USD\"],"
	"[\"input_token\",\"[>200000]\",\"dynamic\",null,\"USD\"],"
	"[\"output_token\",\"\",\"free\",\"0\",\"USD\"]]},\n"
	"{\"id\":\"acme/one\",\"prices\":[[\"request\",\"\",\"priced\",\"0.01\",\"EUR\"]]}\n"
	"]}\n";

/* hashlib.sha256(canonical).hexdigest() of Python */
static const char canonical_hash[] =
	"0d58b1fca1a5b0a08d78c847a8b7c1678abe49a2cd5f81fb1e0f965cea22e576";
static const char empty_hash[] = "e33ee46dd5887e512d1ee1cb68ae1cc0bc59f095233a4fa33c8e2c9b50d0b9a1";

static void test_canonical_text(void **state)
{
	BUF_AUTO(out, 10000);
	struct fixture f;

	(void)state;
	fill(&f);
	snapshot_print(&f.catalog, &out);
	assert_string_equal(out.at, canonical);
	assert_int_equal(out.n, sizeof(canonical) - 1);
}

static void test_known_hash(void **state)
{
	ARENA_AUTO(a);
	char text[HASH_TEXT_MAX];
	struct snapshot s;
	struct fixture f;
	struct hash h;

	(void)state;
	fill(&f);
	snapshot_take(&f.catalog, &a, &s);
	assert_string_equal(hash_text(&s.hash, text), canonical_hash);
	hash_bytes(canonical, sizeof(canonical) - 1, &h); /* the name is that of the file */
	assert_true(hash_eq(&h, &s.hash));
}

static void test_empty_catalog(void **state)
{
	ARENA_AUTO(a);
	BUF_AUTO(out, 1000);
	struct catalog c = { STR("acme"), NULL, 0 };
	char text[HASH_TEXT_MAX];
	struct snapshot s;

	(void)state;
	snapshot_print(&c, &out);
	assert_string_equal(out.at, "{\"assay\":1,\"provider\":\"acme\",\"models\":[\n]}\n");
	snapshot_take(&c, &a, &s);
	assert_string_equal(hash_text(&s.hash, text), empty_hash);
}

/* FIPS 180-4's examples, and one over a block. */
static void test_sha256(void **state)
{
	static const struct {
		const char *text, *hash;
	} cases[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		char text[HASH_TEXT_MAX];
		struct hash h;

		hash_bytes(cases[i].text, strlen(cases[i].text), &h);
		assert_string_equal(hash_text(&h, text), cases[i].hash);
	}
}

/* In whatever order models and prices come, once sorted they have one name. */
static void test_order_does_not_matter(void **state)
{
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 100; round++) {
		ARENA_AUTO(a);
		char text[HASH_TEXT_MAX];
		struct snapshot s;
		struct fixture f;

		fill(&f);
		for (unsigned i = 0; i < 20; i++) {
			struct price *x;
			struct price *y;
			struct price p;
			struct model m;

			seed = seed * 1103515245 + 12345;
			x = &f.prices[(seed >> 16) % 4];
			y = &f.prices[(seed >> 20) % 4];
			p = *x;
			*x = *y;
			*y = p;
			m = f.models[(seed >> 16) % 3];
			f.models[(seed >> 16) % 3] = f.models[(seed >> 20) % 3];
			f.models[(seed >> 20) % 3] = m;
		}
		catalog_sort(&f.catalog);
		snapshot_take(&f.catalog, &a, &s);
		assert_string_equal(hash_text(&s.hash, text), canonical_hash);
	}
}

/* ---- what the hashes depend on ---- */

struct effect {
	bool hash, full, others; /* which hashes became another */
};

static struct effect effect_of(void (*change)(struct fixture *f))
{
	ARENA_AUTO(a);
	struct snapshot before;
	struct snapshot after;
	struct fixture f;

	fill(&f);
	snapshot_take(&f.catalog, &a, &before);
	change(&f);
	snapshot_take(&f.catalog, &a, &after);
	return (struct effect){ !hash_eq(&before.hash, &after.hash),
				!hash_eq(&before.content[1], &after.content[1]),
				!hash_eq(&before.content[0], &after.content[0]) ||
					!hash_eq(&before.content[2], &after.content[2]) };
}

#define CHANGE(name, statement)                  \
	static void name(struct fixture *f)      \
	{                                        \
		struct model *m = &f->models[1]; \
		struct price *p = &f->prices[1]; \
                                                 \
		(void)m;                         \
		(void)p;                         \
		statement;                       \
	}

CHANGE(nothing, (void)0)
/* tracked */
CHANGE(id, m->id = STR("acme/fuller"))
CHANGE(name, m->name = STR("Full"))
CHANGE(no_name, m->name = STR_NONE)
CHANGE(empty_name, m->name = STR(""))
CHANGE(context, m->context_length++)
CHANGE(no_context, m->context_length = MODEL_NO_COUNT)
CHANGE(max_output, m->max_output_tokens = 1)
CHANGE(no_max_output, m->max_output_tokens = MODEL_NO_COUNT)
CHANGE(modality, m->modality = STR("text->text"))
CHANGE(capability_yes, capabilities_set(&m->capabilities, CAP_REASONING, true))
CHANGE(capability_said, capabilities_set(&m->capabilities, CAP_STREAMING, false))
CHANGE(capability_unsaid, m->capabilities.said &= ~(1U << CAP_REASONING))
CHANGE(no_capabilities, m->capabilities = (struct capabilities){ 0 })
CHANGE(quantization, m->quantization = STR("fp4"))
CHANGE(no_quantization, m->quantization = STR_NONE)
CHANGE(deprecated, m->deprecated_at_ms++)
CHANGE(no_deprecated, m->deprecated_at_ms = CLOCK_NONE)
CHANGE(replaced, m->replaced_by = STR("acme/other"))
CHANGE(price_gone, m->n_prices--)
CHANGE(price_amount, p->amount = STR("0.0000007"))
CHANGE(price_state, *p = price(METER_INPUT_TOKEN, "", PRICE_FREE, "0"))
CHANGE(price_currency, p->currency = STR("EUR"))
CHANGE(price_meter, p->meter = METER_INPUT_AUDIO_TOKEN)
CHANGE(price_condition, p->condition = STR("[batch]"))
/* stored, not tracked */
CHANGE(price_from, p->valid_from_ms = 0)
CHANGE(price_to, p->valid_to_ms = 0)
CHANGE(description, m->description = STR("other words"))
CHANGE(no_description, m->description = STR_NONE)
CHANGE(empty_description, m->description = STR(""))
CHANGE(architecture, m->architecture = STR("Other"))
CHANGE(hugging_face, m->hugging_face_id = STR("acme/other"))
CHANGE(created, m->created_ms++)
CHANGE(no_created, m->created_ms = CLOCK_NONE)
CHANGE(metadata, m->metadata = STR("{\"x\":2}"))
CHANGE(no_metadata, m->metadata = STR_NONE)
/* neither */
CHANGE(price_raw, p->raw = STR("6e-07"))
CHANGE(price_unit, p->unit = STR("USD per 1M tokens"))
CHANGE(price_source, p->source = STR("models#/x"))

static void (*const tracked[])(struct fixture *f) = {
	id,
	name,
	no_name,
	empty_name,
	context,
	no_context,
	max_output,
	no_max_output,
	modality,
	capability_yes,
	capability_said,
	capability_unsaid,
	no_capabilities,
	quantization,
	no_quantization,
	deprecated,
	no_deprecated,
	replaced,
	price_gone,
	price_amount,
	price_state,
	price_currency,
	price_meter,
	price_condition,
};

static void (*const untracked[])(struct fixture *f) = {
	price_from,        price_to,     description, no_description,
	empty_description, architecture, metadata,    no_metadata,
};

/* How a price was spelled and found is no part of the state; the other two stand in the metadata. */
static void (*const neither[])(struct fixture *f) = {
	nothing, price_raw, price_unit, price_source, hugging_face, created, no_created,
};

static void test_what_is_tracked(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(tracked); i++) {
		struct effect e = effect_of(tracked[i]);

		if (!e.hash || !e.full || e.others)
			fail_msg("tracked %zu: %d %d %d", i, e.hash, e.full, e.others);
	}
	for (size_t i = 0; i < LENGTH(untracked); i++) {
		struct effect e = effect_of(untracked[i]);

		if (e.hash || !e.full || e.others)
			fail_msg("untracked %zu: %d %d %d", i, e.hash, e.full, e.others);
	}
	for (size_t i = 0; i < LENGTH(neither); i++)
		assert_false(effect_of(neither[i]).hash);
}

static void test_provider_counts(void **state)
{
	ARENA_AUTO(a);
	struct snapshot one;
	struct snapshot two;
	struct fixture f;

	(void)state;
	fill(&f);
	snapshot_take(&f.catalog, &a, &one);
	f.catalog.provider = STR("acme2");
	snapshot_take(&f.catalog, &a, &two);
	assert_false(hash_eq(&one.hash, &two.hash));
	assert_true(hash_eq(&one.content[1], &two.content[1]));
}

/* The same bytes in neighbouring fields are not the same content. */
static void test_untracked_fields_do_not_run_together(void **state)
{
	const struct str a = STR("ab");
	const struct str b = STR("a");
	struct model models[] = { unsaid, unsaid, unsaid, unsaid, unsaid, unsaid };
	struct catalog c = { STR("acme"), models, LENGTH(models) };
	ARENA_AUTO(arena);
	struct snapshot s;

	(void)state;
	for (size_t i = 0; i < LENGTH(models); i++)
		models[i].id = STR("same");
	models[0].description = a;
	models[1].architecture = a;
	models[2].metadata = a;
	models[3].description = STR("");
	models[4].description = b;
	models[4].architecture = STR("b");
	snapshot_take(&c, &arena, &s);
	for (size_t i = 0; i < LENGTH(models); i++)
		for (size_t k = 0; k < i; k++)
			assert_false(hash_eq(&s.content[i], &s.content[k]));
}

static void test_escapes(void **state)
{
	BUF_AUTO(out, 1000);
	struct model m = unsaid;

	(void)state;
	m.id = STR(
		"\"\\/\b\t\n\f\r\x1f\x20\x7f\xe2\x80\xa8\xf0\x9f\x98\x80 plain plain \" plain plain");
	snapshot_add_model(&out, &m);
	assert_string_equal(out.at,
			    "{\"id\":\"\\\"\\\\/\\u0008\\u0009\\u000a\\u000c\\u000d\\u001f \x7f"
			    "\xe2\x80\xa8\xf0\x9f\x98\x80 plain plain \\\" plain plain\"}");
}

static void test_capabilities_in_order(void **state)
{
	BUF_AUTO(out, 1000);
	struct model m = unsaid;

	(void)state;
	m.id = STR("x");
	for (int i = CAP_COUNT - 1; i >= 0; i--)
		capabilities_set(&m.capabilities, (enum capability)i, i % 2);
	snapshot_add_model(&out, &m);
	assert_string_equal(
		out.at, "{\"id\":\"x\",\"capabilities\":[\"!audio_input\",\"audio_output\","
			"\"!function_calling\",\"image_generation\",\"!reasoning\",\"streaming\","
			"\"!structured_outputs\",\"vision\"]}");
}

static void test_hash_text(void **state)
{
	static const char *const refused[] = {
		"",
		"00",
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde",
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0",
		"0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
		"g123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		"0123456789abcdef0123456789abcdef 123456789abcdef0123456789abcdef",
	};
	static const char given[] =
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	char text[HASH_TEXT_MAX];
	struct hash h;
	struct hash untouched;

	(void)state;
	assert_true(hash_parse(STR(given), &h));
	assert_string_equal(hash_text(&h, text), given);
	untouched = h;
	for (size_t i = 0; i < LENGTH(refused); i++)
		assert_false(hash_parse(str_of(refused[i]), &h));
	assert_false(hash_parse(STR_NONE, &h));
	assert_true(hash_eq(&h, &untouched));
	h.bytes[31] ^= 1;
	assert_false(hash_eq(&h, &untouched));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_canonical_text),
		cmocka_unit_test(test_known_hash),
		cmocka_unit_test(test_empty_catalog),
		cmocka_unit_test(test_sha256),
		cmocka_unit_test(test_order_does_not_matter),
		cmocka_unit_test(test_what_is_tracked),
		cmocka_unit_test(test_provider_counts),
		cmocka_unit_test(test_untracked_fields_do_not_run_together),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_capabilities_in_order),
		cmocka_unit_test(test_hash_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
