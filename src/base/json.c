#include "base/json.h"

#include "base/clock.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <stdlib.h>

static const yyjson_read_flag read_flags =
	YYJSON_READ_NUMBER_AS_RAW | YYJSON_READ_ALLOW_INVALID_UNICODE;

/* In place the bytes have been overwritten, so the position is all that can be told. */
static bool parse_error(const yyjson_read_err *why, struct err *e)
{
	return err_set(e, ERR_PARSE, "not valid JSON: %s at byte %zu", why->msg, why->pos);
}

bool json_read_insitu(char *bytes, size_t n, yyjson_doc **ret, struct err *e)
{
	yyjson_read_err why;
	yyjson_doc *doc;

	if (n == 0)
		return err_set(e, ERR_PARSE, "not valid JSON: the document is empty");
	doc = yyjson_read_opts(bytes, n, read_flags | YYJSON_READ_INSITU, NULL, &why);
	if (!doc)
		return parse_error(&why, e);
	*ret = doc;
	return true;
}

bool json_read(struct str bytes, yyjson_doc **ret, struct err *e)
{
	/* Without YYJSON_READ_INSITU the input is not written to, whatever its type says. */
	char *input = (char *)(uintptr_t)bytes.at;
	yyjson_read_err why;
	yyjson_doc *doc;

	if (bytes.n == 0)
		return err_set(e, ERR_PARSE, "not valid JSON: the document is empty");
	doc = yyjson_read_opts(input, bytes.n, read_flags, NULL, &why);
	if (!doc)
		return parse_error(&why, e);
	*ret = doc;
	return true;
}

bool json_ends_early(struct str bytes)
{
	char *input = (char *)(uintptr_t)bytes.at; /* not written to, as above */
	yyjson_read_err why;
	yyjson_doc *doc;

	if (bytes.n == 0)
		return true;
	doc = yyjson_read_opts(input, bytes.n, read_flags, NULL, &why);
	yyjson_doc_free(doc);
	return !doc && why.code == YYJSON_READ_ERROR_UNEXPECTED_END;
}

/* The four digits of an escape "\\uXXXX" at `at`, or -1. */
static int escaped_unit(const char *at, const char *end)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	int unit = 0;

	if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
		return -1;
	for (int i = 2; i < 6; i++) {
		const char *digit = memchr(digits, at[i], sizeof(digits) - 1);
		int value = digit ? (int)(digit - digits) : -1;

		if (value < 0)
			return -1;
		unit = unit * 16 + (value > 15 ? value - 6 : value);
	}
	return unit;
}

static bool is_half(int unit, int which)
{
	return unit >= which && unit < which + 0x400;
}

size_t json_mend_surrogates(char *bytes, size_t n)
{
	enum { HIGH = 0xd800, LOW = 0xdc00 };
	const char *end = bytes + n;
	char *at = bytes;
	size_t mended = 0;

	while ((at = memchr(at, '\\', (size_t)(end - at)))) {
		int unit = escaped_unit(at, end);

		if (is_half(unit, HIGH) && is_half(escaped_unit(at + 6, end), LOW)) {
			at += 12;
		} else if (is_half(unit, HIGH) || is_half(unit, LOW)) {
			memcpy(at + 2, "fffd", 4);
			mended++;
			at += 6;
		} else {
			at += end - at < 2 ? 1 : 2; /* "\\\\" is no start of an escape */
		}
	}
	return mended;
}

const char *json_type(yyjson_val *v)
{
	if (!v)
		return "nothing";
	switch (yyjson_get_type(v)) {
	case YYJSON_TYPE_NULL:
		return "null";
	case YYJSON_TYPE_BOOL:
		return "a boolean";
	case YYJSON_TYPE_NUM:
	case YYJSON_TYPE_RAW:
		return "a number";
	case YYJSON_TYPE_STR:
		return "a string";
	case YYJSON_TYPE_ARR:
		return "an array";
	case YYJSON_TYPE_OBJ:
		return "an object";
	default:
		return "nothing";
	}
}

struct str json_raw(yyjson_val *v)
{
	if (!yyjson_is_str(v) && !yyjson_is_raw(v))
		return STR_NONE;
	return (struct str){ unsafe_yyjson_get_str(v), unsafe_yyjson_get_len(v) };
}

struct str json_str(yyjson_val *v, struct arena *a)
{
	return yyjson_is_str(v) ? utf8_clean(json_raw(v), a) : STR_NONE;
}

/* ---- writing ---- */

static void before_value(struct json_writer *w)
{
	if (w->comma)
		buf_add_char(w->out, ',');
	w->comma = true;
}

void json_open(struct json_writer *w, char bracket)
{
	before_value(w);
	buf_add_char(w->out, bracket);
	w->comma = false;
}

void json_close(struct json_writer *w, char bracket)
{
	buf_add_char(w->out, bracket);
	w->comma = true;
}

/* Up to eight bytes of which none needs an escape, which is nearly all there is. */
static bool plain8(const char *p, size_t n)
{
	const uint64_t ones = 0x0101010101010101U;
	const uint64_t tops = 0x8080808080808080U;
	uint64_t w = ones * ' ';
	uint64_t quote;
	uint64_t slash;

	memcpy(&w, p, n < sizeof(w) ? n : sizeof(w));
	quote = w ^ (ones * '"');
	slash = w ^ (ones * '\\');
	/* A byte below n has its top bit in (w - n) & ~w; false alarms only cost the slow way. */
	return !(
		(((w - ones * 0x20) & ~w) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash)) &
		tops);
}

void json_add_quoted(struct buf *out, struct str s)
{
	size_t from = 0;
	size_t i = 0;

	buf_add_char(out, '"');
	while (i < s.n) {
		unsigned char c = (unsigned char)s.at[i];

		if (plain8(s.at + i, s.n - i)) {
			i += 8;
			continue;
		}
		if (c < 0x20 || c == '"' || c == '\\') {
			buf_add(out, s.at + from, i - from);
			from = i + 1;
			if (c < 0x20)
				buf_printf(out, "\\u%04x", c);
			else
				buf_add(out, (char[]){ '\\', (char)c }, 2);
		}
		i++;
	}
	buf_add(out, s.at + from, s.n - from);
	buf_add_char(out, '"');
}

void json_key_str(struct json_writer *w, struct str key)
{
	before_value(w);
	json_add_quoted(w->out, key);
	buf_add_char(w->out, ':');
	w->comma = false;
}

void json_key(struct json_writer *w, const char *key)
{
	json_key_str(w, str_of(key));
}

void json_put_str(struct json_writer *w, struct str s)
{
	before_value(w);
	if (str_is_none(s)) {
		buf_add(w->out, "null", 4);
	} else {
		ARENA_AUTO(a);

		json_add_quoted(w->out, utf8_clean(s, &a));
	}
}

void json_put_i64(struct json_writer *w, int64_t n)
{
	before_value(w);
	buf_printf(w->out, "%" PRId64, n);
}

void json_put_bool(struct json_writer *w, bool yes)
{
	before_value(w);
	buf_add_str(w->out, yes ? STR("true") : STR("false"));
}

void json_put_raw(struct json_writer *w, struct str text)
{
	before_value(w);
	buf_add_str(w->out, str_is_none(text) ? STR("null") : text);
}

void json_add_str(struct json_writer *w, const char *key, struct str s)
{
	json_key(w, key);
	json_put_str(w, s);
}

void json_add_i64(struct json_writer *w, const char *key, int64_t n)
{
	json_key(w, key);
	json_put_i64(w, n);
}

void json_add_bool(struct json_writer *w, const char *key, bool yes)
{
	json_key(w, key);
	json_put_bool(w, yes);
}

void json_add_raw(struct json_writer *w, const char *key, struct str text)
{
	json_key(w, key);
	json_put_raw(w, text);
}

void json_add_instant(struct json_writer *w, const char *key, int64_t ms)
{
	char text[CLOCK_TEXT_MAX];

	json_add_str(w, key, ms == CLOCK_NONE ? STR_NONE : str_of(clock_text(ms, text)));
}

void json_add_known(struct json_writer *w, const char *key, int64_t n)
{
	if (n < 0)
		json_add_raw(w, key, STR_NONE);
	else
		json_add_i64(w, key, n);
}

void json_add_decimal(struct json_writer *w, const char *key, int64_t n, unsigned decimals)
{
	int64_t one = 1;

	if (n < 0 || decimals == 0) {
		json_add_known(w, key, n);
		return;
	}
	for (unsigned i = 0; i < decimals; i++)
		one *= 10;
	json_key(w, key);
	buf_printf(w->out, "%" PRId64 ".%0*" PRId64, n / one, (int)decimals, n % one);
	w->comma = true;
}

bool json_is_deeper(yyjson_val *v, unsigned levels)
{
	size_t n = unsafe_yyjson_get_len(v);
	bool object = yyjson_is_obj(v);
	yyjson_val *item;

	if (!object && !yyjson_is_arr(v))
		return false;
	if (levels == 0)
		return true;
	item = unsafe_yyjson_get_first(v);
	for (size_t i = 0; i < n; i++) {
		yyjson_val *value = object ? item + 1 : item;

		if (json_is_deeper(value, levels - 1))
			return true;
		item = unsafe_yyjson_get_next(value);
	}
	return false;
}

/* The writer's escape of U+0000, which no database takes, becomes U+FFFD; the new length. */
static size_t mend_nul(char *text, size_t n)
{
	const char *end = text + n;
	const char *from = text;
	char *to = text;
	char *escape;

	/* Each backslash begins an escape of two bytes or more: one pass, and "\\\\u0000" is none. */
	while ((escape = memchr(from, '\\', (size_t)(end - from)))) {
		bool nul = end - escape >= 6 && memcmp(escape, "\\u0000", 6) == 0;
		size_t plain = (size_t)(escape - from);

		memmove(to, from, plain);
		to += plain;
		memcpy(to, nul ? "\xef\xbf\xbd" : (char[]){ escape[0], escape[1], 0 }, nul ? 3 : 2);
		to += nul ? 3 : 2;
		from = escape + (nul ? 6 : 2);
	}
	memmove(to, from, (size_t)(end - from));
	return (size_t)(to - text) + (size_t)(end - from);
}

static void add_deep(struct buf *out, yyjson_val *v)
{
	size_t n;
	char *text = yyjson_val_write_opts(v, YYJSON_WRITE_ALLOW_INVALID_UNICODE, NULL, &n, NULL);

	if (!text)
		abort(); /* only for lack of memory: the value was parsed a moment ago */
	buf_add(out, text, mend_nul(text, n));
	free(text);
}

/* A string without U+0000, which no database takes; a number digit for digit. */
static void add_scalar(struct buf *out, yyjson_val *v)
{
	struct str raw = json_raw(v);

	if (yyjson_is_raw(v)) {
		buf_add_str(out, raw);
	} else if (!yyjson_is_str(v)) {
		buf_add_str(out, yyjson_is_true(v)    ? STR("true")
				 : yyjson_is_false(v) ? STR("false")
						      : STR("null"));
	} else if (raw.n && memchr(raw.at, '\0', raw.n)) {
		ARENA_AUTO(a);

		json_add_quoted(out, utf8_clean(raw, &a));
	} else {
		json_add_quoted(out, raw);
	}
}

enum { SHALLOW = 32 };

/* Bounded by SHALLOW: most values are small, and the library's writer allocates for each. */
static void add_shallow(struct buf *out, yyjson_val *v)
{
	bool object = yyjson_is_obj(v);
	size_t n = unsafe_yyjson_get_len(v);
	yyjson_val *item;

	if (!object && !yyjson_is_arr(v)) {
		add_scalar(out, v);
		return;
	}
	item = unsafe_yyjson_get_first(v);
	buf_add_char(out, object ? '{' : '[');
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_add_char(out, ',');
		if (object) {
			add_scalar(out, item);
			buf_add_char(out, ':');
			item++;
		}
		add_shallow(out, item);
		item = unsafe_yyjson_get_next(item);
	}
	buf_add_char(out, object ? '}' : ']');
}

void json_add_value(struct buf *out, yyjson_val *v)
{
	if (json_is_deeper(v, SHALLOW))
		add_deep(out, v);
	else
		add_shallow(out, v);
}
