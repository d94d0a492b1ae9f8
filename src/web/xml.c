#include "web/xml.h"

#include "base/utf8.h"

/* What stands for a byte; NULL: it stands for itself. */
static const char *escape_of(unsigned char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	case '\t':
	case '\n':
	case '\r':
		return " "; /* an attribute would lose them anyway */
	default:
		return c < ' ' || c == '\x7f' ? "\xef\xbf\xbd" : NULL;
	}
}

/* U+FFFE and U+FFFF, which are no characters. */
static bool is_noncharacter(const char *at, const char *end)
{
	return end - at >= 3 &&
	       (memcmp(at, "\xef\xbf\xbe", 3) == 0 || memcmp(at, "\xef\xbf\xbf", 3) == 0);
}

void xml_add(struct buf *out, struct str s)
{
	ARENA_AUTO(a);
	struct str clean = utf8_clean(s, &a);
	const char *end;

	if (clean.n == 0)
		return;
	end = clean.at + clean.n;
	for (const char *at = clean.at; at < end; at++) {
		const char *escape = escape_of((unsigned char)*at);

		if (escape) {
			buf_add_str(out, str_of(escape));
		} else if (is_noncharacter(at, end)) {
			buf_add_str(out, STR("\xef\xbf\xbd"));
			at += 2;
		} else {
			buf_add_char(out, *at);
		}
	}
}
