/* Lines of the log, byte for byte, and the masking of secrets. */
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"

#include "unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <errno.h>
#include <pthread.h>

static FILE *sink;
static char text[4 * 1024 * 1024];

static void log_into_sink(bool pretty, bool colour, enum log_level threshold)
{
	rewind(sink);
	assert_int_equal(ftruncate(fileno(sink), 0), 0);
	log_setup(&(struct log_conf){ fileno(sink), threshold, pretty, colour });
}

static const char *logged(void)
{
	ssize_t n = pread(fileno(sink), text, sizeof(text) - 1, 0);

	assert_true(n >= 0);
	text[n] = '\0';
	return text;
}

static void json_has_the_shape_of_pino(void **state)
{
	struct err e = { .kind = ERR_TIMEOUT, .text = "connect: no answer" };

	(void)state;
	log_into_sink(false, false, LOG_TRACE);
	log_event(LOG_WARN, "Skipping model", LOG_STR("provider", STR("openrouter")),
		  LOG_INT("n", -3), LOG_UINT("bytes", UINT64_MAX), LOG_BOOL("dry", true),
		  LOG_TEXT("none", NULL), LOG_STR("empty", STR("")), LOG_ERR(&e));
	assert_string_equal(logged(),
			    "{\"level\":40,\"time\":1787407380000,\"msg\":\"Skipping model\","
			    "\"provider\":\"openrouter\",\"n\":-3,\"bytes\":18446744073709551615,"
			    "\"dry\":true,\"none\":null,\"empty\":\"\",\"kind\":\"timeout\","
			    "\"err\":\"connect: no answer\"}\n");
}

static void pretty_is_for_people(void **state)
{
	(void)state;
	log_into_sink(true, false, LOG_TRACE);
	log_event(LOG_INFO, "cycle done", LOG_STR("provider", STR("a")), LOG_INT("n", 3),
		  LOG_STR("why", STR("two words")), LOG_STR("empty", STR("")),
		  LOG_STR("eq", STR("a=\"b\"")));
	log_say(LOG_FATAL, "line\nbreak \x1b[31m \xc2\x9b");
	assert_string_equal(logged(),
			    "14:03:00.000Z INFO  cycle done provider=a n=3 why=\"two words\" "
			    "empty=\"\" eq=\"a=\\\"b\\\"\"\n"
			    "14:03:00.000Z FATAL line\\nbreak \\u001b[31m \\u009b\n");
	log_into_sink(true, true, LOG_TRACE);
	log_say(LOG_ERROR, "red");
	assert_string_equal(logged(), "14:03:00.000Z \x1b[31mERROR\x1b[0m red\n");
}

static void below_the_threshold_is_nothing(void **state)
{
	(void)state;
	log_into_sink(false, false, LOG_WARN);
	log_say(LOG_INFO, "no");
	assert_string_equal(logged(), "");
	assert_false(log_enabled(LOG_INFO));
	assert_true(log_enabled(LOG_WARN));
	log_into_sink(false, false, LOG_SILENT);
	log_say(LOG_FATAL, "no");
	log_write(LOG_SILENT, "no", (const struct log_field[]){ LOG_END });
	assert_string_equal(logged(), "");
}

static const struct {
	const char *in, *out;
} spelled[] = {
	{ "plain", "plain" },
	{ "q\"b\\", "q\\\"b\\\\" },
	{ "\n\r\t\x01\x7f", "\\n\\r\\t\\u0001\\u007f" },
	{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },
	{ "a\xffz", "a\xef\xbf\xbdz" },                             /* no lead byte */
	{ "\xc3", "\xef\xbf\xbd" },                                 /* cut short */
	{ "\xe2\x82x", "\xef\xbf\xbd\xef\xbf\xbdx" },               /* broken off */
	{ "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd" },                 /* longer than need be */
	{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" }, /* a surrogate */
	{ "\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
};

static void output_is_valid_utf8(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(spelled) / sizeof(spelled[0]); i++) {
		char expected[256];

		log_into_sink(false, false, LOG_INFO);
		log_event(LOG_INFO, "m", LOG_TEXT("v", spelled[i].in));
		(void)snprintf(expected, sizeof(expected),
			       "{\"level\":30,\"time\":1787407380000,\"msg\":\"m\",\"v\":\"%s\"}\n",
			       spelled[i].out);
		assert_string_equal(logged(), expected);
	}
}

static void a_nul_is_escaped(void **state)
{
	(void)state;
	log_into_sink(false, false, LOG_INFO);
	log_event(LOG_INFO, "m", LOG_STR("v", STR("a\0b")));
	assert_non_null(strstr(logged(), "\"v\":\"a\\u0000b\"}"));
}

static void lines_are_bounded(void **state)
{
	char *huge = malloc(1 << 20);
	struct str value = { huge, 1 << 20 };
	const char *line;

	(void)state;
	memset(huge, '\x01', 1 << 20);
	log_into_sink(false, false, LOG_INFO);
	log_event(LOG_INFO, "m", LOG_STR("a", value), LOG_STR("b", value), LOG_STR("c", value),
		  LOG_STR("d", value), LOG_STR("e", value), LOG_INT("last", 1));
	line = logged();
	assert_true(strlen(line) <= LOG_LINE_MAX);
	assert_true(strlen(line) > 12 * 1024);
	assert_non_null(strstr(line, "…\",\"b\""));
	assert_null(strstr(line, "\"e\""));
	assert_true(str_ends(str_of(line), STR("…\",\"last\":1,\"cut\":true}\n")));
	free(huge);
}

static void a_cut_never_splits_a_character(void **state)
{
	char value[3 * 4096];

	(void)state;
	for (size_t i = 0; i < sizeof(value); i++)
		value[i] = "\xe2\x82\xac"[i % 3];
	log_into_sink(false, false, LOG_INFO);
	log_event(LOG_INFO, "m", LOG_STR("v", ((struct str){ value, sizeof(value) })));
	assert_null(strstr(logged(), "\xef\xbf\xbd"));
	assert_non_null(strstr(logged(), "\xe2\x82\xac…\",\"cut\":true}\n"));
}

static void secrets_are_masked_everywhere(void **state)
{
	char long_value[8192];

	(void)state;
	secret_hide(STR("sk-one\"two"));
	secret_hide(STR("918273645"));
	log_into_sink(false, false, LOG_INFO);
	log_event(LOG_INFO, "key sk-one\"two!", LOG_STR("v", STR("<sk-one\"two><sk-one%22two>")),
		  LOG_INT("n", 918273645), LOG_INT("m", 91827364));
	assert_non_null(strstr(logged(), "\"msg\":\"key [MASKED]!\",\"v\":\"<[MASKED]><[MASKED]>\","
					 "\"n\":\"[MASKED]\",\"m\":91827364}"));
	/* One that only begins before the cut. */
	memset(long_value, 'x', sizeof(long_value));
	memcpy(long_value + 4092, "sk-one\"two", 10);
	log_into_sink(true, false, LOG_INFO);
	log_event(LOG_INFO, "m", LOG_STR("v", ((struct str){ long_value, sizeof(long_value) })));
	assert_null(strstr(logged(), "sk-o"));
}

static void masked(const char *in, const char *out)
{
	BUF_AUTO(b, 1 << 20);
	char window[256];
	bool cut;
	size_t n = secret_mask_into(str_of(in), window, sizeof(window), &cut);

	buf_add_str(&b, str_of(in));
	secret_mask(&b);
	assert_string_equal(b.n ? b.at : "", out);
	assert_false(cut);
	assert_true(str_eq((struct str){ window, n }, str_of(out)));
}

static void masking_covers_overlaps(void **state)
{
	(void)state;
	secret_hide(STR("aaaabbbb"));
	secret_hide(STR("bbbbcccc"));
	secret_hide(STR("aaaabbbbdd"));
	secret_hide(STR("short"));
	secret_hide(STR_NONE);
	secret_hide(STR("aaaabbbb"));
	masked("", "");
	masked("nothing here", "nothing here");
	masked("aaaabbbb", "[MASKED]");
	masked("aaaabbbbcccc", "[MASKED]");
	masked("aaaabbbbdd.", "[MASKED].");
	masked("aaaaaabbbb", "aa[MASKED]");
	masked("aaaabbbbaaaabbbb", "[MASKED][MASKED]");
	masked("aaaabbb", "aaaabbb");
	masked("short", "short");
}

static void what_is_forgotten_is_no_secret(void **state)
{
	(void)state;
	secret_hide(STR("good/for an hour"));
	secret_hide(STR("good/for ever"));
	masked("good/for an hour, good%2Ffor%20an%20hour", "[MASKED], [MASKED]");
	secret_forget(STR("good/for an hour"));
	secret_forget(STR("good/for an hour"));
	secret_forget(STR("never/heard of"));
	secret_forget(STR_NONE);
	masked("good/for an hour, good%2Ffor%20an%20hour",
	       "good/for an hour, good%2Ffor%20an%20hour");
	masked("good/for ever, good%2Ffor%20ever", "[MASKED], [MASKED]");
}

/* As peers quote us back: "/" escaped in JSON, lower-case digits in a URL. */
static void masking_knows_other_spellings(void **state)
{
	(void)state;
	secret_hide(STR("q/w+e\"r"));
	masked("<q/w+e\\\"r><q\\/w+e\\\"r><q%2Fw%2Be%22r><q%2fw%2be%22r>",
	       "<[MASKED]><[MASKED]><[MASKED]><[MASKED]>");
	masked("<q\\/w+e\"r>", "<q\\/w+e\"r>"); /* nobody spells it like that */
}

static void what_began_before_a_cut(void **state)
{
	(void)state;
	secret_hide(STR("begun-0123456789"));
	assert_int_equal(secret_begun(STR("text begun-0")), 7);
	assert_int_equal(secret_begun(STR("text begun-012345678")), 15);
	assert_int_equal(secret_begun(STR("begun-0")), 7);
	assert_int_equal(secret_begun(STR("text begun-0123456789")),
			 0);                                  /* whole: masking knows it */
	assert_int_equal(secret_begun(STR("text begun")), 0); /* tells nothing */
	assert_int_equal(secret_begun(STR("text begun-1")), 0);
	assert_int_equal(secret_begun(STR("")), 0);
	assert_int_equal(secret_begun(STR_NONE), 0);
}

static void masking_respects_the_maximum(void **state)
{
	BUF_AUTO(b, 9);
	char window[4];
	bool cut;

	(void)state;
	secret_hide(STR("sixsix"));
	buf_add_str(&b, STR("ab sixsix"));
	secret_mask(&b);
	assert_true(buf_overflowed(&b));
	assert_null(strstr(b.at, "six"));
	assert_int_equal(secret_mask_into(STR("ab sixsix"), window, sizeof(window), &cut), 4);
	assert_true(cut);
	assert_memory_equal(window, "ab [", 4);
	assert_int_equal(secret_mask_into(STR("abcd"), window, sizeof(window), &cut), 4);
	assert_false(cut);
	assert_int_equal(secret_mask_into(STR("abcdsixsix"), window, sizeof(window), &cut), 4);
	assert_true(cut);
}

static void levels_have_names(void **state)
{
	static const char *const wrong[] = { "", "warning", "inf", "infoo", "30", "off", " info" };
	enum log_level level = LOG_TRACE;

	(void)state;
	assert_true(log_level_parse(STR("silent"), &level) && level == LOG_SILENT);
	assert_true(log_level_parse(STR("Debug"), &level) && level == LOG_DEBUG);
	assert_string_equal(log_level_name(LOG_FATAL), "fatal");
	assert_string_equal(log_level_name(LOG_SILENT), "silent");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_false(log_level_parse(str_of(wrong[i]), &level));
		assert_int_equal(level, LOG_DEBUG);
	}
}

static void errno_is_kept(void **state)
{
	(void)state;
	log_setup(&(struct log_conf){ .fd = -1, .threshold = LOG_INFO });
	errno = ENOENT;
	log_say(LOG_INFO, "nobody reads this");
	assert_int_equal(errno, ENOENT);
}

enum { THREADS = 8, EACH = 100 };

static void *chatter(void *arg)
{
	char long_value[3000];

	memset(long_value, *(const char *)arg, sizeof(long_value));
	for (int i = 0; i < EACH; i++)
		log_event(LOG_INFO, "m",
			  LOG_STR("v", ((struct str){ long_value, sizeof(long_value) })));
	return NULL;
}

/* Every line holds one thread's letter and nothing else. */
static void threads_do_not_mix(void **state)
{
	pthread_t threads[THREADS];
	char letters[] = "abcdefgh";
	struct str rest;
	struct str line;
	int lines = 0;

	(void)state;
	log_into_sink(false, false, LOG_INFO);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, chatter, &letters[i]), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	rest = str_of(logged());
	while (str_cut(&rest, '\n', &line)) {
		const char *value = strstr(line.at, "\"v\":\"") + 5;

		assert_true(str_starts(line, STR("{\"level\":30,")));
		for (int i = 1; i < 3000; i++)
			assert_int_equal(value[i], value[0]);
		assert_memory_equal(value + 3000, "\"}\n", 3);
		lines++;
	}
	assert_int_equal(lines, THREADS * EACH);
}

static int open_sink(void **state)
{
	(void)state;
	sink = tmpfile();
	clock_freeze(1787407380000);
	return sink ? 0 : -1;
}

static int close_sink(void **state)
{
	(void)state;
	return fclose(sink);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_has_the_shape_of_pino),
		cmocka_unit_test(pretty_is_for_people),
		cmocka_unit_test(below_the_threshold_is_nothing),
		cmocka_unit_test(output_is_valid_utf8),
		cmocka_unit_test(a_nul_is_escaped),
		cmocka_unit_test(lines_are_bounded),
		cmocka_unit_test(a_cut_never_splits_a_character),
		cmocka_unit_test(secrets_are_masked_everywhere),
		cmocka_unit_test(masking_covers_overlaps),
		cmocka_unit_test(what_is_forgotten_is_no_secret),
		cmocka_unit_test(masking_knows_other_spellings),
		cmocka_unit_test(what_began_before_a_cut),
		cmocka_unit_test(masking_respects_the_maximum),
		cmocka_unit_test(levels_have_names),
		cmocka_unit_test(errno_is_kept),
		cmocka_unit_test(threads_do_not_mix),
	};

	return cmocka_run_group_tests(tests, open_sink, close_sink);
}
