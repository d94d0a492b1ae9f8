#include "unit.h"

#include "provider/descriptor.h"
#include "provider/registry.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* With one of everything; the mistakes below are made in it. */
static const char good[] =
	"{ \"slug\": \"acme\", \"name\": \"Acme\", \"description\": \"Models.\","
	"  \"site_url\": \"https://acme.test\", \"base_url\": \"https://api.acme.test/v1\","
	"  \"logo_url\": \"https://acme.test/logo.svg\", \"status_page_url\": \"https://s.acme.test\","
	"  \"docs\": \"https://docs.acme.test\", \"quirks\": [\"It sells.\", \"It lists.\"],"
	"  \"hub_name\": \"acme-ai\", \"aliases\": [\"acme-ai\", \"acmeai\"],"
	"  \"supports\": { \"streaming\": true, \"vision\": false },"
	"  \"auth\": { \"form\": \"bearer\", \"required\": true, \"env\": [\"ACME_KEY\", \"ACME\"] },"
	"  \"chat\": { \"url\": \"https://api.acme.test/v1/chat\" },"
	"  \"lists\": [ { \"name\": \"models\", \"url\": \"https://api.acme.test/v1/models\","
	"    \"required\": true, \"rows\": \"/data\", \"total\": \"/total\", \"next\": \"/next\","
	"    \"fields\": { \"id\": \"/id\", \"name\": \"/name\","
	"      \"context_length\": [\"/context\", \"/limits/context\"],"
	"      \"created\": { \"at\": \"/created\", \"format\": \"unix\" },"
	"      \"deprecated_at\": { \"at\": \"/gone\", \"format\": \"date\", \"absent\": [\"never\"] } },"
	"    \"capabilities\": { \"vision\": { \"at\": \"/inputs\", \"has\": \"image\" },"
	"      \"reasoning\": \"/reasons\" },"
	"    \"keep\": { \"family\": \"/family\" },"
	"    \"price_defaults\": { \"unit\": \"USD per token\", \"noise\": 12,"
	"      \"sentinels\": { \"-1\": \"dynamic\" } },"
	"    \"prices\": ["
	"      { \"meter\": \"input_token\", \"at\": \"/pricing/in\", \"required\": true },"
	"      { \"meter\": \"output_token\", \"at\": \"/pricing/out\", \"unit\": \"USD per 1M tokens\","
	"        \"noise\": 9, \"sentinels\": { \"-2\": \"unpublished\", \"-3\": \"free\" } },"
	"      { \"meter\": \"cached_input_token\", \"at\": \"/pricing/cache\", \"times\": \"/pricing/in\" },"
	"      { \"meter\": \"cache_write_token\", \"at\": \"/pricing/write\", \"condition\": \"[1h]\" },"
	"      { \"meter\": \"input_image\", \"at\": \"/pricing/image\", \"unit\": \"USD per image\","
	"        \"zero_unpublished_unless\": { \"at\": \"/inputs\", \"has\": \"image\" } } ],"
	"    \"overrides\": { \"at\": \"/pricing/tiers\", \"keys_of\": \"/pricing\","
	"      \"conditions\": { \"above\": \"/above\", \"at_least\": \"/from\","
	"        \"window\": { \"from\": \"/start\", \"to\": \"/end\", \"format\": \"HHMM\" } } },"
	"    \"closed\": [\"/pricing\"], \"ignore\": \"/pricing/discount\" },"
	"  { \"name\": \"extra\", \"url\": \"https://api.acme.test/v1/extra\", \"required\": false,"
	"    \"fields\": { \"id\": \"/id\" } } ],"
	"  \"facts\": [ { \"fact\": \"prices are exact\", \"sure\": \"A\", \"since\": \"2026-01-01\","
	"    \"source\": \"a captured list\" } ] }";

/* `good` with the first `from` replaced by `to`. */
static struct str with(const char *from, const char *to, struct arena *a)
{
	const char *hit = strstr(good, from);

	if (!hit)
		fail_msg("not in the descriptor: %s", from);
	return arena_printf(a, "%.*s%s%s", (int)(hit - good), good, to, hit + strlen(from));
}

static bool parse(struct str json, struct arena *a, struct descriptor *d, struct err *e)
{
	return descriptor_parse(json, STR("acme.json"), a, d, e);
}

static void test_good(void **state)
{
	ARENA_AUTO(a);
	struct descriptor d;
	const struct list *l;
	struct err e;

	(void)state;
	if (!parse(STR(good), &a, &d, &e))
		fail_msg("%s", e.text);
	assert_string_equal(d.slug.at, "acme");
	assert_string_equal(d.hub_name.at, "acme-ai");
	assert_string_equal(d.docs_url.at, "https://docs.acme.test");
	assert_int_equal(d.n_quirks, 2);
	assert_string_equal(d.quirks[1].at, "It lists.");
	assert_int_equal(d.n_aliases, 2);
	assert_string_equal(d.aliases[1].at, "acmeai");
	assert_int_equal(capabilities_get(d.supports, CAP_STREAMING), 1);
	assert_int_equal(capabilities_get(d.supports, CAP_VISION), 0);
	assert_int_equal(capabilities_get(d.supports, CAP_REASONING), -1);
	assert_int_equal(d.auth, AUTH_BEARER);
	assert_true(d.key_required);
	assert_string_equal(d.env[0], "ACME_KEY");
	assert_string_equal(d.env[1], "ACME");
	assert_null(d.env[2]);
	assert_string_equal(d.chat.url.at, "https://api.acme.test/v1/chat");
	assert_int_equal(d.n_lists, 2);
	assert_false(d.lists[1].required);
	assert_int_equal(d.n_facts, 1);
	assert_string_equal(d.origin.at, "acme.json");

	l = &d.lists[0];
	assert_true(l->required);
	assert_string_equal(l->rows.at, "/data");
	assert_int_equal(l->context_length.place.n, 2);
	assert_int_equal(l->max_output_tokens.place.n, 0);
	assert_int_equal(l->created.format, DATE_UNIX);
	assert_int_equal(l->deprecated_at.format, DATE_DAY);
	assert_int_equal(l->deprecated_at.n_absent, 1);
	assert_int_equal(l->capabilities[CAP_VISION].kind, TEST_HAS);
	assert_int_equal(l->capabilities[CAP_AUDIO_INPUT].kind, TEST_NONE);
	assert_int_equal(l->capabilities[CAP_REASONING].kind, TEST_BOOLEAN);
	assert_int_equal(l->n_kept, 1);
	assert_string_equal(l->kept[0].key.at, "family");
	assert_true(l->overrides.mapped);
	assert_int_equal(l->overrides.n_prices, 4); /* the factor is no key of an entry */
}

static void test_prices_of_good(void **state)
{
	ARENA_AUTO(a);
	struct descriptor d;
	const struct price_field *p;
	struct err e;

	(void)state;
	assert_true(parse(STR(good), &a, &d, &e));
	assert_int_equal(d.lists[0].n_prices, 5);
	p = d.lists[0].prices;
	assert_int_equal(p[0].meter, METER_INPUT_TOKEN);
	assert_string_equal(p[0].source.at, "models#/pricing/in");
	assert_true(p[0].required);
	assert_int_equal(p[0].noise, 12);
	assert_int_equal(p[0].n_sentinels, 1);
	assert_int_equal(p[0].sentinels[0].meaning, SENTINEL_DYNAMIC);
	assert_int_equal(p[1].noise, 9); /* its own, not the defaults */
	assert_int_equal(p[1].n_sentinels, 2);
	assert_int_equal(p[1].sentinels[0].meaning, SENTINEL_UNPUBLISHED);
	assert_int_equal(p[1].sentinels[1].meaning, SENTINEL_FREE);
	assert_false(p[1].required || p[1].multiplied || p[1].zero_counts.kind);
	assert_true(p[2].multiplied);
	assert_int_equal(p[2].base_slot, p[0].slot);
	assert_string_equal(p[3].condition.at, "[1h]");
	assert_string_equal(p[0].condition.at, "");
	assert_int_equal(p[4].zero_counts.kind, TEST_HAS);
}

/* Nothing of the text is pointed into: the caller may free it. */
static void test_lives_in_the_arena(void **state)
{
	ARENA_AUTO(a);
	char *copy = malloc(sizeof(good));
	struct descriptor d;
	struct err e;

	(void)state;
	assert_non_null(copy);
	memcpy(copy, good, sizeof(good));
	assert_true(parse((struct str){ copy, sizeof(good) - 1 }, &a, &d, &e));
	memset(copy, 'x', sizeof(good));
	free(copy);
	assert_string_equal(d.slug.at, "acme");
	assert_string_equal(d.lists[0].kept[0].key.at, "family");
	assert_string_equal(d.lists[0].capabilities[CAP_VISION].words[0].at, "image");
	assert_string_equal(d.lists[0].prices[1].unit.text.at, "USD per 1M tokens");
	assert_string_equal(d.lists[0].deprecated_at.absent[0].at, "never");
	assert_string_equal(d.facts[0].source.at, "a captured list");
	assert_string_equal(plan_pointer(d.lists[0].plan, d.lists[0].prices[3].slot).at,
			    "/pricing/write");
}

/* ---- what else is accepted ---- */

static const struct {
	const char *from, *to;
} variants[] = {
	{ "\"slug\": \"acme\"", "\"slug\": \"4-acme-2\"" },
	{ "\"bearer\", \"required\": true, \"env\": [\"ACME_KEY\", \"ACME\"]", "\"none\"" },
	{ "\"bearer\"", "\"header:X-Api-Key\"" },
	{ "\"bearer\"", "\"query:key\"" },
	{ "[\"ACME_KEY\", \"ACME\"]", "\"ACME_KEY\"" },
	{ "[\"ACME_KEY\", \"ACME\"]", "[\"A\", \"B\", \"C\", \"D\", \"E\", \"F\"]" },
	{ "\"supports\": { \"streaming\": true, \"vision\": false },", "" },
	{ "\"chat\": { \"url\": \"https://api.acme.test/v1/chat\" },", "" },
	{ "\"rows\": \"/data\", \"total\": \"/total\", \"next\": \"/next\",", "" },
	{ "\"capabilities\": {", "\"capabilities\": { \"streaming\": \"\"," },
	{ "\"keep\": { \"family\": \"/family\" }", "\"keep\": {}" },
	{ "\"noise\": 12", "\"noise\": 17" },
	{ "\"noise\": 12", "\"noise\": 1" },
	{ "\"-1\": \"dynamic\"", "\"-1\": \"dynamic\", \"0\": \"unpublished\", \"1e6\": \"free\"" },
	{ "\"condition\": \"[1h]\"", "\"condition\": \"[10:00-01:00Z][>200000][batch]\"" },
	{ "\"unix\"", "\"unix_ms\"" },
	{ "\"unix\"", "\"rfc3339\"" },
	{ "\"unix\"", "\"date\"" },
	{ "\"unix\"", "\"unix_or_rfc3339\"" },
	{ "\"name\": \"/name\"",
	  "\"name\": { \"at\": [\"/name\", \"/n\"], \"words\": { \"a\": \"b\", \"c\": null } }" },
	{ "[\"/context\", \"/limits/context\"]", "{ \"at\": \"/context\", \"absent\": \"0\" }" },
	{ "\"has\": \"image\" },", "\"mentions\": \"image\" }," },
	{ "\"has\": \"image\" },", "\"is\": [\"image\", \"both\"] }," },
	{ "\"noise\": 9,", "\"when\": \"/sold\"," },
	{ "\"noise\": 9,", "\"per\": \"/count\"," },
	{ "\"noise\": 9,", "\"less\": \"/off\"," },
	{ "\"noise\": 9,",
	  "\"less\": \"/off\", \"until\": { \"at\": \"/end\", \"format\": \"date\" }," },
	{ "\"noise\": 9,",
	  "\"tiers\": { \"at\": \"/t\", \"cost\": \"/c\", \"from\": \"/f\", \"to\": \"/e\" }," },
	{ "{ \"meter\": \"output_token\", \"at\": \"/pricing/out\",",
	  "{ \"meter\": \"request\", \"at\": \"/a\", \"unit\": \"USD per request\","
	  " \"when\": { \"at\": \"/type\", \"is\": [\"x\", \"y\"] } },"
	  "{ \"meter\": \"request\", \"at\": \"/b\", \"unit\": \"USD per request\","
	  " \"when\": { \"at\": \"/type\", \"is\": \"z\" } },"
	  "{ \"meter\": \"output_token\", \"at\": \"/pricing/out\"," },
	{ "\"fields\": { \"id\": \"/id\" }",
	  "\"each\": \"/more\", \"auth\": false, \"fields\": { \"id\": \"/id\", \"name\": \"../name\" },"
	  "\"closed\": \"../pricing\", \"ignore\": \"../pricing/x\"" },
	{ "[\"/pricing\"]", "[\"/pricing\", \"\"]" },
	{ "\"window\": { \"from\": \"/start\", \"to\": \"/end\", \"format\": \"HHMM\" }",
	  "\"window\": { \"from\": [\"/start\", \"/from_hour\"], \"to\": \"/end\", \"format\": \"HHMM\" }" },
	{ "\"sure\": \"A\"", "\"sure\": \"U\"" },
};

static void test_variants(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(variants); i++) {
		ARENA_AUTO(a);
		struct descriptor d;
		struct err e;

		if (!parse(with(variants[i].from, variants[i].to, &a), &a, &d, &e))
			fail_msg("%s: %s", variants[i].to, e.text);
	}
}

/* As paths of shapes, which begin at the row around. */
static void test_closed_places(void **state)
{
	ARENA_AUTO(a);
	struct descriptor d;
	struct err e;
	static const char each[] = "\"each\": \"/more\", \"fields\": { \"id\": \"/id\" },"
				   "\"closed\": [\"../pricing\", \"/price\"]";

	(void)state;
	assert_true(parse(with("\"fields\": { \"id\": \"/id\" }", each, &a), &a, &d, &e));
	assert_int_equal(d.lists[0].n_closed, 1);
	assert_string_equal(d.lists[0].closed[0].at, "/pricing");
	assert_int_equal(d.lists[1].n_closed, 2);
	assert_true(str_eq(d.lists[1].closed[0], STR("/pricing")));
	assert_true(str_eq(d.lists[1].closed[1], STR("/more/*/price")));
}

static void test_auth_forms(void **state)
{
	ARENA_AUTO(a);
	struct descriptor d;
	struct err e;

	(void)state;
	assert_true(parse(with("\"bearer\"", "\"header:X-Api-Key\"", &a), &a, &d, &e));
	assert_int_equal(d.auth, AUTH_HEADER);
	assert_string_equal(d.auth_name.at, "X-Api-Key");
	assert_true(parse(with("\"bearer\"", "\"query:key\"", &a), &a, &d, &e));
	assert_int_equal(d.auth, AUTH_QUERY);
	assert_string_equal(d.auth_name.at, "key");
}

/* ---- mistakes ---- */

/* Each names the place it is at. */
static const struct {
	const char *from, *to, *pointer, *sentence;
} mistakes[] = {
	/* unknown, missing, of the wrong type, twice */
	{ "\"slug\": \"acme\"", "\"slugs\": \"acme\"", "/slugs", "not a member known here" },
	{ "\"slug\": \"acme\",", "", "/slug", "missing" },
	{ "\"name\": \"Acme\",", "", "/name", "missing" },
	{ "\"base_url\": \"https://api.acme.test/v1\",", "", "/base_url", "missing" },
	{ "\"name\": \"Acme\"", "\"name\": 5", "/name", "is a number, expected a string" },
	{ "\"name\": \"Acme\"", "\"name\": null", "/name", "is null" },
	{ "\"name\": \"Acme\"", "\"name\": \"\"", "/name", "expected a string with content" },
	{ "\"name\": \"Acme\"", "\"name\": \"Acme\", \"name\": \"Acme\"", "/name", "stands twice" },
	{ "\"name\": \"Acme\"", "\"name\": \"Acme\", \"n\\u0061me\": \"B\"", "/name",
	  "stands twice" },
	{ "\"aliases\": [\"acme-ai\", \"acmeai\"]", "\"aliases\": [1]", "/aliases", "is a number" },
	{ "\"aliases\": [\"acme-ai\", \"acmeai\"]", "\"aliases\": {}", "/aliases", "is an object" },
	{ "[\"It sells.\", \"It lists.\"]", "[\"It sells.\", 1]", "/quirks", "is a number" },
	{ "[\"It sells.\", \"It lists.\"]", "[\"\"]", "/quirks", "without words" },
	{ "\"https://docs.acme.test\"", "1", "/docs", "is a number" },
	{ "\"acme\"", "\"Acme\"", "/slug", "lower-case" },
	{ "\"acme\"", "\"-acme\"", "/slug", "lower-case" },
	{ "\"acme\"", "\"ac me\"", "/slug", "lower-case" },
	{ "\"acme\"", "\"../acme\"", "/slug", "lower-case" },
	{ "\"acme\"", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
	  "/slug", "lower-case" },
	/* supports, auth, chat */
	{ "\"streaming\": true", "\"telepathy\": true", "/supports/telepathy", "not a member" },
	{ "\"streaming\": true", "\"streaming\": 1", "/supports/streaming",
	  "expected true or false" },
	{ "\"supports\": {", "\"supports\": [], \"x\": {", "/x", "not a member" },
	{ "\"form\": \"bearer\", ", "", "/auth/form", "missing" },
	{ "\"bearer\"", "\"basic\"", "/auth/form", "expected none, bearer" },
	{ "\"bearer\"", "\"bearer:x\"", "/auth/form", "expected none, bearer" },
	{ "\"bearer\"", "\"header\"", "/auth/form", "expected none, bearer" },
	{ "\"bearer\"", "\"none\"", "/auth/env", "none for form none" },
	{ ", \"env\": [\"ACME_KEY\", \"ACME\"]", "", "/auth/env", "expected the key's variables" },
	{ "[\"ACME_KEY\", \"ACME\"]", "[\"A\",\"B\",\"C\",\"D\",\"E\",\"F\",\"G\"]", "/auth/env",
	  "" },
	{ "\"required\": true, \"env\"", "\"required\": \"yes\", \"env\"", "/auth/required",
	  "expected true or false" },
	{ "\"chat\": { \"url\"", "\"chat\": { \"uri\"", "/chat/uri", "not a member" },
	{ "\"chat\": { \"url\": \"https://api.acme.test/v1/chat\" }", "\"chat\": {}", "/chat/url",
	  "missing" },
	{ "\"chat\": { \"url\": \"https://api.acme.test/v1/chat\" }", "\"chat\": null", "/chat",
	  "is null, expected an object" },
	/* lists */
	{ "\"name\": \"extra\"", "\"name\": \"models\"", "/lists", "two lists of one name" },
	{ "\"required\": true, \"rows\"", "\"required\": false, \"rows\"", "/lists/0",
	  "cannot be optional" },
	{ "\"url\": \"https://api.acme.test/v1/models\"", "\"url\": \"http://api.acme.test\"",
	  "/lists/0/url", "https://" },
	{ "\"url\": \"https://api.acme.test/v1/extra\"", "\"url\": \"HTTPS://api.acme.test\"",
	  "/lists/1/url", "https://" },
	{ "\"url\": \"https://api.acme.test/v1/models\",", "", "/lists/0/url", "missing" },
	{ "\"rows\": \"/data\"", "\"row\": \"/data\"", "/lists/0/row", "not a member" },
	{ "\"rows\": \"/data\"", "\"rows\": 1", "/lists/0/rows", "is a number" },
	/* fields */
	{ "\"fields\": { \"id\": \"/id\", \"name\"", "\"fields\": { \"name\"", "/lists/0/fields",
	  "needs an \"id\"" },
	{ "\"id\": \"/id\", \"name\"", "\"id\": [], \"name\"", "/lists/0/fields",
	  "needs an \"id\"" },
	{ "\"fields\": { \"id\": \"/id\" }", "\"fields\": []", "/lists/1/fields", "is an array" },
	{ "\"fields\": { \"id\": \"/id\" }", "\"keep\": {}", "/lists/1/fields",
	  "expected an object" },
	{ "\"name\": \"/name\"", "\"title\": \"/name\"", "/lists/0/fields/title", "not a member" },
	{ "\"name\": \"/name\"", "\"name\": \"name\"", "/lists/0/fields/name",
	  "not a JSON Pointer" },
	{ "\"name\": \"/name\"", "\"name\": \"/na~me\"", "/lists/0/fields/name",
	  "not a JSON Pointer" },
	{ "\"name\": \"/name\"", "\"name\": 1", "/lists/0/fields/name", "is a number" },
	{ "[\"/context\", \"/limits/context\"]", "[\"/1\",\"/2\",\"/3\",\"/4\",\"/5\"]",
	  "/lists/0/fields/context_length", "more alternatives" },
	{ "\"format\": \"unix\"", "\"format\": \"epoch\"", "/lists/0/fields/created/format",
	  "expected unix" },
	{ ", \"format\": \"unix\"", "", "/lists/0/fields/created/format", "missing" },
	{ "{ \"at\": \"/created\", \"format\": \"unix\" }", "\"/created\"",
	  "/lists/0/fields/created", "expected an object" },
	{ "\"absent\": [\"never\"]", "\"absent\": [null]", "/lists/0/fields/deprecated_at/absent",
	  "is null" },
	/* capabilities, keep */
	{ "\"reasoning\": \"/reasons\"", "\"thinking\": \"/reasons\"",
	  "/lists/0/capabilities/thinking", "is not a capability" },
	{ "\"reasoning\": \"/reasons\"", "\"reasoning\": true", "/lists/0/capabilities/reasoning",
	  "is a boolean" },
	{ "\"reasoning\": \"/reasons\"", "\"reasoning\": \"reasons\"",
	  "/lists/0/capabilities/reasoning", "not a JSON Pointer" },
	{ "\"has\": \"image\" },", "\"equals\": \"image\" },",
	  "/lists/0/capabilities/vision/equals", "not a member" },
	{ "\"at\": \"/inputs\", \"has\": \"image\" },", "\"has\": \"image\" },",
	  "/lists/0/capabilities/vision/at", "missing" },
	{ "\"capabilities\": {", "\"capabilities\": [], \"x\": {", "/lists/0/x", "not a member" },
	{ "\"family\": \"/family\"", "\"family\": 1", "/lists/0/keep/family",
	  "expected a JSON Pointer" },
	{ "\"family\": \"/family\"", "\"family\": \"family\"", "/lists/0/keep/family",
	  "not a JSON Pointer" },
	/* prices */
	{ "\"input_token\"", "\"input_tokens\"", "/lists/0/prices/0/meter", "is not a meter" },
	{ "\"meter\": \"input_token\",", "", "/lists/0/prices/0/meter", "missing" },
	{ "\"at\": \"/pricing/in\",", "", "/lists/0/prices/0/at", "missing" },
	{ "\"at\": \"/pricing/in\"", "\"at\": \"pricing/in\"", "/lists/0/prices/0",
	  "JSON Pointer" },
	{ "\"at\": \"/pricing/in\"", "\"from\": \"/pricing/in\"", "/lists/0/prices/0/from",
	  "not a member" },
	{ "\"unit\": \"USD per token\", ", "", "/lists/0/prices/0", "needs a \"unit\"" },
	{ "\"unit\": \"USD per token\"", "\"unit\": \"USD/token\"", "/lists/0/prices/0",
	  "USD/token" },
	{ "\"USD per 1M tokens\"", "\"USD per 1M images\"", "/lists/0/prices/1",
	  "charged per token" },
	{ "\"USD per 1M tokens\"", "\"USD per M tokens\"", "/lists/0/prices/1", "not a number" },
	{ "\"condition\": \"[1h]\"", "\"condition\": \"1h\"", "/lists/0/prices/3",
	  "not a condition" },
	{ "\"condition\": \"[1h]\"", "\"condition\": \"[60m]\"", "/lists/0/prices/3",
	  "not a condition" },
	{ "\"condition\": \"[1h]\"", "\"condition\": \"[batch][1h]\"", "/lists/0/prices/3",
	  "not sorted" },
	{ "\"required\": true }", "\"required\": 1 }", "/lists/0/prices/0/required",
	  "expected true or false" },
	{ "\"noise\": 9", "\"noise\": 0", "/lists/0/prices/1/noise", "from 1 to 17" },
	{ "\"noise\": 9", "\"noise\": 18", "/lists/0/prices/1/noise", "from 1 to 17" },
	{ "\"noise\": 9", "\"noise\": \"9\"", "/lists/0/prices/1/noise", "from 1 to 17" },
	{ "\"noise\": 12", "\"noise\": 1.5", "/lists/0/price_defaults/noise", "from 1 to 17" },
	{ "\"times\": \"/pricing/in\"", "\"times\": \"in\"", "/lists/0/prices/2/times",
	  "JSON Pointer" },
	{ "\"times\": \"/pricing/in\"", "\"times\": 2", "/lists/0/prices/2/times", "is a number" },
	{ "\"-1\": \"dynamic\"", "\"-1\": \"auto\"", "/lists/0/price_defaults/sentinels",
	  "expected dynamic, unpublished or free" },
	{ "\"-1\": \"dynamic\"", "\"-1\": 0", "/lists/0/price_defaults/sentinels",
	  "expected dynamic" },
	{ "\"-1\": \"dynamic\"", "\"minus\": \"dynamic\"", "/lists/0/price_defaults/sentinels",
	  "not a number" },
	{ "\"-2\": \"unpublished\"", "\"\": \"free\"", "/lists/0/prices/1/sentinels",
	  "not a number" },
	{ "{ \"-1\": \"dynamic\" }", "[\"-1\"]", "/lists/0/price_defaults/sentinels",
	  "expected an object" },
	{ "\"zero_unpublished_unless\": {", "\"zero_unpublished_unless\": { \"x\": 1,",
	  "/lists/0/prices/4/zero_unpublished_unless/x", "not a member" },
	{ "\"output_token\"", "\"input_token\"", "/lists/0/prices",
	  "prices 0 and 1 have the same" },
	{ "\"condition\": \"[1h]\" }",
	  "\"condition\": \"[1h]\" }, { \"meter\": \"cache_write_token\","
	  " \"at\": \"/pricing/other\", \"condition\": \"[1h]\" }",
	  "/lists/0/prices", "prices 3 and 4 have the same" },
	{ "\"prices\": [", "\"prices\": {}, \"x\": [", "/lists/0/x", "not a member" },
	/* what a price may say of its row */
	{ "\"noise\": 9,", "\"when\": { \"at\": \"/type\" , \"iz\": \"x\" },",
	  "/lists/0/prices/1/when/iz", "not a member" },
	{ "\"noise\": 9,", "\"when\": { \"is\": \"x\" },", "/lists/0/prices/1/when/at", "missing" },
	{ "\"noise\": 9,", "\"when\": { \"at\": \"/type\", \"is\": [] },",
	  "/lists/0/prices/1/when/is", "expected a word" },
	{ "\"noise\": 9,", "\"when\": { \"at\": \"/type\", \"is\": [1] },",
	  "/lists/0/prices/1/when/is", "is a number" },
	{ "\"noise\": 9,", "\"when\": { \"at\": \"/t\", \"has\": [] },",
	  "/lists/0/prices/1/when/has", "expected a word" },
	{ "\"noise\": 9,", "\"when\": { \"at\": \"/t\", \"has\": \"x\", \"mentions\": \"y\" },",
	  "/lists/0/prices/1/when", "one question" },
	{ "\"noise\": 9,", "\"when\": { \"at\": \"../t\", \"is\": \"x\" },",
	  "/lists/0/prices/1/when", "not a JSON Pointer" },
	{ "\"noise\": 9,", "\"per\": [\"w\"],", "/lists/0/prices/1/per", "not a JSON Pointer" },
	{ "\"noise\": 9,", "\"per\": [\"/1\", \"/2\", \"/3\", \"/4\", \"/5\"],",
	  "/lists/0/prices/1/per", "more factors" },
	{ "\"noise\": 9,", "\"less\": \"off\",", "/lists/0/prices/1/less", "not a JSON Pointer" },
	{ "\"noise\": 9,", "\"until\": { \"at\": \"/end\", \"format\": \"unix\" },",
	  "/lists/0/prices/1/until", "there is none" },
	{ "\"noise\": 9,", "\"tiers\": { \"at\": \"/t\", \"cost\": \"/c\", \"from\": \"/f\" },",
	  "/lists/0/prices/1/tiers", "\"to\"" },
	{ "\"noise\": 9,", "\"tiers\": { \"at\": \"/t\", \"from\": \"/f\", \"to\": \"/t\" },",
	  "/lists/0/prices/1/tiers/cost", "missing" },
	{ "\"noise\": 9,", "\"tiers\": [],", "/lists/0/prices/1/tiers", "is an array" },
	{ "\"output_token\", \"at\": \"/pricing/out\",",
	  "\"input_token\", \"at\": \"/pricing/out\", \"when\": { \"at\": \"/type\", \"is\": \"x\" },",
	  "/lists/0/prices", "prices 0 and 1 have the same" },
	/* words, counts */
	{ "\"name\": \"/name\"", "\"name\": { \"at\": \"/name\", \"words\": {} }",
	  "/lists/0/fields/name/words", "at least one" },
	{ "\"name\": \"/name\"", "\"name\": { \"at\": \"/name\", \"words\": { \"a\": 1 } }",
	  "/lists/0/fields/name/words/a", "our word" },
	{ "\"name\": \"/name\"", "\"name\": { \"words\": { \"a\": \"b\" } }",
	  "/lists/0/fields/name", "needs an \"at\"" },
	{ "\"name\": \"/name\"", "\"name\": { \"at\": \"/name\" }", "/lists/0/fields/name",
	  "expected \"words\" or \"strip\"" },
	{ "[\"/context\", \"/limits/context\"]", "{ \"absent\": [\"0\"] }",
	  "/lists/0/fields/context_length", "needs an \"at\"" },
	/* rows in rows, the key */
	{ "\"fields\": { \"id\": \"/id\" }",
	  "\"each\": \"/more\", \"fields\": { \"id\": \"../id\" }", "/lists/1/fields/id",
	  "in the row around" },
	{ "\"fields\": { \"id\": \"/id\" }", "\"each\": \"more\", \"fields\": { \"id\": \"/id\" }",
	  "/lists/1/each", "not a JSON Pointer" },
	{ "\"fields\": { \"id\": \"/id\" }", "\"auth\": 0, \"fields\": { \"id\": \"/id\" }",
	  "/lists/1/auth", "expected true or false" },
	/* overrides */
	{ "\"keys_of\": \"/pricing\"", "\"keys_of\": \"/prices\"", "/lists/0/overrides",
	  "names no prices" },
	{ "\"keys_of\": \"/pricing\",", "", "/lists/0/overrides/keys_of", "missing" },
	{ "\"at\": \"/pricing/tiers\",", "", "/lists/0/overrides/at", "missing" },
	{ "\"conditions\": {", "\"condition\": {", "/lists/0/overrides/condition", "not a member" },
	{ "\"above\": \"/above\"", "\"over\": \"/above\"", "/lists/0/overrides/conditions/over",
	  "not a member" },
	{ "\"above\": \"/above\"", "\"above\": \"above\"", "/lists/0/overrides/conditions/above",
	  "JSON Pointer" },
	{ "\"HHMM\"", "\"HH:MM\"", "/lists/0/overrides/conditions/window", "\"HHMM\"" },
	{ "\"to\": \"/end\", ", "", "/lists/0/overrides/conditions/window", "\"to\"" },
	{ ", \"format\": \"HHMM\"", "", "/lists/0/overrides/conditions/window/format", "missing" },
	/* closed, ignore */
	{ "[\"/pricing\"]", "[\"pricing\"]", "/lists/0/closed", "JSON Pointer" },
	{ "[\"/pricing\"]", "[1]", "/lists/0/closed/0", "expected a JSON Pointer" },
	{ "\"/pricing/discount\"", "\"discount\"", "/lists/0/ignore", "JSON Pointer" },
	/* facts */
	{ "\"sure\": \"A\"", "\"sure\": \"D\"", "/facts/0/sure", "expected A, B, C or U" },
	{ "\"sure\": \"A\"", "\"sure\": \"AB\"", "/facts/0/sure", "expected A, B, C or U" },
	{ "\"sure\": \"A\"", "\"sure\": \"a\"", "/facts/0/sure", "expected A, B, C or U" },
	{ "\"sure\": \"A\", ", "", "/facts/0/sure", "missing" },
	{ ", \"since\": \"2026-01-01\"", "", "/facts/0/since", "missing" },
	{ "\"source\": \"a captured list\"", "\"sources\": \"x\"", "/facts/0/sources",
	  "not a member" },
};

static void assert_refused(struct str json, const char *what, const char *pointer,
			   const char *sentence)
{
	ARENA_AUTO(a);
	struct descriptor d = { .slug = STR("untouched") };
	struct err e = { .kind = ERR_NONE };
	BUF_AUTO(begin, 200);

	if (parse(json, &a, &d, &e))
		fail_msg("accepted: %s", what);
	buf_printf(&begin, "acme.json: %s", pointer);
	if (!str_starts(str_of(e.text), buf_str(&begin)) || !strstr(e.text, sentence))
		fail_msg("%s: \"%s\" does not say %s ... %s", what, e.text, pointer, sentence);
	/* Good JSON with a mistake in it is always the user's file; bad JSON may be called either. */
	if (e.kind != ERR_CONFIG && !(e.kind == ERR_PARSE && strstr(e.text, "not valid JSON")))
		fail_msg("%s: \"%s\" is of kind %s", what, e.text, err_kind_name(e.kind));
	assert_string_equal(d.slug.at, "untouched");
}

static void assert_mistake(const char *from, const char *to, const char *pointer,
			   const char *sentence)
{
	ARENA_AUTO(a);

	assert_refused(with(from, to, &a), to, pointer, sentence);
}

static void test_mistakes(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(mistakes); i++)
		assert_mistake(mistakes[i].from, mistakes[i].to, mistakes[i].pointer,
			       mistakes[i].sentence);
}

/* The frame's pointers are checked like all others: a wrong "total" would silently not be looked at. */
static void test_pointers_of_the_frame(void **state)
{
	(void)state;
	assert_mistake("\"/data\"", "\"data\"", "/lists/0/rows", "JSON Pointer");
	assert_mistake("\"/total\"", "\"total\"", "/lists/0/total", "JSON Pointer");
	assert_mistake("\"/next\"", "\"ne~xt\"", "/lists/0/next", "JSON Pointer");
}

/* ---- pages ---- */

#define PAGES(inside) "\"pages\": " inside ", \"rows\": \"/data\""

static void assert_pages(const char *inside, struct pages want)
{
	ARENA_AUTO(a);
	struct str text = arena_printf(&a, PAGES("%s"), inside);
	struct descriptor d;
	const struct pages *p;
	struct err e;

	if (!parse(with("\"rows\": \"/data\"", text.at, &a), &a, &d, &e))
		fail_msg("%s: %s", inside, e.text);
	p = &d.lists[0].pages;
	assert_int_equal(p->form, want.form);
	assert_true(str_same(p->next, want.next) && str_same(p->more, want.more));
	assert_true(str_same(p->parameter, want.parameter));
	assert_true(str_same(p->total_pages, want.total_pages));
	assert_int_equal(p->first, want.first);
	assert_int_equal(d.lists[1].pages.form, PAGES_NONE);
}

static void test_pages(void **state)
{
	(void)state;
	assert_pages("{ \"form\": \"token\", \"next\": \"/n\", \"parameter\": \"p\" }",
		     (struct pages){ .form = PAGES_TOKEN,
				     .next = STR("/n"),
				     .parameter = STR("p"),
				     .first = 1 });
	assert_pages("{ \"form\": \"token\", \"next\": \"/n\", \"parameter\": \"p\","
		     " \"more\": \"/m\" }",
		     (struct pages){ .form = PAGES_TOKEN,
				     .next = STR("/n"),
				     .more = STR("/m"),
				     .parameter = STR("p"),
				     .first = 1 });
	assert_pages("{ \"form\": \"number\", \"parameter\": \"p\" }",
		     (struct pages){ .form = PAGES_NUMBER, .parameter = STR("p"), .first = 1 });
	assert_pages("{ \"form\": \"number\", \"parameter\": \"p\", \"first\": 0,"
		     " \"total_pages\": \"/t\" }",
		     (struct pages){ .form = PAGES_NUMBER,
				     .parameter = STR("p"),
				     .total_pages = STR("/t") });
	assert_pages("{ \"form\": \"url\", \"next\": \"/links/next\" }",
		     (struct pages){ .form = PAGES_URL, .next = STR("/links/next"), .first = 1 });
	assert_pages("{ \"form\": \"link\" }", (struct pages){ .form = PAGES_LINK, .first = 1 });
}

static void test_mistakes_in_pages(void **state)
{
	static const struct {
		const char *inside, *pointer, *sentence;
	} wrong[] = {
		{ "5", "", "is a number" },
		{ "\"link\"", "", "is a string" },
		{ "{}", "/form", "token, number, url, link or ids" },
		{ "{ \"form\": \"cursor\" }", "/form", "token, number, url, link or ids" },
		{ "{ \"form\": \"link\", \"form\": \"url\" }", "/form", "stands twice" },
		{ "{ \"form\": \"link\", \"next\": \"/n\" }", "/next", "not a member" },
		{ "{ \"form\": \"url\" }", "/next", "missing" },
		{ "{ \"form\": \"url\", \"next\": \"n\" }", "/next", "JSON Pointer" },
		{ "{ \"form\": \"url\", \"next\": \"/n\", \"more\": \"/m\" }", "/more",
		  "not a member" },
		{ "{ \"form\": \"token\", \"next\": \"/n\" }", "/parameter", "missing" },
		{ "{ \"form\": \"token\", \"parameter\": \"p\" }", "/next", "missing" },
		{ "{ \"form\": \"number\" }", "/parameter", "missing" },
		{ "{ \"form\": \"number\", \"parameter\": \"p\", \"first\": -1 }", "/first",
		  "number of the first page" },
		{ "{ \"form\": \"number\", \"parameter\": \"p\", \"first\": \"1\" }", "/first",
		  "number of the first page" },
		{ "{ \"form\": \"number\", \"parameter\": \"p\", \"total_pages\": 3 }",
		  "/total_pages", "is a number" },
		{ "{ \"form\": \"number\", \"parameter\": \"p\", \"size\": 3 }", "/size",
		  "not a member" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(wrong); i++) {
		ARENA_AUTO(a);

		assert_mistake("\"rows\": \"/data\"",
			       arena_printf(&a, PAGES("%s"), wrong[i].inside).at,
			       arena_printf(&a, "/lists/0/pages%s", wrong[i].pointer).at,
			       wrong[i].sentence);
	}
}

/* A member of free name that stands twice would lose the first one. */
static void test_duplicates_of_free_names(void **state)
{
	(void)state;
	assert_mistake("\"reasoning\": \"/reasons\"",
		       "\"reasoning\": \"/reasons\", \"reasoning\": \"/thinks\"",
		       "/lists/0/capabilities/reasoning", "stands twice");
	assert_mistake("\"family\": \"/family\"", "\"family\": \"/family\", \"family\": \"/kin\"",
		       "/lists/0/keep/family", "stands twice");
	assert_mistake("\"-1\": \"dynamic\"", "\"-1\": \"dynamic\", \"-1\": \"free\"",
		       "/lists/0/price_defaults/sentinels", "stands twice");
	assert_mistake("\"-1\": \"dynamic\"", "\"-1\": \"dynamic\", \"-1.0\": \"free\"",
		       "/lists/0/price_defaults/sentinels", "twice");
}

static void test_dates_need_a_place(void **state)
{
	(void)state;
	assert_mistake("{ \"at\": \"/created\", \"format\": \"unix\" }", "{ \"format\": \"unix\" }",
		       "/lists/0/fields/created", "at");
}

static void test_auth_needs_a_name(void **state)
{
	(void)state;
	assert_mistake("\"bearer\"", "\"header:\"", "/auth/form", "");
	assert_mistake("\"bearer\"", "\"query:\"", "/auth/form", "");
	assert_mistake("\"bearer\"", "\"header:X Key\"", "/auth/form", "");
	assert_mistake("\"bearer\"", "\"header:X\\r\\nY\"", "/auth/form", "");
	assert_mistake("[\"ACME_KEY\", \"ACME\"]", "[\"\"]", "/auth/env", "");
}

static void test_lists_and_facts_are_lists(void **state)
{
	static const char *const lists[] = { "[]", "{}", "null", "\"models\"", "5" };

	(void)state;
	for (size_t i = 0; i < LENGTH(lists); i++) {
		ARENA_AUTO(a);
		const char *at = strstr(good, "\"lists\": [");

		assert_refused(arena_printf(&a, "%.*s\"lists\": %s }", (int)(at - good), good,
					    lists[i]),
			       lists[i], "/lists", "expected");
	}
	for (size_t i = 1; i < LENGTH(lists); i++) {
		ARENA_AUTO(a);
		const char *at = strstr(good, "\"facts\": [");

		assert_refused(arena_printf(&a, "%.*s\"facts\": %s }", (int)(at - good), good,
					    lists[i]),
			       lists[i], "/facts", "expected");
	}
}

static void test_not_an_object(void **state)
{
	static const char *const documents[] = { "[]", "null", "\"acme\"", "5", "true" };

	(void)state;
	for (size_t i = 0; i < LENGTH(documents); i++)
		assert_refused(str_of(documents[i]), documents[i], "", "expected an object");
	assert_refused(STR("{}"), "{}", "/slug", "missing");
}

static void test_not_json(void **state)
{
	static const char *const documents[] = { "", "{", "{\"slug\":}", "slug: acme" };

	(void)state;
	for (size_t i = 0; i < LENGTH(documents); i++)
		assert_refused(str_of(documents[i]), documents[i], "", "not valid JSON");
}

/* What a stranger's keys hold must not garble the sentence. */
static void test_sentence_is_one_clean_line(void **state)
{
	static const struct {
		const char *from, *to;
	} cases[] = {
		{ "\"slug\": \"acme\"", "\"s\\u001b[31m\\nlug\": \"acme\"" },
		{ "\"reasoning\": \"/reasons\"", "\"rea\\nsoning\": \"/reasons\"" },
		{ "\"family\": \"/family\"", "\"fam\\nily\": 1" },
		{ "\"family\": \"/family\"", "\"fam\xffily\": 1" },
		{ "\"/name\"", "\"na\\nme\"" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		ARENA_AUTO(a);
		struct descriptor d;
		struct err e;

		assert_false(parse(with(cases[i].from, cases[i].to, &a), &a, &d, &e));
		for (const char *at = e.text; *at; at++)
			if (*at < 0x20 || *at == 0x7f)
				fail_msg("byte %02x in: %s", (unsigned char)*at, cases[i].to);
	}
}

/* More than any plan or place has room for is refused, not cut. */
static void test_oversize(void **state)
{
	BUF_AUTO(members, 1 << 20);
	ARENA_AUTO(a);
	struct descriptor d;
	struct err e;

	(void)state;
	buf_printf(&members, "\"keep\": { \"k\": \"/k\"");
	for (int i = 0; i < 400; i++)
		buf_printf(&members, ", \"k%d\": \"/k%d\"", i, i);
	buf_printf(&members, " }");
	assert_false(
		parse(with("\"keep\": { \"family\": \"/family\" }", members.at, &a), &a, &d, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_true(str_starts(str_of(e.text), STR("acme.json: /lists/0/keep/k")));
}

/* A required key that no list is sent is a mistake; one list without it beside one with is none. */
static void test_keyless_lists(void **state)
{
	ARENA_AUTO(a);
	struct descriptor d;
	struct err e;

	(void)state;
	assert_refused(STR("{\"slug\":\"acme\",\"name\":\"Acme\",\"base_url\":\"https://a.test\","
			   "\"auth\":{\"form\":\"bearer\",\"required\":true,\"env\":\"ACME_KEY\"},"
			   "\"lists\":[{\"name\":\"models\",\"url\":\"https://a.test/models\","
			   "\"auth\":false,\"fields\":{\"id\":\"/id\"}}]}"),
		       "auth", "/auth/required", "no list is asked");
	assert_true(parse(with("\"required\": false,", "\"required\": false, \"auth\": false,", &a),
			  &a, &d, &e));
	assert_true(d.lists[0].keyed);
	assert_false(d.lists[1].keyed);
}

/* The hash is that of the file: one blank more is another descriptor. */
static void test_hash(void **state)
{
	ARENA_AUTO(a);
	struct descriptor d;
	struct descriptor blank;
	struct hash h;
	struct err e;

	(void)state;
	assert_true(parse(STR(good), &a, &d, &e));
	hash_bytes(good, sizeof(good) - 1, &h);
	assert_true(hash_eq(&d.hash, &h));
	assert_true(parse(with("\"slug\": \"acme\"", "\"slug\":  \"acme\"", &a), &a, &blank, &e));
	assert_false(hash_eq(&d.hash, &blank.hash));
}

/* ---- the built-in ones ---- */

static void test_built_in(void **state)
{
	ARENA_AUTO(a);
	struct registry r;
	struct err e;

	(void)state;
	if (!registry_load(NULL, &a, &r, &e))
		fail_msg("%s", e.text);
	assert_int_equal(r.n, registry_builtins_n);
	assert_true(r.n > 0);
	for (size_t i = 0; i < r.n; i++) {
		const struct descriptor *d = &r.items[i];

		if (i > 0)
			assert_true(str_cmp(r.items[i - 1].slug, d->slug) < 0);
		assert_ptr_equal(registry_find(&r, d->slug), d);
		for (size_t k = 0; k < d->n_aliases; k++)
			assert_ptr_equal(registry_find(&r, d->aliases[k]), d);
		assert_true(d->n_facts > 0);
		for (size_t k = 0; k < d->n_facts; k++) {
			int64_t ms;

			assert_non_null(strchr("ABCU", d->facts[k].sure.at[0]));
			assert_true(d->facts[k].source.n > 0);
			assert_true(clock_parse(d->facts[k].since, &ms, &e));
		}
	}
	assert_null(registry_find(&r, STR("nosuch")));
	assert_null(registry_find(&r, STR("")));
}

/* Built in under the name of their slug. */
static void test_built_in_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < registry_builtins_n; i++) {
		ARENA_AUTO(a);
		struct str json = { registry_builtins[i].json, registry_builtins[i].n };
		struct descriptor d;
		struct err e;

		if (!descriptor_parse(json, str_of(registry_builtins[i].name), &a, &d, &e))
			fail_msg("%s", e.text);
		assert_true(str_starts(str_of(registry_builtins[i].name), d.slug));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_closed_places),
		cmocka_unit_test(test_prices_of_good),
		cmocka_unit_test(test_lives_in_the_arena),
		cmocka_unit_test(test_variants),
		cmocka_unit_test(test_auth_forms),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_pointers_of_the_frame),
		cmocka_unit_test(test_duplicates_of_free_names),
		cmocka_unit_test(test_dates_need_a_place),
		cmocka_unit_test(test_auth_needs_a_name),
		cmocka_unit_test(test_lists_and_facts_are_lists),
		cmocka_unit_test(test_not_an_object),
		cmocka_unit_test(test_not_json),
		cmocka_unit_test(test_sentence_is_one_clean_line),
		cmocka_unit_test(test_oversize),
		cmocka_unit_test(test_keyless_lists),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_mistakes_in_pages),
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_built_in),
		cmocka_unit_test(test_built_in_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
