#include "unit.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/utf8.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define FFFD          "\xef\xbf\xbd"
#define BYTES(s)                   \
	{                          \
		(s), sizeof(s) - 1 \
	}

/* In place, in a block of the exact size that the header asks for. */
struct in_place {
	char *bytes;
	yyjson_doc *doc;
};

static bool in_place_read(struct in_place *p, struct str text, struct err *e)
{
	p->doc = NULL;
	p->bytes = malloc(text.n + YYJSON_PADDING_SIZE);
	assert_non_null(p->bytes);
	if (text.n)
		memcpy(p->bytes, text.at, text.n);
	memset(p->bytes + text.n, 0, YYJSON_PADDING_SIZE);
	return json_read_insitu(p->bytes, text.n, &p->doc, e);
}

static void in_place_free(struct in_place *p)
{
	yyjson_doc_free(p->doc);
	free(p->bytes);
}

/* ---- reading ---- */

static const struct str refused[] = {
	BYTES(""),
	BYTES(" "),
	BYTES("\n"),
	BYTES("nul"),
	BYTES("True"),
	BYTES("NaN"),
	BYTES("Infinity"),
	BYTES("-"),
	BYTES("+1"),
	BYTES("01"),
	BYTES("1."),
	BYTES(".5"),
	BYTES("1e"),
	BYTES("0x1"),
	BYTES("'a'"),
	BYTES("\"a"),
	BYTES("\"\\x\""),
	BYTES("\"\\u12\""),
	BYTES("["),
	BYTES("[1"),
	BYTES("[1,]"),
	BYTES("[1 2]"),
	BYTES("[1]]"),
	BYTES("[1] [2]"),
	BYTES("{"),
	BYTES("{\"a\"}"),
	BYTES("{\"a\":}"),
	BYTES("{\"a\":1,}"),
	BYTES("{a:1}"),
	BYTES("{1:2}"),
	BYTES("[1}"),
	BYTES("// no comments\n1"),
	BYTES("1 /* none */"),
	BYTES("\xef\xbb\xbf{}"), /* a byte order mark */
	BYTES("<html>"),
	BYTES("\0"),
	BYTES("1\0"),
};

static void test_refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(refused); i++) {
		struct err e = { .kind = ERR_NONE };
		yyjson_doc *doc = NULL;
		struct in_place p;

		if (json_read(refused[i], &doc, &e))
			fail_msg("accepted: %.*s", STR_FMT(refused[i]));
		assert_int_equal(e.kind, ERR_PARSE);
		assert_non_null(strstr(e.text, "not valid JSON: "));
		assert_null(doc);
		e.kind = ERR_NONE;
		assert_false(in_place_read(&p, refused[i], &e));
		assert_int_equal(e.kind, ERR_PARSE);
		assert_null(p.doc);
		in_place_free(&p);
	}
}

static void test_ends_early(void **state)
{
	static const char whole[] = "{\"a\":[1,-2.5e3,\"x\\u00e9\\n\",true,null,{\"b\":{}}]}";

	(void)state;
	for (size_t n = 0; n + 1 < sizeof(whole); n++)
		assert_true(json_ends_early((struct str){ whole, n }));
	assert_false(json_ends_early(STR(whole)));
	assert_false(json_ends_early(STR("{\"a\":}")));
	assert_false(json_ends_early(STR("[1,]")));
	assert_false(json_ends_early(STR("[1] x")));
	assert_false(json_ends_early(STR("nil")));
}

static void test_error_names_the_place(void **state)
{
	yyjson_doc *doc = NULL;
	struct err e;

	(void)state;
	assert_false(json_read(STR("{\"a\":1,\n \"b\":x}"), &doc, &e));
	assert_non_null(strstr(e.text, "at byte 13"));
}

/* Digit for digit, whatever a double would make of it. */
static const char *const numbers[] = {
	"0",
	"-0",
	"0.0",
	"0.50",
	"-1",
	"1E+2",
	"5e-07",
	"0.00000008333333333333334",
	"0.1000000000000000055511151231257827021181583404541015625",
	"123456789012345678901234567890",
	"9223372036854775808",
	"-9223372036854775809",
	"1e400",
	"1e-400",
	"0.30000000000000000000000000000000000000000000000000001",
};

static void test_numbers_stay_raw(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(numbers); i++) {
		BUF_AUTO(text, 200);
		BUF_AUTO(back, 200);
		JSON_DOC_AUTO(doc);
		struct err e;
		yyjson_val *v;

		buf_printf(&text, "{\"n\":%s,\"s\":\"%s\"}", numbers[i], numbers[i]);
		if (!json_read(buf_str(&text), &doc, &e))
			fail_msg("%s", e.text);
		v = yyjson_obj_get(yyjson_doc_get_root(doc), "n");
		assert_string_equal(json_type(v), "a number");
		assert_true(str_eq(json_raw(v), str_of(numbers[i])));
		v = yyjson_obj_get(yyjson_doc_get_root(doc), "s");
		assert_string_equal(json_type(v), "a string");
		assert_true(str_eq(json_raw(v), str_of(numbers[i])));
		json_add_value(&back, yyjson_doc_get_root(doc));
		assert_string_equal(buf_str(&back).at, buf_str(&text).at);
	}
}

static void test_types(void **state)
{
	static const struct {
		const char *json, *type;
	} cases[] = {
		{ "null", "null" },   { "true", "a boolean" }, { "false", "a boolean" },
		{ "1", "a number" },  { "1.5", "a number" },   { "\"\"", "a string" },
		{ "[]", "an array" }, { "{}", "an object" },
	};

	(void)state;
	assert_string_equal(json_type(NULL), "nothing");
	assert_true(str_is_none(json_raw(NULL)));
	for (size_t i = 0; i < LENGTH(cases); i++) {
		ARENA_AUTO(a);
		JSON_DOC_AUTO(doc);
		struct err e;
		yyjson_val *v;

		assert_true(json_read(str_of(cases[i].json), &doc, &e));
		v = yyjson_doc_get_root(doc);
		assert_string_equal(json_type(v), cases[i].type);
		assert_int_equal(str_is_none(json_str(v, &a)),
				 strcmp(cases[i].type, "a string") != 0);
		assert_int_equal(str_is_none(json_raw(v)),
				 strcmp(cases[i].type, "a string") != 0 &&
					 strcmp(cases[i].type, "a number") != 0);
	}
}

/* One bad byte in a text does not cost the document. */
static const struct {
	struct str json, text;
} texts[] = {
	{ BYTES("\"\""), BYTES("") },
	{ BYTES("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), BYTES("\"\\/\b\f\n\r\t") },
	{ BYTES("\"\\u00e4\\u20ac\\ud83d\\ude00\""),
	  BYTES("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80") },
	{ BYTES("\"na\xc3\xafve\""), BYTES("na\xc3\xafve") },
	{ BYTES("\"\x7f\""), BYTES("\x7f") },
	/* control characters as they are: not JSON, and tolerated with the rest */
	{ BYTES("\"a\nb\x1f\""), BYTES("a\nb\x1f") },
	{ BYTES("\"a\0b\""), BYTES("a" FFFD "b") },
	/* not clean: replaced when it is taken */
	{ BYTES("\"a\\u0000b\""), BYTES("a" FFFD "b") },
	{ BYTES("\"a\xff"
		"b\""),
	  BYTES("a" FFFD "b") },
	{ BYTES("\"a\xc3\""), BYTES("a" FFFD) },
	{ BYTES("\"\xc0\xaf\""), BYTES(FFFD FFFD) },
	{ BYTES("\"\xed\xa0\x80\""), BYTES(FFFD FFFD FFFD) },
};

static void test_strings_are_cleaned(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(texts); i++) {
		ARENA_AUTO(a);
		struct in_place p;
		struct err e;
		struct str s;

		if (!in_place_read(&p, texts[i].json, &e))
			fail_msg("%s", e.text);
		s = json_str(yyjson_doc_get_root(p.doc), &a);
		assert_int_equal(s.n, texts[i].text.n);
		assert_memory_equal(s.at, texts[i].text.at, s.n);
		in_place_free(&p);
	}
}

/* Escaped halves of surrogate pairs: read or refused, never passed on. */
static void test_lone_surrogates(void **state)
{
	static const char *const cases[] = {
		"\"\\ud800\"",        "\"\\udc00\"",    "\"\\ud800x\"",
		"\"\\ude00\\ud83d\"", "\"\\ud800\\n\"", "\"\\ud800\\u0041\"",
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		ARENA_AUTO(a);
		JSON_DOC_AUTO(doc);
		struct err e;

		if (json_read(str_of(cases[i]), &doc, &e))
			assert_true(utf8_is_clean(json_str(yyjson_doc_get_root(doc), &a)));
		else
			assert_int_equal(e.kind, ERR_PARSE);
	}
}

/* The bytes given to json_read() stay; those given in place need only live as long as the values. */
static void test_input_is_not_written_to(void **state)
{
	static const char text[] =
		"{\"a\":\"\\u00e4\\n\",\"b\":[1.50,\"x\\\\\"]}"; /* read-only memory */
	JSON_DOC_AUTO(doc);
	BUF_AUTO(out, 100);
	struct err e;

	(void)state;
	assert_true(json_read(STR(text), &doc, &e));
	json_add_value(&out, yyjson_doc_get_root(doc));
	assert_string_equal(out.at, "{\"a\":\"\xc3\xa4\\u000a\",\"b\":[1.50,\"x\\\\\"]}");
}

/* Cut anywhere, with nothing behind it but the padding. */
static void test_prefixes(void **state)
{
	static const char text[] =
		"{\"data\":[{\"id\":\"a/\\u00e4\",\"p\":-1.5e-7},[null,true,false,{}]]}";

	(void)state;
	for (size_t n = 0; n <= sizeof(text) - 1; n++) {
		struct in_place p;
		struct err e;

		assert_int_equal(in_place_read(&p, (struct str){ text, n }, &e),
				 n == sizeof(text) - 1);
		in_place_free(&p);
	}
}

/* ---- depth ---- */

enum { DEPTH = 1000000 };

static struct str deep(const char *open, const char *middle, char close, struct buf *b)
{
	for (int i = 0; i < DEPTH; i++)
		buf_add(b, open, strlen(open));
	buf_add(b, middle, strlen(middle));
	for (int i = 0; i < DEPTH; i++)
		buf_add_char(b, close);
	return buf_str(b);
}

static void assert_depth_is_no_danger(const char *open, const char *middle, char close)
{
	BUF_AUTO(text, 16 * DEPTH);
	BUF_AUTO(back, 16 * DEPTH);
	struct in_place p;
	struct err e;

	if (!in_place_read(&p, deep(open, middle, close, &text), &e))
		fail_msg("%s", e.text);
	json_add_value(&back, yyjson_doc_get_root(p.doc));
	assert_int_equal(back.n, text.n);
	assert_memory_equal(back.at, text.at, back.n);
	in_place_free(&p);
}

static void test_depth(void **state)
{
	(void)state;
	assert_depth_is_no_danger("[", "", ']');
	assert_depth_is_no_danger("{\"a\":", "1", '}');
}

static void test_depth_unclosed(void **state)
{
	static const char *const opens[] = { "[", "{\"a\":", "[{\"a\":" };

	(void)state;
	for (size_t i = 0; i < LENGTH(opens); i++) {
		BUF_AUTO(text, 16 * DEPTH);
		struct in_place p;
		struct err e;

		for (int k = 0; k < DEPTH; k++)
			buf_add(&text, opens[i], strlen(opens[i]));
		assert_false(in_place_read(&p, buf_str(&text), &e));
		assert_int_equal(e.kind, ERR_PARSE);
		in_place_free(&p);
	}
}

/* ---- writing ---- */

static void test_writes(void **state)
{
	BUF_AUTO(out, 1000);
	struct json_writer w = { .out = &out };

	(void)state;
	json_open(&w, '{');
	json_add_str(&w, "s", STR("text"));
	json_add_str(&w, "none", STR_NONE);
	json_add_str(&w, "empty", STR(""));
	json_add_i64(&w, "min", INT64_MIN);
	json_add_i64(&w, "max", INT64_MAX);
	json_add_bool(&w, "yes", true);
	json_add_bool(&w, "no", false);
	json_add_raw(&w, "raw", STR("{\"x\":[1.50]}"));
	json_add_raw(&w, "raw_none", STR_NONE);
	json_key(&w, "list");
	json_open(&w, '[');
	json_put_i64(&w, 1);
	json_put_str(&w, STR("2"));
	json_put_bool(&w, true);
	json_put_raw(&w, STR("4e0"));
	json_open(&w, '[');
	json_close(&w, ']');
	json_open(&w, '{');
	json_close(&w, '}');
	json_close(&w, ']');
	json_add_i64(&w, "last", 0);
	json_close(&w, '}');
	assert_string_equal(out.at,
			    "{\"s\":\"text\",\"none\":null,\"empty\":\"\","
			    "\"min\":-9223372036854775808,\"max\":9223372036854775807,"
			    "\"yes\":true,\"no\":false,\"raw\":{\"x\":[1.50]},\"raw_none\":null,"
			    "\"list\":[1,\"2\",true,4e0,[],{}],\"last\":0}");
}

static const struct {
	struct str text;
	const char *json;
} escapes[] = {
	{ BYTES(""), "\"\"" },
	{ BYTES("\"\\/"), "\"\\\"\\\\/\"" },
	{ BYTES("\b\t\n\f\r"), "\"\\u0008\\u0009\\u000a\\u000c\\u000d\"" },
	{ BYTES("\x01\x0b\x1f\x7f"), "\"\\u0001\\u000b\\u001f\x7f\"" },
	{ BYTES("\x1b[31mred"), "\"\\u001b[31mred\"" },
	{ BYTES("\xc3\xa4\xe2\x80\xa8\xf0\x9f\x98\x80"),
	  "\"\xc3\xa4\xe2\x80\xa8\xf0\x9f\x98\x80\"" },
	{ BYTES("</script>"), "\"</script>\"" },
	/* ill-formed */
	{ BYTES("a\0b"), "\"a" FFFD "b\"" },
	{ BYTES("\xff"), "\"" FFFD "\"" },
	{ BYTES("a\xe2\x82"), "\"a" FFFD "\"" },
	{ BYTES("\xed\xa0\x80"), "\"" FFFD FFFD FFFD "\"" },
	{ BYTES("\xc3\"\xc3"), "\"" FFFD "\\\"" FFFD "\"" },
};

static void test_escapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(escapes); i++) {
		BUF_AUTO(out, 1000);
		struct json_writer w = { .out = &out };

		json_put_str(&w, escapes[i].text);
		assert_string_equal(out.at, escapes[i].json);
	}
}

/* Each byte of each kind, written and read back. */
static void test_escapes_round_trip(void **state)
{
	char given[0x7f];

	(void)state;
	for (int i = 0; i < 0x7f; i++)
		given[i] = (char)(i + 1);
	for (size_t from = 0; from < sizeof(given); from += 13) {
		ARENA_AUTO(a);
		BUF_AUTO(out, 2000);
		JSON_DOC_AUTO(doc);
		struct json_writer w = { .out = &out };
		struct str s = { given + from, sizeof(given) - from };
		struct err e;

		json_put_str(&w, s);
		assert_true(json_read(buf_str(&out), &doc, &e));
		assert_true(str_eq(json_str(yyjson_doc_get_root(doc), &a), s));
	}
}

/* Whatever the strings hold, what is written is JSON, and from then on stays as it is. */
static void test_add_value(void **state)
{
	static const struct str values[] = {
		BYTES("{\"a\":[1,{\"b\":null}],\"c\":\"\\\"\\\\\\u0001\"}"),
		BYTES("[\"\\u0000\",\"\xff\",\"\xe2\x82\",\"\xed\xa0\x80\",\"\xf4\x90\x80\x80\"]"),
		BYTES("{\"\xff\":1,\"\\u0000\":2,\"\\\\\\u0000\\u0000\":3}"),
		BYTES("\"\xc0\""),
		BYTES("-0.0e-0"),
		BYTES("[[],{},\"\",0,true,false,null]"),
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(values); i++) {
		BUF_AUTO(once, 1000);
		BUF_AUTO(twice, 1000);
		BUF_AUTO(thrice, 1000);
		JSON_DOC_AUTO(doc);
		JSON_DOC_AUTO(again);
		JSON_DOC_AUTO(third);
		struct err e;

		if (!json_read(values[i], &doc, &e))
			fail_msg("%s", e.text);
		json_add_value(&once, yyjson_doc_get_root(doc));
		if (!json_read(buf_str(&once), &again, &e))
			fail_msg("%s", e.text);
		json_add_value(&twice, yyjson_doc_get_root(again));
		if (!json_read(buf_str(&twice), &third, &e))
			fail_msg("%s", e.text);
		json_add_value(&thrice, yyjson_doc_get_root(third));
		assert_string_equal(buf_str(&thrice).at, buf_str(&twice).at);
	}
}

/* A backslash that is a text's own, before what looks like the escape, stays. */
static void test_add_value_mends_nul(void **state)
{
	static const struct {
		const char *given, *want;
	} cases[] = {
		{ "\"a\\u0000b\"", "\"a" FFFD "b\"" },
		{ "\"\\\\u0000\"", "\"\\\\u0000\"" },
		{ "\"\\\\\\u0000\"", "\"\\\\" FFFD "\"" },
		{ "[\"\\u0000\\u0000\",\"\\u0001\"]", "[\"" FFFD FFFD "\",\"\\u0001\"]" },
		{ "{\"\\u0000\":0}", "{\"" FFFD "\":0}" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		BUF_AUTO(out, 1000);
		JSON_DOC_AUTO(doc);
		struct err e;

		assert_true(json_read(str_of(cases[i].given), &doc, &e));
		json_add_value(&out, yyjson_doc_get_root(doc));
		assert_string_equal(buf_str(&out).at, cases[i].want);
	}
}

/* As many as a body has room for: the time grows with the text, not with its square. */
static void test_add_value_of_many_nuls(void **state)
{
	enum { NULS = 300000 };
	BUF_AUTO(text, 8 * NULS);
	BUF_AUTO(out, 8 * NULS);
	JSON_DOC_AUTO(doc);
	struct err e;
	uint64_t begun;

	(void)state;
	buf_add_char(&text, '"');
	for (int i = 0; i < NULS; i++)
		buf_add(&text, "\\u0000", 6);
	buf_add_char(&text, '"');
	assert_true(json_read(buf_str(&text), &doc, &e));
	begun = clock_mono_us();
	json_add_value(&out, yyjson_doc_get_root(doc));
	assert_in_range(clock_mono_us() - begun, 0, 20000000);
	assert_int_equal(out.n, 3 * NULS + 2);
}

/* Half a pair becomes U+FFFD in as many bytes; whole pairs and backslashes stay. */
static void test_mends_surrogates(void **state)
{
	static const struct {
		const char *given, *want;
		size_t mended;
	} cases[] = {
		{ "", "", 0 },
		{ "\\", "\\", 0 },
		{ "\\u", "\\u", 0 },
		{ "\\ud83", "\\ud83", 0 },
		{ "\\ud83x", "\\ud83x", 0 },
		{ "\\ud83d\\ude00", "\\ud83d\\ude00", 0 },
		{ "\\uD83D\\uDE00", "\\uD83D\\uDE00", 0 },
		{ "\\ud7ff\\ue000", "\\ud7ff\\ue000", 0 },
		{ "\\ud800", "\\ufffd", 1 },
		{ "\\uDBFF", "\\ufffd", 1 },
		{ "\\udc00", "\\ufffd", 1 },
		{ "\\udfff!", "\\ufffd!", 1 },
		{ "\\ud83d\\n", "\\ufffd\\n", 1 },
		{ "\\ud83d\\ud83d\\ude00", "\\ufffd\\ud83d\\ude00", 1 },
		{ "\\ude00\\ud83d", "\\ufffd\\ufffd", 2 },
		{ "\\ud83d\\u0041", "\\ufffd\\u0041", 1 },
		{ "\\ud83d\\ude0", "\\ufffd\\ude0", 1 },
		{ "\\ud83d\\\\ude00", "\\ufffd\\\\ude00", 1 },
		{ "\\\\ud83d", "\\\\ud83d", 0 }, /* a backslash, then letters */
		{ "\\\\\\ud83d", "\\\\\\ufffd", 1 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		size_t n = strlen(cases[i].given);
		char *bytes = malloc(n + 1); /* nothing readable behind the end but a byte more */

		assert_non_null(bytes);
		memcpy(bytes, cases[i].given, n);
		bytes[n] = 'd';
		assert_int_equal(json_mend_surrogates(bytes, n), cases[i].mended);
		assert_int_equal(bytes[n], 'd');
		bytes[n] = '\0';
		assert_string_equal(bytes, cases[i].want);
		free(bytes);
	}
}

static void test_is_deeper(void **state)
{
	static const struct {
		const char *json;
		unsigned levels; /* the fewest that it is not deeper than */
	} cases[] = {
		{ "1", 0 },           { "\"[[[\"", 0 },
		{ "[]", 1 },          { "{}", 1 },
		{ "[1,2]", 1 },       { "[[]]", 2 },
		{ "[1,[2],3]", 2 },   { "{\"a\":{},\"b\":[[0]]}", 3 },
		{ "[[[[]]],[]]", 4 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		JSON_DOC_AUTO(doc);
		struct err e;

		assert_true(json_read(str_of(cases[i].json), &doc, &e));
		for (unsigned levels = 0; levels < 6; levels++)
			assert_int_equal(json_is_deeper(yyjson_doc_get_root(doc), levels),
					 levels < cases[i].levels);
	}
}

/* What is not known is null, never 0. */
static void test_numbers_that_may_be_unknown(void **state)
{
	BUF_AUTO(out, 1024);
	struct json_writer w = { .out = &out };

	(void)state;
	json_open(&w, '{');
	json_add_known(&w, "a", 0);
	json_add_known(&w, "b", -1);
	json_add_decimal(&w, "c", 812345, 3);
	json_add_decimal(&w, "d", 5, 6);
	json_add_decimal(&w, "e", -1, 3);
	json_add_decimal(&w, "f", 7, 0);
	json_add_decimal(&w, "g", INT64_MAX, 18);
	json_add_instant(&w, "h", 0);
	json_add_instant(&w, "i", CLOCK_NONE);
	json_close(&w, '}');
	assert_string_equal(buf_str(&out).at,
			    "{\"a\":0,\"b\":null,\"c\":812.345,\"d\":0.000005,\"e\":null,\"f\":7,"
			    "\"g\":9.223372036854775807,\"h\":\"1970-01-01T00:00:00.000Z\","
			    "\"i\":null}");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_ends_early),
		cmocka_unit_test(test_error_names_the_place),
		cmocka_unit_test(test_numbers_stay_raw),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_strings_are_cleaned),
		cmocka_unit_test(test_lone_surrogates),
		cmocka_unit_test(test_input_is_not_written_to),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_depth_unclosed),
		cmocka_unit_test(test_writes),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_escapes_round_trip),
		cmocka_unit_test(test_add_value),
		cmocka_unit_test(test_add_value_mends_nul),
		cmocka_unit_test(test_add_value_of_many_nuls),
		cmocka_unit_test(test_mends_surrogates),
		cmocka_unit_test(test_numbers_that_may_be_unknown),
		cmocka_unit_test(test_is_deeper),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
