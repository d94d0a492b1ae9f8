#include "core/prompt.h"

#include "core/decimal.h"

/* The standard task's own form; each part is drawn so that the result has at most 4 decimals. */
struct task {
	uint64_t a, b;   /* a / b */
	uint64_t tenths; /* * tenths/10 */
	uint64_t c;      /* * c */
};

/* A division by these ends: so many 10,000ths of 10 times one part. */
static const struct {
	uint64_t b, thousandths;
} divisors[] = { { 2, 500 }, { 4, 250 }, { 5, 200 }, { 8, 125 } };

/* splitmix64: every seed is as good as any other, also 0 and those that follow each other. */
static uint64_t draw(uint64_t *state, uint64_t first, uint64_t last)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return first + (z ^ (z >> 31)) % (last - first + 1);
}

/* Of 10,000: a/b in thousandths, times tenths. */
static uint64_t draw_task(uint64_t *state, struct task *t)
{
	size_t d = (size_t)draw(state, 0, sizeof(divisors) / sizeof(divisors[0]) - 1);

	t->a = draw(state, 101, 9999);
	t->b = divisors[d].b;
	t->tenths = 10 * draw(state, 1, 9) + draw(state, 1, 9);
	t->c = draw(state, 3, 9);
	return t->a * divisors[d].thousandths * t->tenths * t->c;
}

static struct str exactly(uint64_t ten_thousandths, struct arena *a)
{
	char out[DEC_TEXT_MAX];
	struct dec d, one, scale;
	struct err e;

	dec_from_u64(ten_thousandths, &d);
	dec_from_u64(1, &one);
	dec_from_u64(10000, &scale);
	(void)dec_mul_div(&d, &one, &scale, &d, &e); /* in range whatever is drawn */
	return arena_str(a, (struct str){ out, dec_print(&d, out) });
}

struct prompt prompt_make(enum prompt_kind kind, uint64_t seed, struct arena *a)
{
	struct task t;
	uint64_t result;

	if (kind == PROMPT_ARITHMETIC)
		return (struct prompt){ STR("Solve this: 123/2*3.2*9"), STR("1771.2") };
	/* A result that stands in the task would be found in its repetition. */
	do
		result = draw_task(&seed, &t);
	while (result == t.a * 10000);
	return (struct prompt){
		.text = arena_printf(a, "Solve this: %u/%u*%u.%u*%u", (unsigned)t.a, (unsigned)t.b,
				     (unsigned)(t.tenths / 10), (unsigned)(t.tenths % 10),
				     (unsigned)t.c),
		.expected = exactly(result, a),
	};
}

/* By value where both are numbers. */
static bool is_same(struct str a, struct str b)
{
	struct dec x, y;
	struct err e;

	if (dec_parse(a, &x, &e) && dec_parse(b, &y, &e))
		return dec_cmp(&x, &y) == 0;
	return str_eq(a, b);
}

/* The only one that can have a majority (Boyer and Moore). */
static struct str find_candidate(const struct str *answers, size_t n)
{
	struct str candidate = STR_NONE;
	size_t ahead = 0;

	for (size_t i = 0; i < n; i++) {
		if (str_is_none(answers[i]))
			continue;
		if (ahead == 0)
			candidate = answers[i];
		if (is_same(answers[i], candidate))
			ahead++;
		else
			ahead--;
	}
	return candidate;
}

void prompt_agreement(const struct str *answers, size_t n, int *agrees)
{
	struct str candidate = find_candidate(answers, n);
	size_t given = 0;
	size_t same = 0;

	for (size_t i = 0; i < n; i++) {
		agrees[i] = -1;
		if (str_is_none(answers[i]))
			continue;
		agrees[i] = is_same(answers[i], candidate);
		given++;
		same += (size_t)agrees[i];
	}
	if (given >= 2 && 2 * same > given)
		return;
	for (size_t i = 0; i < n; i++)
		agrees[i] = -1;
}
