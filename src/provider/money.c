#include "provider/money.h"

#include <inttypes.h>
#include <stdio.h>

enum member { CURRENCY, UNITS, NANOS, MEMBERS };

static const char *const names[MEMBERS] = { "currencyCode", "units", "nanos" };

bool money_is_currency(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.at[i] < 'A' || s.at[i] > 'Z')
			return false;
	return s.n == 3;
}

static bool member_of(yyjson_val *key, size_t *ret)
{
	for (*ret = 0; *ret < MEMBERS; ++*ret)
		if (yyjson_equals_str(key, names[*ret]))
			return true;
	return false;
}

/* The members, NULL where absent or null. */
static bool take_members(yyjson_val *v, yyjson_val *ret[MEMBERS], struct err *e)
{
	yyjson_obj_iter members = yyjson_obj_iter_with(v);
	unsigned seen = 0;
	yyjson_val *key;

	memset(ret, 0, MEMBERS * sizeof(*ret));
	while ((key = yyjson_obj_iter_next(&members))) {
		yyjson_val *value = yyjson_obj_iter_get_val(key);
		struct str name = json_raw(key);
		size_t i;

		if (!member_of(key, &i))
			return err_set(e, ERR_DATA, "unknown key \"%s\" in an amount of money",
				       err_quote(name.at, name.n));
		if (seen & 1U << i)
			return err_set(e, ERR_DATA, "%s stands twice in an amount of money",
				       names[i]);
		seen |= 1U << i;
		ret[i] = yyjson_is_null(value) ? NULL : value;
	}
	return true;
}

static bool bad_member(enum member which, struct err *e)
{
	return err_set(e, ERR_DATA, "%s is not that of an amount of money", names[which]);
}

bool money_read(yyjson_val *v, struct dec *ret, struct str *ret_currency, struct err *e)
{
	yyjson_val *members[MEMBERS];
	char text[DEC_TEXT_MAX];
	int64_t units = 0;
	int64_t nanos = 0;

	if (!take_members(v, members, e))
		return false;
	if (!members[UNITS] && !members[NANOS])
		return err_set(e, ERR_DATA, "money without units and nanos");
	/* What is left out beside the other is 0: so the format leaves zeros out. */
	if (members[UNITS] && !str_to_i64(json_raw(members[UNITS]), 0, INT64_MAX, &units))
		return bad_member(UNITS, e);
	if (members[NANOS] && (!yyjson_is_raw(members[NANOS]) ||
			       !str_to_i64(json_raw(members[NANOS]), 0, 999999999, &nanos)))
		return bad_member(NANOS, e);
	*ret_currency = STR_NONE;
	if (members[CURRENCY]) {
		*ret_currency = json_raw(members[CURRENCY]);
		if (!yyjson_is_str(members[CURRENCY]) || !money_is_currency(*ret_currency))
			return bad_member(CURRENCY, e);
	}
	(void)snprintf(text, sizeof(text), "%" PRId64 ".%09" PRId64, units, nanos);
	return dec_parse(str_of(text), ret, e);
}
