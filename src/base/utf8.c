#include "base/utf8.h"

#include <locale.h>
#include <pthread.h>
#include <wctype.h>

/*
 * Length of the well-formed sequence at p, or 0; *ret_bad is then how many
 * bytes form one maximal ill-formed part.  Table 3-7 of the Unicode standard.
 */
static size_t sequence(const unsigned char *p, size_t n, size_t *ret_bad)
{
	unsigned char low = 0x80;
	unsigned char high = 0xbf;
	size_t length;

	*ret_bad = 1;
	if (p[0] < 0x80)
		return p[0] != 0;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	length = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (p[0] == 0xe0)
		low = 0xa0;
	if (p[0] == 0xed)
		high = 0x9f;
	if (p[0] == 0xf0)
		low = 0x90;
	if (p[0] == 0xf4)
		high = 0x8f;
	for (size_t i = 1; i < length; i++) {
		if (i >= n || p[i] < low || p[i] > high) {
			*ret_bad = i;
			return 0;
		}
		low = 0x80;
		high = 0xbf;
	}
	return length;
}

/* Eight bytes of plain ASCII without NUL, which is nearly all there is. */
static bool plain8(const unsigned char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return !((w | (w - 0x0101010101010101U)) & 0x8080808080808080U);
}

/* Where the first thing to replace is, or s.n. */
static size_t first_unclean(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.at;
	size_t i = 0;

	while (i < s.n) {
		size_t bad;
		size_t length;

		if (s.n - i >= 8 && plain8(p + i)) {
			i += 8;
			continue;
		}
		length = sequence(p + i, s.n - i, &bad);
		if (length == 0)
			return i;
		i += length;
	}
	return i;
}

bool utf8_is_clean(struct str s)
{
	return first_unclean(s) == s.n;
}

struct str utf8_clean(struct str s, struct arena *a)
{
	size_t i = first_unclean(s);
	size_t n = i;
	char *out;

	if (i == s.n)
		return s;
	out = arena_alloc(a, s.n * 3 + 1); /* one bad byte becomes three */
	memcpy(out, s.at, i);
	while (i < s.n) {
		size_t bad;
		size_t length = sequence((const unsigned char *)s.at + i, s.n - i, &bad);

		if (length)
			memcpy(out + n, s.at + i, length);
		else
			memcpy(out + n, "\xef\xbf\xbd", 3);
		n += length ? length : 3;
		i += length ? length : bad;
	}
	out[n] = '\0';
	return (struct str){ out, n };
}

struct str utf8_whole(struct str s)
{
	enum { TAIL_MAX = 3 }; /* a longer end is no beginning of anything */
	size_t bad;

	for (size_t n = 1; n <= TAIL_MAX && n <= s.n; n++) {
		const unsigned char *p = (const unsigned char *)s.at + s.n - n;

		if (*p >= 0xc2 && sequence(p, n, &bad) == 0 && bad == n && (n > 1 || *p <= 0xf4))
			return (struct str){ s.at, s.n - n };
		if ((*p & 0xc0) != 0x80)
			break;
	}
	return s;
}

/* ---- lower case ---- */

static locale_t unicode;

static void find_unicode(void)
{
	unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

static uint32_t decode(const unsigned char *p, size_t n)
{
	uint32_t c = n == 1 ? p[0] : p[0] & (0xffU >> (n + 1));

	for (size_t i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3fU);
	return c;
}

static size_t encode(uint32_t c, char *to)
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	if (n == 1) {
		to[0] = (char)c;
		return 1;
	}
	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		to[i] = (char)(0x80 | (c & 0x3f));
	to[0] = (char)((0xf00U >> n & 0xff) | c);
	return n;
}

static bool is_low_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.at[i] >= 0x80 || (s.at[i] >= 'A' && s.at[i] <= 'Z'))
			return false;
	return true;
}

static uint32_t lower(uint32_t c)
{
	if (c < 0x80)
		return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
	return unicode ? (uint32_t)towlower_l((wint_t)c, unicode) : c;
}

struct str utf8_lower(struct str s, struct arena *a)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const unsigned char *p = (const unsigned char *)s.at;
	char *out;
	size_t n = 0;

	if (is_low_ascii(s))
		return s;
	(void)pthread_once(&once, find_unicode);
	/* Of two bytes there may become three; of one never more than one. */
	out = arena_alloc(a, s.n + s.n / 2 + 1);
	for (size_t i = 0; i < s.n;) {
		size_t bad;
		size_t length = sequence(p + i, s.n - i, &bad);

		if (length)
			n += encode(lower(decode(p + i, length)), out + n);
		else
			out[n++] = s.at[i];
		i += length ? length : 1;
	}
	out[n] = '\0';
	return (struct str){ out, n };
}
