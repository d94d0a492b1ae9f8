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
	if (c->kind == CHANGE_RETURNED)
		buf_add_str(out, STR(" (returned)"));
	if (str_is_none(c->field))
		return;
	buf_printf(out, ": %.*s ", STR_FMT(c->field));
	add_values(out, c, a);
}

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
	json_close(w, '}');
}
