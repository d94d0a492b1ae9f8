/*
 * change_print: one change as people and programs read it, the same words in
 * every command: a line of text with its mark, and the pieces of a JSON event.
 * Which changes are shown, and what stands before and after them on the line,
 * is the command's.
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "core/change.h"

/*
 * [ADDED] [REMOVED] [CHANGE] [DEPRECATED] [SCHEMA]; a return is an addition, a model
 * that is missing a removal.
 */
struct str change_print_mark_of(enum change_kind kind);
/* `mark` in the colour of `kind`, or plain. */
void change_print_mark(struct buf *out, struct str mark, enum change_kind kind, bool colour);
/*
 * Mark, model, field, both values and their ratio, tags, without indentation and
 * line end.  Of a list of capabilities only what moved.  What a provider wrote is
 * printed as cmd_add_text() does.  Scratch memory is of `a`.
 */
void change_print_text(struct buf *out, const struct change *c, bool colour, struct arena *a);
/*
 * The changes of one sync, a line each behind `prefix`; what became of the members of
 * one incident is one line.
 */
void change_print_list(struct buf *out, const struct change *items, size_t n, struct str prefix,
		       bool colour, struct arena *a);
/* The word of an event, which is a difference of two states: added, removed, returned, modified. */
struct str change_print_event(enum change_kind kind);
/*
 * "FIELD": {"old", "new"}, and "ratio" and "tags" where there are any, into an open
 * object; only of a change with a field.
 */
void change_print_detail(struct json_writer *w, const struct change *c, struct arena *a);
