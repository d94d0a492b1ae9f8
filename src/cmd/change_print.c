#include "cmd/change_print.h"

#include "cmd/cmd.h"

static const char *colour_of(enum change_kind kind)
{
	switch (kind) {
	case CHANGE_ADDED:
	case CHANGE_RETURNED:
		return "\033[32m";
	case CHANGE_REMOVED:
	case CHANGE_MISSING:
		return "\033[31m";
	case CHANGE_DEPRECATED:
		return "\033[35m";
	case CHANGE_PRICE:
	case CHANGE_QUANTIZATION:
	case CHANGE_REPLACED:
	case CHANGE_CONTEXT:
	case CHANGE_CAPABILITY:
	case CHANGE_RENAMED:
	case CHANGE_SCHEMA:
	case CHANGE_CORRECTED:
	case CHANGE_KINDS:
		break;
	}
	return "\033[33m";
}

struct str change_print_mark_of(enum change_kind kind)
{
	if (kind == CHANGE_ADDED || kind == CHANGE_RETURNED)
		return STR("[ADDED]");
	if (kind == CHANGE_REMOVED || kind == CHANGE_MISSING)
		return STR("[REMOVED]");
	if (kind == CHANGE_SCHEMA)
		return STR("[SCHEMA]");
	return kind == CHANGE_DEPRECATED ? STR("[DEPRECATED]") : STR("[CHANGE]");
}

void change_print_mark(struct buf *out, struct str mark, enum change_kind kind, bool colour)
{
	buf_printf(out, "%s%.*s%s", colour ? colour_of(kind) : "", STR_FMT(mark),
		   colour ? "\033[0m" : "");
}

static void add_value(struct buf *out, struct str s)
{
	cmd_add_text(out, str_is_none(s) ? STR("(none)") : s);
}

static bool list_has(struct str list, struct str word)
{
	struct str item;
	bool more;

	do {
		more = str_cut(&list, ',', &item);
		if (str_eq(item, word))
			return true;
	} while (more);
	return false;
}

/* Of a comma-separated list what the other one lacks: eight capabilities, one of which moved. */
static struct str list_without(struct str list, struct str other, struct arena *a)
{
	BUF_AUTO(out, 4096);
	struct str item;
	bool more = list.n > 0;

	while (more) {
		more = str_cut(&list, ',', &item);
		if (list_has(other, item))
			continue;
		if (out.n)
			buf_add_char(&out, ',');
		buf_add_str(&out, item);
	}
	return out.n ? arena_str(a, buf_str(&out)) : STR_NONE;
}

static void add_values(struct buf *out, const struct change *c, struct arena *a)
{
	struct str before = c->old_value;
	struct str after = c->new_value;

	if (str_eq(c->field, STR("capabilities"))) {
		before = list_without(c->old_value, c->new_value, a);
		after = list_without(c->new_value, c->old_value, a);
	}
	add_value(out, before);
	buf_add_str(out, STR(" → "));
	add_value(out, after);
	if (!str_is_none(c->ratio))
		buf_printf(out, " (×%.*s)", STR_FMT(c->ratio));
}

/* ---- what is behind it ---- */

/* What the mark alone does not say. */
static struct str word_of(enum change_kind kind)
{
	if (kind == CHANGE_RETURNED)
		return STR("returned");
	return kind == CHANGE_MISSING ? STR("missing") : STR_NONE;
}

/* In parentheses, or nothing. */
static void add_words(struct buf *out, const struct str *words, size_t n)
{
	const char *before = " (";

	for (size_t i = 0; i < n; i++) {
		if (str_is_none(words[i]))
			continue;
		buf_printf(out, "%s", before);
		cmd_add_text(out, words[i]);
		before = ", ";
	}
	if (*before == ',')
		buf_add_char(out, ')');
}

static void add_tags(struct buf *out, const struct change *c, struct arena *a)
{
	enum { WORDS = 16 };
	struct str words[WORDS] = { word_of(c->kind) };
	size_t n = 1 + change_tags(c, a, &words[1], WORDS - 1);

	add_words(out, words, n);
}

void change_print_text(struct buf *out, const struct change *c, bool colour, struct arena *a)
{
	change_print_mark(out, change_print_mark_of(c->kind), c->kind, colour);
	buf_add_char(out, ' ');
	if (c->kind == CHANGE_CORRECTED) {
		buf_printf(out, "our own reading was corrected in %.*s places",
			   STR_FMT(c->new_value));
		return;
	}
	cmd_add_text(out, c->model);
	if (!str_is_none(c->field)) {
		buf_add_str(out, str_is_none(c->model) ? STR("") : STR(": "));
		cmd_add_text(out, c->field);
		buf_add_str(out, str_is_none(c->model) ? STR(": ") : STR(" "));
		add_values(out, c, a);
	}
	add_tags(out, c, a);
}

/* ---- many at once ---- */

enum { MEMBERS_SHOWN = 3 };

/* What became of the members of one incident. */
struct group {
	enum change_kind kind;
	struct str incident;
	size_t n;
	struct str shown[MEMBERS_SHOWN];
	bool printed;
};

struct groups {
	struct group *items;
	size_t n;
};

static struct group *find_group(struct groups *g, const struct change *c, struct arena *a)
{
	struct str incident = STR_NONE;

	if (c->kind == CHANGE_MISSING || c->kind == CHANGE_RETURNED || c->kind == CHANGE_REMOVED)
		incident = change_find_tag(c, STR("incident:"), a);
	if (str_is_none(incident))
		return NULL;
	for (size_t i = 0; i < g->n; i++)
		if (g->items[i].kind == c->kind && str_eq(g->items[i].incident, incident))
			return &g->items[i];
	g->items[g->n] = (struct group){ .kind = c->kind, .incident = incident };
	return &g->items[g->n++];
}

/* Each change's group, or NULL. */
static struct group **group_all(const struct change *items, size_t n, struct arena *a)
{
	struct groups groups = { arena_array(a, n + 1, struct group), 0 };
	struct group **of = arena_array(a, n + 1, struct group *);

	for (size_t i = 0; i < n; i++) {
		of[i] = find_group(&groups, &items[i], a);
		if (!of[i])
			continue;
		if (of[i]->n < MEMBERS_SHOWN)
			of[i]->shown[of[i]->n] = items[i].model;
		of[i]->n++;
	}
	return of;
}

static void print_group(struct buf *out, const struct group *g, bool colour)
{
	const struct str words[] = { word_of(g->kind), g->incident };

	change_print_mark(out, change_print_mark_of(g->kind), g->kind, colour);
	buf_printf(out, " %zu models", g->n);
	add_words(out, words, 2);
	for (size_t i = 0; i < g->n && i < MEMBERS_SHOWN; i++) {
		buf_add_str(out, i ? STR(", ") : STR(": "));
		cmd_add_text(out, g->shown[i]);
	}
	if (g->n > MEMBERS_SHOWN)
		buf_printf(out, " and %zu more", g->n - MEMBERS_SHOWN);
}

void change_print_list(struct buf *out, const struct change *items, size_t n, struct str prefix,
		       bool colour, struct arena *a)
{
	struct group **of = group_all(items, n, a);

	for (size_t i = 0; i < n; i++) {
		if (of[i] && of[i]->printed)
			continue;
		buf_add_str(out, prefix);
		if (of[i] && of[i]->n > 1)
			print_group(out, of[i], colour);
		else
			change_print_text(out, &items[i], colour, a);
		if (of[i])
			of[i]->printed = true;
		buf_add_char(out, '\n');
	}
}

/* ---- JSON ---- */

struct str change_print_event(enum change_kind kind)
{
	static const char *const names[CHANGE_KINDS] = {
		[CHANGE_ADDED] = "added",
		[CHANGE_REMOVED] = "removed",
		[CHANGE_MISSING] = "removed",
		[CHANGE_RETURNED] = "returned",
	};

	return names[kind] ? str_of(names[kind]) : STR("modified");
}

void change_print_detail(struct json_writer *w, const struct change *c, struct arena *a)
{
	json_key(w, arena_cstr(a, c->field));
	json_open(w, '{');
	json_add_str(w, "old", c->old_value);
	json_add_str(w, "new", c->new_value);
	if (!str_is_none(c->ratio))
		json_add_str(w, "ratio", c->ratio);
	if (!str_is_none(c->tags))
		json_add_raw(w, "tags", c->tags);
	json_close(w, '}');
}
