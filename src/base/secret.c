#include "base/secret.h"

#include <pthread.h>
#include <stdlib.h>

static struct {
	pthread_rwlock_t lock;
	struct str *spellings; /* malloc'd, as are their bytes */
	size_t n;
	bool begins[256]; /* some spelling begins, or once began, with this byte */
} hidden = { .lock = PTHREAD_RWLOCK_INITIALIZER };

/* ---- registering ---- */

static bool is_known(struct str spelling)
{
	for (size_t i = 0; i < hidden.n; i++) {
		if (str_eq(hidden.spellings[i], spelling))
			return true;
	}
	return false;
}

static void add_spelling(struct str spelling)
{
	char *copy;

	if (is_known(spelling))
		return;
	copy = malloc(spelling.n);
	hidden.spellings = realloc(hidden.spellings, (hidden.n + 1) * sizeof(*hidden.spellings));
	if (!copy || !hidden.spellings)
		abort();
	memcpy(copy, spelling.at, spelling.n);
	hidden.spellings[hidden.n].at = copy;
	hidden.spellings[hidden.n].n = spelling.n;
	hidden.n++;
	hidden.begins[(unsigned char)copy[0]] = true;
}

static void spell_json_as(struct str s, bool slashes, struct buf *out)
{
	static const char *const named[] = {
		['"'] = "\\\"", ['\\'] = "\\\\", ['\b'] = "\\b", ['\f'] = "\\f",
		['\n'] = "\\n", ['\r'] = "\\r",  ['\t'] = "\\t",
	};

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.at[i];

		if (c < sizeof(named) / sizeof(named[0]) && named[c])
			buf_add(out, named[c], 2);
		else if (c == '/' && slashes)
			buf_add(out, "\\/", 2);
		else if (c < 0x20)
			buf_printf(out, "\\u%04x", c);
		else
			buf_add_char(out, (char)c);
	}
}

static void spell_json(struct str s, struct buf *out)
{
	spell_json_as(s, false, out);
}

static void spell_json_slashes(struct str s, struct buf *out)
{
	spell_json_as(s, true, out);
}

static bool is_unreserved(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

static void spell_url_as(struct str s, const char digits[], struct buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.at[i];

		if (is_unreserved(c))
			buf_add_char(out, (char)c);
		else
			buf_add(out, (char[]){ '%', digits[c >> 4], digits[c & 15] }, 3);
	}
}

static void spell_url(struct str s, struct buf *out)
{
	spell_url_as(s, "0123456789ABCDEF", out);
}

static void spell_url_lower(struct str s, struct buf *out)
{
	spell_url_as(s, "0123456789abcdef", out);
}

static void take_spelling(struct str spelling)
{
	for (size_t i = 0; i < hidden.n; i++) {
		char *copy = (char *)(uintptr_t)hidden.spellings[i].at;

		if (!str_eq(hidden.spellings[i], spelling))
			continue;
		explicit_bzero(copy, spelling.n);
		free(copy);
		hidden.spellings[i] = hidden.spellings[--hidden.n];
		return;
	}
}

typedef void speller(struct str secret, struct buf *out);

static void each_spelling(struct str secret, void (*fn)(struct str))
{
	static speller *const spellers[] = { spell_json, spell_json_slashes, spell_url,
					     spell_url_lower };
	enum { LONGEST = 6 }; /* \u001f */
	BUF_SECRET_AUTO(spelling, SIZE_MAX / 2);

	if (secret.n < SECRET_MIN)
		return;
	(void)buf_reserve(&spelling, secret.n * LONGEST);
	(void)pthread_rwlock_wrlock(&hidden.lock);
	fn(secret);
	for (size_t i = 0; i < sizeof(spellers) / sizeof(spellers[0]); i++) {
		buf_clear(&spelling);
		spellers[i](secret, &spelling);
		fn(buf_str(&spelling));
	}
	(void)pthread_rwlock_unlock(&hidden.lock);
}

void secret_hide(struct str secret)
{
	each_spelling(secret, add_spelling);
}

void secret_forget(struct str secret)
{
	each_spelling(secret, take_spelling);
}

/* ---- masking; all below runs under the read lock ---- */

/* Length of the longest spelling that begins at text[at]; 0: none. */
static size_t match_at(struct str text, size_t at)
{
	struct str rest = { text.at + at, text.n - at };
	size_t longest = 0;

	if (!hidden.begins[(unsigned char)rest.at[0]])
		return 0;
	for (size_t i = 0; i < hidden.n; i++) {
		if (hidden.spellings[i].n > longest && str_starts(rest, hidden.spellings[i]))
			longest = hidden.spellings[i].n;
	}
	return longest;
}

/*
 * The next stretch [*start, *end) that secrets cover and that begins in [from,
 * until); overlapping ones are one stretch.  None: *start = *end = until.
 */
static void next_hit(struct str text, size_t from, size_t until, size_t *start, size_t *end)
{
	*start = *end = until;
	for (size_t i = from; i < until; i++) {
		size_t n = match_at(text, i);

		if (n == 0)
			continue;
		*start = i;
		*end = i + n;
		break;
	}
	for (size_t i = *start; i < *end; i++) {
		size_t n = match_at(text, i);

		if (i + n > *end)
			*end = i + n;
	}
}

static void mask_whole(struct buf *b)
{
	struct str text = buf_str(b);
	struct buf masked = BUF_INIT(b->max);
	size_t at = 0;
	size_t start;
	size_t end;

	next_hit(text, 0, text.n, &start, &end);
	if (start == end)
		return;
	while (start < end) {
		buf_add(&masked, text.at + at, start - at);
		buf_add_str(&masked, STR(SECRET_MASK));
		at = end;
		next_hit(text, at, text.n, &start, &end);
	}
	buf_add(&masked, text.at + at, text.n - at);
	masked.overflowed |= b->overflowed;
	buf_release(b);
	*b = masked;
}

void secret_mask(struct buf *b)
{
	(void)pthread_rwlock_rdlock(&hidden.lock);
	mask_whole(b);
	(void)pthread_rwlock_unlock(&hidden.lock);
}

struct window {
	char *at;
	size_t n, room;
};

/* False when not all of it fitted. */
static bool window_add(struct window *w, const char *bytes, size_t n)
{
	size_t fits = n < w->room - w->n ? n : w->room - w->n;

	if (fits)
		memcpy(w->at + w->n, bytes, fits);
	w->n += fits;
	return fits == n;
}

static bool mask_window(struct str text, struct window *w)
{
	size_t at = 0;

	while (at < text.n) {
		size_t left = w->room - w->n;
		/* A secret that begins beyond what still fits need not be looked for. */
		size_t until = text.n - at <= left ? text.n : at + left + 1;
		size_t start;
		size_t end;

		next_hit(text, at, until, &start, &end);
		if (!window_add(w, text.at + at, start - at) ||
		    (start < end && !window_add(w, SECRET_MASK, sizeof(SECRET_MASK) - 1)))
			return false;
		at = end;
	}
	return true;
}

size_t secret_mask_into(struct str text, char *out, size_t room, bool *ret_cut)
{
	struct window w = { .at = out, .room = room };

	(void)pthread_rwlock_rdlock(&hidden.lock);
	*ret_cut = !mask_window(text, &w);
	(void)pthread_rwlock_unlock(&hidden.lock);
	return w.n;
}

/* The longest end of `text` that this spelling begins with and goes beyond. */
static size_t begun_of(struct str text, struct str spelling)
{
	size_t n = text.n < spelling.n ? text.n : spelling.n - 1;

	while (n >= SECRET_MIN && memcmp(text.at + text.n - n, spelling.at, n) != 0)
		n--;
	return n >= SECRET_MIN ? n : 0;
}

size_t secret_begun(struct str text)
{
	size_t longest = 0;

	(void)pthread_rwlock_rdlock(&hidden.lock);
	for (size_t i = 0; i < hidden.n; i++) {
		size_t n = begun_of(text, hidden.spellings[i]);

		longest = n > longest ? n : longest;
	}
	(void)pthread_rwlock_unlock(&hidden.lock);
	return longest;
}
