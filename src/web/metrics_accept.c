#include "web/metrics.h"

enum { Q_MAX = 1000, Q_DIGITS = 3 };

/* "0.75" in thousandths; what is no such number weighs nothing. */
static int parse_q(struct str text)
{
	struct str whole;
	char digits[Q_DIGITS] = { '0', '0', '0' };
	int64_t ones, thousandths;

	if (!str_cut(&text, '.', &whole))
		text = STR("");
	if (text.n > Q_DIGITS || !str_to_i64(whole, 0, 1, &ones))
		return 0;
	memcpy(digits, text.at, text.n);
	if (!str_to_i64((struct str){ digits, Q_DIGITS }, 0, Q_MAX, &thousandths))
		return 0;
	return ones ? Q_MAX : (int)thousandths;
}

static struct str unquoted(struct str value)
{
	if (value.n >= 2 && value.at[0] == '"' && value.at[value.n - 1] == '"')
		return (struct str){ value.at + 1, value.n - 2 };
	return value;
}

/* One element of Accept: what it names, and how much it weighs. */
struct range {
	struct str type, version; /* version: absent where not said */
	int q;
};

static struct range parse_range(struct str text)
{
	struct range r = { .q = Q_MAX };
	struct str part, name;
	bool more = str_cut(&text, ';', &part);

	r.type = str_trim(part);
	while (more) {
		more = str_cut(&text, ';', &part);
		if (!str_cut(&part, '=', &name))
			continue;
		name = str_trim(name);
		part = unquoted(str_trim(part));
		if (str_eq_nocase(name, STR("q")))
			r.q = parse_q(part);
		else if (str_eq_nocase(name, STR("version")))
			r.version = part;
	}
	return r;
}

/* How near a range comes to a type: the nearest one's weight counts (RFC 9110, 12.5.1); 0: not at all. */
static int nearness(const struct range *r, struct str type, struct str any_subtype)
{
	if (str_eq_nocase(r->type, type))
		return 3;
	if (str_eq_nocase(r->type, any_subtype))
		return 2;
	return str_eq(r->type, STR("*/*"));
}

static bool is_version(const struct range *r, const char *a, const char *b)
{
	return str_is_none(r->version) || str_eq(r->version, str_of(a)) ||
	       str_eq(r->version, str_of(b));
}

bool metrics_wants_openmetrics(struct str accept)
{
	int q_open = 0, q_text = 0, near_text = 0;
	struct str element;
	bool more = !str_is_none(accept);

	while (more) {
		struct range r;
		int near;

		more = str_cut(&accept, ',', &element);
		r = parse_range(element);
		if (str_eq_nocase(r.type, STR("application/openmetrics-text"))) {
			if (is_version(&r, "1.0.0", "0.0.1") && r.q > q_open)
				q_open = r.q;
			continue;
		}
		near = nearness(&r, STR("text/plain"), STR("text/*"));
		if (near > near_text || (near && near == near_text && r.q > q_text)) {
			near_text = near;
			q_text = r.q;
		}
	}
	return q_open > 0 && q_open >= q_text;
}
