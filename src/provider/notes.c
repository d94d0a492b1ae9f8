#include "provider/notes.h"

#include "base/err.h"

static bool is_foreign(const struct note *note)
{
	return note->kind == NOTE_UNKNOWN_KEY || note->kind == NOTE_UNKNOWN_WORD ||
	       note->kind == NOTE_UNKNOWN_QUANTIZATION;
}

static struct note *find(const struct notes *n, const struct note *note)
{
	for (size_t i = 0; i < n->n; i++)
		if (n->items[i].kind == note->kind && str_eq(n->items[i].word, note->word) &&
		    str_eq(n->items[i].at, note->at))
			return &n->items[i];
	return NULL;
}

void notes_add(struct notes *n, struct note note, struct arena *a)
{
	struct note *known = find(n, &note);

	if (known) {
		known->rows += note.rows;
		return;
	}
	if (is_foreign(&note) && n->n_foreign == NOTES_FOREIGN_MAX)
		return;
	n->n_foreign += is_foreign(&note);
	if (n->n == n->room) {
		struct note *grown;

		n->room = n->room ? n->room * 2 : 8;
		grown = arena_array(a, n->room, struct note);
		if (n->n)
			memcpy(grown, n->items, n->n * sizeof(*grown));
		n->items = grown;
	}
	n->items[n->n++] = note;
}

void notes_gather(struct notes *n, const struct notes *more, struct arena *a)
{
	for (size_t i = 0; i < more->n; i++)
		notes_add(n, more->items[i], a);
}

struct str note_text(const struct note *note, struct arena *a)
{
	struct str rows = arena_printf(a, "%zu row%s", note->rows, note->rows == 1 ? "" : "s");

	switch (note->kind) {
	case NOTE_UNKNOWN_KEY:
		return arena_printf(a, "unknown key \"%s\" %s%.*s in %.*s: not read",
				    err_quote(note->word.at, note->word.n),
				    note->at.n ? "under " : "of the row", STR_FMT(note->at),
				    STR_FMT(rows));
	case NOTE_UNKNOWN_WORD:
		return arena_printf(a, "unknown word \"%s\" at %.*s in %.*s: taken as not said",
				    err_quote(note->word.at, note->word.n), STR_FMT(note->at),
				    STR_FMT(rows));
	case NOTE_UNKNOWN_QUANTIZATION:
		return arena_printf(a, "unknown quantization \"%s\" at %.*s in %.*s",
				    err_quote(note->word.at, note->word.n), STR_FMT(note->at),
				    STR_FMT(rows));
	case NOTE_NO_SUCH_PRICE:
		return arena_printf(a,
				    "%.*s in %.*s: no price that rows of this kind have, not read",
				    STR_FMT(note->at), STR_FMT(rows));
	case NOTE_NO_DATE:
		return arena_printf(a, "%.*s in %.*s: not a date, taken as not said",
				    STR_FMT(note->at), STR_FMT(rows));
	case NOTE_NO_PREFIX:
		return arena_printf(a,
				    "%.*s in %.*s: does not begin with \"%.*s\", taken as not said",
				    STR_FMT(note->at), STR_FMT(rows), STR_FMT(note->word));
	case NOTE_NO_END:
		return arena_printf(a,
				    "%.*s in %.*s: %.*s is not a date, its end taken as not said",
				    STR_FMT(note->at), STR_FMT(rows), STR_FMT(note->word));
	case NOTE_FACTOR_IS_ABSENT:
		return arena_printf(a, "%.*s in %.*s: unpublished, %.*s is absent or 0",
				    STR_FMT(note->at), STR_FMT(rows), STR_FMT(note->word));
	case NOTE_EMPTY_ANSWER:
		return arena_printf(a,
				    "%.*s: an answer is empty: fields that no other answer says"
				    " keep their last value",
				    STR_FMT(note->at));
	case NOTE_NO_SHAPE:
		return arena_printf(a, "list %.*s: too many different places in its rows to watch",
				    STR_FMT(note->at));
	}
	return STR("");
}

/* The length of " in N rows" at the start of a text, 0: something else stands there. */
static size_t rows_said(struct str text)
{
	static const struct str in = { " in ", 4 };
	static const struct str rows = { " row", 4 };
	size_t n = in.n;

	if (!str_starts(text, in))
		return 0;
	while (n < text.n && text.at[n] >= '0' && text.at[n] <= '9')
		n++;
	if (n == in.n || !str_starts((struct str){ text.at + n, text.n - n }, rows))
		return 0;
	n += rows.n;
	return n + (n < text.n && text.at[n] == 's');
}

struct str note_key(struct str text, struct arena *a)
{
	char *out = arena_alloc(a, text.n + 1);
	size_t n = 0;

	while (text.n) {
		size_t said = rows_said(text);

		if (!said) {
			out[n++] = *text.at;
			said = 1;
		}
		text.at += said;
		text.n -= said;
	}
	out[n] = '\0';
	return (struct str){ out, n };
}
