#include "unit.h"

#include "web/xml.h"

#define FFFD "\xef\xbf\xbd"

static void assert_xml(struct str text, const char *want)
{
	BUF_AUTO(out, 4096);

	xml_add(&out, text);
	assert_string_equal(buf_str(&out).at, want);
}

static void test_escapes(void **state)
{
	(void)state;
	assert_xml(STR(""), "");
	assert_xml(STR_NONE, "");
	assert_xml(STR("a/b-1.5 \xc3\xa9 \xe2\x86\x92 \xf0\x9f\x90\xb3"),
		   "a/b-1.5 \xc3\xa9 \xe2\x86\x92 \xf0\x9f\x90\xb3");
	assert_xml(STR("<a href=\"x\">&amp;'</a>]]>"),
		   "&lt;a href=&quot;x&quot;&gt;&amp;amp;&#39;&lt;/a&gt;]]&gt;");
	assert_xml(STR("one\r\n\ttwo"), "one   two");
}

/* What no document may hold, whatever stands for it. */
static void test_what_is_no_character(void **state)
{
	(void)state;
	assert_xml(STR("\x01\x1f\x7f\x1b[0m"), FFFD FFFD FFFD FFFD "[0m");
	assert_xml(STR("a\0b"), "a" FFFD "b");
	assert_xml(STR("\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd"), FFFD FFFD FFFD);
	assert_xml(STR("\xed\xa0\x80"), FFFD FFFD FFFD); /* half a surrogate pair */
	assert_xml(STR("\xc3"), FFFD);
	assert_xml(STR("\xef\xbf"), FFFD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_what_is_no_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
