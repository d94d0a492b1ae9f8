#include "core/shown.h"

#include "base/utf8.h"
#include "core/decimal.h"
#include "core/quantization.h"

#include <inttypes.h>
#include <stdio.h>

enum { TEXT_MAX = 65536 };
#define COUNT_MAX INT64_C(1000000000000)

enum kind { TEXT, MODALITY, QUANTIZATION, COUNT, INSTANT, AMOUNT, FLAG };

#define AT(member) .offset = offsetof(struct model, member)

/* In the order of the table's columns; `which`: the meter of an amount, the capability of a flag. */
static const struct field {
	const char *name;
	enum kind kind;
	size_t offset;
	int which;
} fields[] = {
	{ "model_name", TEXT, AT(name) },
	{ "description", TEXT, AT(description) },
	{ "context_length", COUNT, AT(context_length) },
	{ "max_output_tokens", COUNT, AT(max_output_tokens) },
	{ "modality", MODALITY, AT(modality) },
	{ "quantization", QUANTIZATION, AT(quantization) },
	{ "pricing_prompt", AMOUNT, .which = METER_INPUT_TOKEN },
	{ "pricing_completion", AMOUNT, .which = METER_OUTPUT_TOKEN },
	{ "pricing_image", AMOUNT, .which = METER_INPUT_IMAGE },
	{ "pricing_request", AMOUNT, .which = METER_REQUEST },
	{ "supports_streaming", FLAG, .which = CAP_STREAMING },
	{ "supports_function_calling", FLAG, .which = CAP_FUNCTION_CALLING },
	{ "supports_vision", FLAG, .which = CAP_VISION },
	{ "deprecated_at", INSTANT, AT(deprecated_at_ms) },
	{ "replaced_by", TEXT, AT(replaced_by) },
};
enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

const char *shown_field(size_t i)
{
	return i < FIELDS ? fields[i].name : NULL;
}

static const struct field *find_field(struct str name)
{
	for (size_t i = 0; i < FIELDS; i++)
		if (str_eq(name, str_of(fields[i].name)))
			return &fields[i];
	return NULL;
}

/* ---- what is typed ---- */

static bool takes(struct err *e, struct str typed, const char *what)
{
	return err_set(e, ERR_USAGE, "\"%s\" is not %s", err_quote(typed.at, typed.n), what);
}

static bool parse_text(struct str typed, struct arena *a, struct str *ret, struct err *e)
{
	if (typed.n > TEXT_MAX || !utf8_is_clean(typed))
		return takes(e, typed, "a text in UTF-8 of at most 64 KiB");
	*ret = arena_str(a, typed);
	return true;
}

/* "text+image->text": kinds of what goes in and comes out, as in `assay models --modality`. */
static bool parse_modality(struct str typed, struct arena *a, struct str *ret, struct err *e)
{
	static const char what[] = "a modality, like text+image->text";
	const char *arrow = memmem(typed.at, typed.n, "->", 2);

	if (!arrow || arrow == typed.at || arrow + 2 == typed.at + typed.n)
		return takes(e, typed, what);
	for (size_t i = 0; i < typed.n; i++) {
		char c = typed.at[i];

		if (typed.at + i != arrow && typed.at + i != arrow + 1 && c != '+' && c != '_' &&
		    (c < 'a' || c > 'z'))
			return takes(e, typed, what);
	}
	*ret = arena_str(a, typed);
	return true;
}

static bool parse_quantization(struct str typed, struct arena *a, struct str *ret, struct err *e)
{
	struct str word = quantization_parse(typed);

	if (str_is_none(word))
		return takes(e, typed, "a quantization that is known, like fp8, int4 or bf16");
	*ret = arena_str(a, word);
	return true;
}

static bool parse_count(struct str typed, struct arena *a, struct str *ret, struct err *e)
{
	int64_t n;

	if (!str_to_i64(typed, 0, COUNT_MAX, &n))
		return takes(e, typed, "a whole number from 0 to 10^12");
	*ret = arena_printf(a, "%" PRId64, n);
	return true;
}

static bool parse_instant(struct str typed, struct arena *a, struct str *ret, struct err *e)
{
	char text[CLOCK_TEXT_MAX];
	struct err why;
	int64_t ms;

	if (!clock_parse(typed, &ms, &why))
		return takes(e, typed, "a date (2026-12-31) or an instant of RFC 3339");
	*ret = arena_str(a, str_of(clock_text(ms, text)));
	return true;
}

static bool parse_amount(struct str typed, struct arena *a, struct str *ret, struct err *e)
{
	char text[DEC_TEXT_MAX];
	struct dec amount;
	struct err why;

	if (!dec_parse(typed, &amount, &why) || amount.negative || amount.scale > DEC_SCALE_MAX)
		return takes(e, typed,
			     "an exact amount in USD per one unit: a decimal, not negative, of at "
			     "most 30 decimals; 0 is free");
	*ret = arena_str(a, (struct str){ text, dec_print(&amount, text) });
	return true;
}

static bool parse_flag(struct str typed, struct arena *a, struct str *ret, struct err *e)
{
	if (!str_eq(typed, STR("yes")) && !str_eq(typed, STR("no")))
		return takes(e, typed, "yes or no");
	*ret = arena_str(a, typed);
	return true;
}

typedef bool parse_fn(struct str typed, struct arena *a, struct str *ret, struct err *e);
static parse_fn *const parsers[] = {
	[TEXT] = parse_text,   [MODALITY] = parse_modality, [QUANTIZATION] = parse_quantization,
	[COUNT] = parse_count, [INSTANT] = parse_instant,   [AMOUNT] = parse_amount,
	[FLAG] = parse_flag,
};

static bool no_such_field(struct str name, struct err *e)
{
	size_t n = 0;

	(void)err_set(e, ERR_USAGE,
		      "\"%s\" is no field that can be overridden: ", err_quote(name.at, name.n));
	n = strlen(e->text);
	for (size_t i = 0; i < FIELDS && n < sizeof(e->text); i++)
		n += (size_t)snprintf(e->text + n, sizeof(e->text) - n, "%s%s", i ? ", " : "",
				      fields[i].name);
	return false;
}

bool shown_check(struct str field, struct err *e)
{
	return find_field(field) || no_such_field(field, e);
}

bool shown_parse(struct str field, struct str typed, struct arena *a, struct str *ret,
		 struct err *e)
{
	const struct field *f = find_field(field);

	if (!f)
		return no_such_field(field, e);
	if (typed.n == 0)
		return err_set(
			e, ERR_USAGE,
			"%s: an empty value; `assay override unset` gives the provider's back",
			f->name);
	return parsers[f->kind](typed, a, ret, e) || err_wrap(e, "%s", f->name);
}

/* ---- what is said ---- */

static const void *member(const struct model *m, const struct field *f)
{
	return (const char *)m + f->offset;
}

static struct str amount_said(const struct model *m, enum meter meter)
{
	const struct price *p = model_price(m, meter);

	if (!p || p->state == PRICE_DYNAMIC)
		return STR_NONE;
	return p->state == PRICE_FREE || str_eq(p->currency, STR("USD")) ? p->amount : STR_NONE;
}

static struct str flag_said(const struct model *m, enum capability which)
{
	int yes = capabilities_get(m->capabilities, which);

	return yes < 0 ? STR_NONE : yes ? STR("yes") : STR("no");
}

struct str shown_said(const struct model *m, struct str field, struct arena *a)
{
	const struct field *f = find_field(field);
	char text[CLOCK_TEXT_MAX];
	int64_t n;

	if (!f)
		return STR_NONE;
	switch (f->kind) {
	case AMOUNT:
		return amount_said(m, (enum meter)f->which);
	case FLAG:
		return flag_said(m, (enum capability)f->which);
	case COUNT:
		n = *(const int64_t *)member(m, f);
		return n == MODEL_NO_COUNT ? STR_NONE : arena_printf(a, "%" PRId64, n);
	case INSTANT:
		n = *(const int64_t *)member(m, f);
		return n == CLOCK_NONE ? STR_NONE : arena_str(a, str_of(clock_text(n, text)));
	default:
		return *(const struct str *)member(m, f);
	}
}

/* ---- what is shown ---- */

static struct price *find_price(struct model *m, enum meter meter, struct str condition)
{
	for (size_t i = 0; i < m->n_prices; i++)
		if (m->prices[i].meter == meter && str_eq(m->prices[i].condition, condition))
			return &m->prices[i];
	return NULL;
}

static void set_amount(struct price *p, struct str amount)
{
	p->state = str_eq(amount, STR("0")) ? PRICE_FREE : PRICE_PRICED;
	p->amount = amount;
}

static void hold_back(struct model *m, const struct shown_price *held)
{
	struct price *p = find_price(m, held->meter, held->condition);

	if (p)
		set_amount(p, held->amount);
}

/* There is room for one more. */
static void lay_amount(struct model *m, enum meter meter, struct str amount)
{
	struct price *p = find_price(m, meter, STR(""));

	if (!p) {
		p = &m->prices[m->n_prices++];
		*p = (struct price){ .meter = meter,
				     .condition = STR(""),
				     .valid_from_ms = CLOCK_NONE,
				     .valid_to_ms = CLOCK_NONE };
	}
	p->currency = STR("USD");
	set_amount(p, amount);
}

/* What is kept was parsed before; what an older program kept and this one cannot read is left out. */
static void lay_over(struct model *m, const struct shown_value *value)
{
	const struct field *f = find_field(value->field);
	struct err ignored;
	void *to;

	if (!f)
		return;
	to = (char *)m + f->offset;
	switch (f->kind) {
	case AMOUNT:
		lay_amount(m, (enum meter)f->which, value->value);
		break;
	case FLAG:
		capabilities_set(&m->capabilities, (enum capability)f->which,
				 str_eq(value->value, STR("yes")));
		break;
	case COUNT:
		(void)str_to_i64(value->value, 0, COUNT_MAX, to);
		break;
	case INSTANT:
		(void)clock_parse(value->value, to, &ignored);
		break;
	default:
		*(struct str *)to = value->value;
		break;
	}
}

const struct model *shown_model(const struct model *m, const struct shown_price *held,
				size_t n_held, const struct shown_value *values, size_t n_values,
				struct arena *a)
{
	struct model *shown;

	if (n_held + n_values == 0)
		return m;
	shown = arena_new(a, struct model);
	*shown = *m;
	shown->prices = arena_array(a, m->n_prices + n_values, struct price);
	if (m->n_prices)
		memcpy(shown->prices, m->prices, m->n_prices * sizeof(*m->prices));
	for (size_t i = 0; i < n_held; i++)
		hold_back(shown, &held[i]);
	for (size_t i = 0; i < n_values; i++)
		lay_over(shown, &values[i]);
	return shown;
}
