#include "unit.h"

#include "core/decimal.h"
#include "core/prompt.h"

#include <inttypes.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static void test_standard(void **state)
{
	ARENA_AUTO(a);
	struct prompt p = prompt_make(PROMPT_ARITHMETIC, 7, &a);

	(void)state;
	assert_true(str_eq(p.text, STR("Solve this: 123/2*3.2*9")));
	assert_true(str_eq(p.expected, STR("1771.2")));
}

/* ---- the task's value, by schoolbook fractions ---- */

struct fraction {
	uint64_t num, den;
};

/* A number with at most one digit behind its point. */
static struct fraction read_number(const char **at)
{
	struct fraction f = { 0, 1 };

	for (; **at >= '0' && **at <= '9'; (*at)++)
		f.num = f.num * 10 + (uint64_t)(**at - '0');
	if (**at == '.') {
		f = (struct fraction){ f.num * 10 + (uint64_t)((*at)[1] - '0'), 10 };
		*at += 2;
	}
	return f;
}

static struct fraction evaluate(const char *at)
{
	struct fraction f = read_number(&at);

	while (*at) {
		char sign = *at++;
		struct fraction g = read_number(&at);

		assert_true(sign == '*' || sign == '/');
		f.num *= sign == '*' ? g.num : g.den;
		f.den *= sign == '*' ? g.den : g.num;
	}
	return f;
}

/* "12.34" as a fraction of 10,000. */
static uint64_t ten_thousandths(struct str s)
{
	uint64_t n = 0;
	size_t decimals = 0;
	bool point = false;

	for (size_t i = 0; i < s.n; i++) {
		if (s.at[i] == '.') {
			assert_false(point);
			point = true;
			continue;
		}
		assert_in_range(s.at[i], '0', '9');
		n = n * 10 + (uint64_t)(s.at[i] - '0');
		decimals += point;
	}
	assert_in_range(decimals, 0, 4);
	for (; decimals < 4; decimals++)
		n *= 10;
	return n;
}

static int order(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static void test_random(void **state)
{
	enum { TASKS = 20000 };
	ARENA_AUTO(a);
	struct str *texts = arena_array(&a, TASKS, struct str);
	size_t same = 0;

	(void)state;
	for (size_t i = 0; i < TASKS; i++) {
		struct prompt p = prompt_make(PROMPT_RANDOM_ARITHMETIC, i, &a);
		struct prompt again = prompt_make(PROMPT_RANDOM_ARITHMETIC, i, &a);
		struct fraction want;

		texts[i] = p.text;
		assert_true(str_eq(p.text, again.text) && str_eq(p.expected, again.expected));
		assert_true(str_starts(p.text, STR("Solve this: ")));
		want = evaluate(p.text.at + strlen("Solve this: "));
		if (ten_thousandths(p.expected) * want.den != want.num * 10000)
			fail_msg("%s is not %s", p.text.at, p.expected.at);
		assert_null(strstr(p.text.at + strlen("Solve this:"),
				   arena_printf(&a, " %s/", p.expected.at).at));
	}
	qsort(texts, TASKS, sizeof(*texts), order);
	for (size_t i = 1; i < TASKS; i++)
		same += str_eq(texts[i - 1], texts[i]);
	assert_in_range(same, 0, TASKS / 100); /* nothing that a cache could wait for */
}

/* ---- agreement ---- */

static void assert_agreement(const char *const *answers, size_t n, const int *want)
{
	struct str list[8];
	int got[8];

	for (size_t i = 0; i < n; i++)
		list[i] = str_of(answers[i]);
	prompt_agreement(list, n, got);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(got[i], want[i]);
}
#define AGREE(answers, ...) assert_agreement(answers, LENGTH(answers), (const int[]){ __VA_ARGS__ })

static void test_agreement(void **state)
{
	static const char *const all[] = { "1771.2", "1771.20", "17712e-1" };
	static const char *const most[] = { "5", "1771.2", NULL, "1771.2", "1771.2" };
	static const char *const half[] = { "5", "5", "6", "6" };
	static const char *const one[] = { NULL, "5", NULL };
	static const char *const two[] = { "5", "6" };
	static const char *const words[] = { "x", "x", "y" };
	static const char *const late[] = { "1", "2", "3", "7", "7", "7", "7" };

	(void)state;
	AGREE(all, 1, 1, 1);
	AGREE(most, 0, 1, -1, 1, 1);
	AGREE(half, -1, -1, -1, -1);
	AGREE(one, -1, -1, -1);
	AGREE(two, -1, -1);
	AGREE(words, 1, 1, 0);
	AGREE(late, 0, 0, 0, 1, 1, 1, 1);
	prompt_agreement(NULL, 0, NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_standard),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_agreement),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
