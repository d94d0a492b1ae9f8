#include "task/push_target.h"

#include "base/buf.h"
#include "base/clock.h"

#include <ctype.h>

enum { PATH_MAX_BYTES = 1000 };

static const char *const words[] = { "yyyy", "mm", "dd", "hhmm", "batch", "host" };
enum word { YYYY, MM, DD, HHMM, BATCH, HOST, WORDS };

static enum word find_word(struct str name)
{
	enum word w = 0;

	while (w < WORDS && !str_eq(name, str_of(words[w])))
		w++;
	return w;
}

/*
 * Cut off the next piece: plain text (*ret WORDS), or a word.  False where nothing is left;
 * *ret_bad: a brace that opens no word, or closes none.
 */
static bool next_piece(struct str *rest, struct str *ret_text, enum word *ret, bool *ret_bad)
{
	const char *brace = rest->n ? memchr(rest->at, '{', rest->n) : NULL;
	size_t plain = brace ? (size_t)(brace - rest->at) : rest->n;

	*ret = WORDS;
	*ret_bad = false;
	if (plain > 0) {
		*ret_text = (struct str){ rest->at, plain };
		*rest = (struct str){ rest->at + plain, rest->n - plain };
		*ret_bad = memchr(ret_text->at, '}', plain) != NULL;
		return true;
	}
	if (rest->n == 0)
		return false;
	*rest = (struct str){ rest->at + 1, rest->n - 1 };
	if (!str_cut(rest, '}', ret_text)) {
		*rest = STR("");
		*ret_bad = true;
	}
	*ret = find_word(*ret_text);
	*ret_bad |= *ret == WORDS;
	return true;
}

static bool is_path(struct str path)
{
	struct str rest = path;
	struct str name;
	bool more;

	do {
		more = str_cut(&rest, '/', &name);
		if (name.n == 0 || str_eq(name, STR(".")) || str_eq(name, STR("..")))
			return false;
	} while (more);
	for (size_t i = 0; i < path.n; i++)
		if ((unsigned char)path.at[i] < 0x20 || path.at[i] == 0x7f || path.at[i] == '\\')
			return false;
	return path.n <= PATH_MAX_BYTES;
}

bool push_check_target(struct str target, struct err *e)
{
	struct str rest = target;
	struct str text;
	enum word word;
	bool bad;

	while (next_piece(&rest, &text, &word, &bad))
		if (bad)
			return err_set(e, ERR_USAGE,
				       "\"%s\": between braces may stand yyyy, mm, dd, hhmm, batch "
				       "and host",
				       err_quote(target.at, target.n));
	if (!is_path(target))
		return err_set(e, ERR_USAGE, "\"%s\" is not a path in a dataset, such as %s",
			       err_quote(target.at, target.n), PUSH_TARGET_DEFAULT);
	return (!str_eq(target, STR("README.md")) && !str_eq(target, STR(".gitattributes"))) ||
	       err_set(e, ERR_USAGE, "\"%s\" is for something else in a dataset",
		       err_quote(target.at, target.n));
}

bool push_target_is_unique(struct str target)
{
	static const char batch[] = "{batch}";

	return memmem(target.at, target.n, batch, sizeof(batch) - 1) != NULL;
}

/* A host's name must stay one name of a path. */
static void add_name(struct buf *out, struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.at[i];

		buf_add_char(out, isalnum(c) || c == '.' || c == '-' ? (char)c : '-');
	}
}

/* "2026-08-22T14:03:00.000Z": where each word stands. */
static void add_word(struct buf *out, enum word word, const struct push_target_words *w)
{
	char text[CLOCK_TEXT_MAX];
	const char *at = clock_text(w->at_ms, text);

	switch (word) {
	case YYYY:
		buf_add(out, at, 4);
		break;
	case MM:
		buf_add(out, at + 5, 2);
		break;
	case DD:
		buf_add(out, at + 8, 2);
		break;
	case HHMM:
		buf_add(out, at + 11, 2);
		buf_add(out, at + 14, 2);
		break;
	case BATCH:
		add_name(out, w->batch);
		break;
	case HOST:
		add_name(out, w->host);
		break;
	default:
		break;
	}
}

struct str push_target(struct str target, const struct push_target_words *w, struct arena *a)
{
	BUF_AUTO(out, 16 * PATH_MAX_BYTES);
	struct str rest = target;
	struct str text;
	enum word word;
	bool bad;

	while (next_piece(&rest, &text, &word, &bad)) {
		if (word == WORDS)
			buf_add_str(&out, text);
		else
			add_word(&out, word, w);
	}
	return arena_str(a, buf_str(&out));
}

/* Up to the last '/' before the first word; all that lies below, of that kind. */
struct str push_target_pattern(struct str target, struct arena *a)
{
	const char *brace = memchr(target.at, '{', target.n);
	const char *slash;
	const char *dot;
	size_t folder;

	if (!brace)
		return arena_str(a, target);
	slash = memrchr(target.at, '/', (size_t)(brace - target.at));
	folder = slash ? (size_t)(slash - target.at) + 1 : 0;
	dot = memrchr(target.at, '.', target.n);
	if (!dot || memchr(dot, '}', (size_t)(target.at + target.n - dot)) ||
	    memchr(dot, '/', (size_t)(target.at + target.n - dot)))
		return arena_printf(a, "%.*s**", (int)folder, target.at);
	return arena_printf(a, "%.*s**/*%.*s", (int)folder, target.at,
			    (int)(target.at + target.n - dot), dot);
}
