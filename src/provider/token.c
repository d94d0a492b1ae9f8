#include "provider/token.h"

#include "provider/money.h"

#include <inttypes.h>

bool token_check(const struct price_field *f, struct str at, yyjson_val *v, struct err *e)
{
	bool may_be_string = f->type == TOKEN_ANY || f->type == TOKEN_STRING;
	bool may_be_number = f->type != TOKEN_STRING;

	if ((f->money && yyjson_is_obj(v)) || (may_be_string && yyjson_is_str(v)) ||
	    (may_be_number && yyjson_is_raw(v)))
		return true;
	return err_set(e, ERR_DATA, "%.*s is %s, %s was expected", STR_FMT(at), json_type(v),
		       may_be_number ? "a number" : "a string");
}

bool token_number(const struct price_field *f, yyjson_val *v, struct dec *ret,
		  struct str *ret_currency, struct err *e)
{
	struct str token = json_raw(v);

	*ret_currency = STR_NONE;
	if (yyjson_is_obj(v))
		return money_read(v, ret, ret_currency, e);
	if (!dec_parse(token, ret, e))
		return false;
	if (f->type == TOKEN_INTEGER && ret->scale > 0)
		return err_set(e, ERR_DATA, "%s is not a whole number",
			       err_quote(token.at, token.n));
	if (f->noise > 0 && yyjson_is_raw(v))
		dec_round_significant(ret, f->noise);
	return true;
}

static bool check_band(const struct band *b, const struct dec *value, struct err *e)
{
	char text[DEC_TEXT_MAX];

	if (!b || dec_is_zero(value) ||
	    (dec_cmp(value, &b->low) >= 0 && dec_cmp(value, &b->high) <= 0))
		return true;
	return err_set(e, ERR_DATA, "%.*s does not lie between %.*s and %.*s",
		       (int)dec_print(value, text), text, STR_FMT(b->low_text),
		       STR_FMT(b->high_text));
}

/* Times 10^-s. */
static bool shift(const struct list *l, const struct price_field *f, yyjson_val *v,
		  struct dec *value_io, struct err *e)
{
	struct str pointer = list_pointer(l, f->scale_slot);
	char text[8] = "1e-";
	struct str power = { text, 3 };
	struct dec factor;
	int64_t s;

	if (!v || yyjson_is_null(v))
		return err_set(e, ERR_DATA, "%.*s, its scale, is missing", STR_FMT(pointer));
	if (!row_count(v, &s) || s > DEC_EXP_MAX)
		return err_set(e, ERR_DATA, "%.*s is not a scale", STR_FMT(pointer));
	if (s >= 10)
		text[power.n++] = (char)('0' + s / 10);
	text[power.n++] = (char)('0' + s % 10);
	return dec_parse(power, &factor, e) && dec_mul(value_io, &factor, value_io, e);
}

bool token_scale(const struct list *l, const struct price_field *f, yyjson_val **slots,
		 struct dec *value_io, struct err *e)
{
	return check_band(f->within, value_io, e) &&
	       (!f->scaled || shift(l, f, slots[f->scale_slot], value_io, e));
}

bool token_plain(struct str at, yyjson_val *v, struct dec *ret, struct err *e)
{
	static const struct price_field any = { .type = TOKEN_ANY };

	return token_check(&any, at, v, e) &&
	       (dec_parse(json_raw(v), ret, e) || err_wrap(e, "%.*s", STR_FMT(at)));
}

struct str token_raw(yyjson_val *v, struct arena *a)
{
	BUF_AUTO(text, SIZE_MAX / 2);

	if (!yyjson_is_obj(v))
		return json_raw(v);
	json_add_value(&text, v);
	return arena_str(a, buf_str(&text));
}

bool token_is_zero(yyjson_val *v)
{
	struct str unused;
	struct dec value;
	struct err ignored;

	if (yyjson_is_obj(v))
		return money_read(v, &value, &unused, &ignored) && dec_is_zero(&value);
	return (yyjson_is_str(v) || yyjson_is_raw(v)) && dec_parse(json_raw(v), &value, &ignored) &&
	       dec_is_zero(&value);
}
