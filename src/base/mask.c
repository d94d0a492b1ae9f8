#include "base/mask.h"

#include "base/json.h"
#include "base/secret.h"
#include "base/utf8.h"

enum {
	VALUE_MAX = 4096,     /* bytes of one header's value, masked */
	OBJECT_MAX = 1 << 15, /* of all: what comes after is counted and left out */
};

/* Names in lower case. */
static const char *const secret_names[] = { "cookie",  "cookie2", "set-cookie", "set-cookie2",
					    "api-key", "apikey",  "x-auth-key" };
static const char *const secret_ends[] = { "-token", "-secret", "-api-key", "-security-key" };
static const char *const scheme_names[] = { "authorization", "proxy-authorization" };
static const char *const schemes[] = { "basic", "bearer", "digest", "key", "token" };

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static bool is_one_of(struct str name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq_nocase(name, str_of(names[i])))
			return true;
	}
	return false;
}

static bool ends_in_one_of(struct str name, const char *const *ends, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct str end = str_of(ends[i]);

		if (name.n >= end.n &&
		    str_eq_nocase((struct str){ name.at + name.n - end.n, end.n }, end))
			return true;
	}
	return false;
}

/* ---- one value ---- */

/* "Bearer abc": a word in front that is no scheme might be part of the secret. */
static void add_scheme(struct str value, struct buf *out)
{
	struct str scheme;

	if (str_cut(&value, ' ', &scheme) && is_one_of(scheme, schemes, LENGTH(schemes))) {
		buf_add_str(out, scheme);
		buf_add_char(out, ' ');
	}
}

static void add_secret_free(struct str text, struct buf *out)
{
	char masked[VALUE_MAX];
	bool cut;
	size_t n = secret_mask_into(text, masked, sizeof(masked), &cut);

	buf_add_str(out, cut ? utf8_whole((struct str){ masked, n }) : (struct str){ masked, n });
	if (cut)
		buf_add_str(out, STR("…"));
}

static void add_value(const struct mask_header *h, struct buf *out)
{
	struct str value = str_trim(h->value);

	if (is_one_of(h->name, scheme_names, LENGTH(scheme_names))) {
		add_scheme(value, out);
		buf_add_str(out, STR(SECRET_MASK));
	} else if (is_one_of(h->name, secret_names, LENGTH(secret_names)) ||
		   ends_in_one_of(h->name, secret_ends, LENGTH(secret_ends))) {
		buf_add_str(out, STR(SECRET_MASK));
	} else {
		add_secret_free(value, out);
	}
}

/* ---- the object ---- */

static void add_quoted(struct str text, struct buf *out)
{
	ARENA_AUTO(a);

	json_add_quoted(out, utf8_clean(text, &a));
}

static void add_name(struct str name, struct buf *out)
{
	BUF_AUTO(lower, VALUE_MAX * 2);

	add_secret_free(name, &lower);
	for (size_t i = 0; i < lower.n; i++) {
		if (lower.at[i] >= 'A' && lower.at[i] <= 'Z')
			lower.at[i] = (char)(lower.at[i] | 0x20);
	}
	add_quoted(buf_str(&lower), out);
}

static bool came_before(const struct mask_header *headers, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (str_eq_nocase(headers[i].name, headers[at].name))
			return true;
	}
	return false;
}

/* The header at `at` and all later ones of that name. */
static void add_member(const struct mask_header *headers, size_t n, size_t at, struct buf *out)
{
	BUF_AUTO(value, OBJECT_MAX);

	for (size_t i = at; i < n; i++) {
		if (!str_eq_nocase(headers[i].name, headers[at].name))
			continue;
		if (i > at)
			buf_add_str(&value, STR(", "));
		add_value(&headers[i], &value);
	}
	add_name(headers[at].name, out);
	buf_add_char(out, ':');
	add_quoted(buf_str(&value), out);
}

void mask_headers(const struct mask_header *headers, size_t n, struct buf *out)
{
	size_t begin = out->n;
	size_t left_out = 0;
	const char *comma = "";

	buf_add_char(out, '{');
	for (size_t i = 0; i < n; i++) {
		if (came_before(headers, i))
			continue;
		if (out->n - begin > OBJECT_MAX) {
			left_out++;
			continue;
		}
		buf_add_str(out, str_of(comma));
		add_member(headers, n, i, out);
		comma = ",";
	}
	if (left_out)
		buf_printf(out, ",\"…\":\"%zu more\"", left_out);
	buf_add_char(out, '}');
}

/* ---- a block as it came ---- */

/* The next line with those that continue it (they begin with white space), without its end. */
static struct str next_line(struct str *rest)
{
	struct str line = { rest->at, 0 };

	do {
		const char *lf = memchr(rest->at, '\n', rest->n);
		size_t n = lf ? (size_t)(lf - rest->at) + 1 : rest->n;

		line.n += n;
		*rest = (struct str){ rest->at + n, rest->n - n };
	} while (rest->n && (*rest->at == ' ' || *rest->at == '\t'));
	return str_trim(line);
}

void mask_header_block(struct str head, struct buf *out)
{
	ARENA_AUTO(a);
	struct mask_header *headers;
	size_t lines = 1;
	size_t n = 0;

	for (size_t i = 0; i < head.n; i++)
		lines += head.at[i] == '\n';
	headers = arena_array(&a, lines, struct mask_header);
	while (head.n) {
		struct str value = next_line(&head);
		struct str name;

		/* A status line has no name before its colon, should it have one. */
		if (!str_starts(value, STR("HTTP/")) && str_cut(&value, ':', &name) && name.n)
			headers[n++] = (struct mask_header){ str_trim(name), value };
	}
	mask_headers(headers, n, out);
}
