#include "base/json.h"
#include "base/log.h"
#include "cmd/change_print.h"
#include "cmd/cmd.h"
#include "cmd/snapshot_print.h"
#include "task/past.h"

static struct option_list slugs;
static bool json, exit_code;

static const struct option options[] = {
	{ "provider", 0, OPTION_LIST, &slugs, "SLUG...", "only these (all)", NULL },
	{ "json", 0, OPTION_FLAG, &json, NULL, "one JSON object a line", NULL },
	{ "exit-code", 0, OPTION_FLAG, &exit_code, NULL, "exit with 3 when nothing differs", NULL },
	{ 0 },
};

struct printing {
	struct cmd_context *c;
	bool colour;
	struct str provider; /* of the lines above */
	size_t added, removed, changes, changed;
};

/* ---- one model ---- */

/* A model that says nothing: what one that was not there is compared with. */
static struct model nothing(const struct model *like)
{
	return (struct model){ .id = like->id,
			       .context_length = MODEL_NO_COUNT,
			       .max_output_tokens = MODEL_NO_COUNT,
			       .deprecated_at_ms = CLOCK_NONE };
}

/* What it says now; in place of each old value, null. */
static void list_whole(const struct model *m, struct arena *a, struct changes *ret)
{
	struct model before = nothing(m);

	changes_between(&before, m, a, ret);
	for (size_t i = 0; i < ret->n; i++)
		ret->items[i].old_value = STR_NONE;
}

static bool is_modified(const struct store_move *m)
{
	return m->before && m->after;
}

/* Of one that is no modification. */
static enum change_kind kind_of(const struct store_move *m)
{
	return m->after ? CHANGE_ADDED : CHANGE_REMOVED;
}

static void json_move(struct printing *p, const struct store_move *m, const struct changes *list,
		      struct arena *a)
{
	struct json_writer w = { .out = p->c->out };

	json_open(&w, '{');
	json_add_str(&w, "event",
		     is_modified(m) ? STR("modified") : change_print_event(kind_of(m)));
	json_add_str(&w, "provider", m->provider);
	json_add_str(&w, "model", m->after ? m->after->id : m->before->id);
	json_key(&w, "details");
	json_open(&w, '{');
	for (size_t i = 0; i < list->n; i++)
		change_print_detail(&w, &list->items[i], a);
	json_close(&w, '}');
	json_close(&w, '}');
	buf_add_char(p->c->out, '\n');
}

static void text_line(struct printing *p, const struct change *c, struct arena *a)
{
	buf_add_str(p->c->out, STR("  "));
	change_print_text(p->c->out, c, p->colour, a);
	buf_add_char(p->c->out, '\n');
}

static void text_move(struct printing *p, const struct store_move *m, const struct changes *list,
		      struct arena *a)
{
	if (!str_same(p->provider, m->provider))
		buf_printf(p->c->out, "%.*s\n", STR_FMT(m->provider));
	p->provider = m->provider;
	if (!is_modified(m)) {
		struct change c = { .kind = kind_of(m),
				    .model = m->after ? m->after->id : m->before->id };

		text_line(p, &c, a);
		return;
	}
	for (size_t i = 0; i < list->n; i++)
		text_line(p, &list->items[i], a);
}

static void print_move(struct printing *p, const struct store_move *m)
{
	ARENA_AUTO(a);
	struct changes list = { 0 };

	if (is_modified(m))
		changes_between(m->before, m->after, &a, &list);
	else if (m->after)
		list_whole(m->after, &a, &list);
	if (is_modified(m) && list.n == 0)
		return;
	p->added += !m->before;
	p->removed += !m->after;
	p->changed += is_modified(m);
	p->changes += is_modified(m) ? list.n : 0;
	if (json)
		json_move(p, m, &list, &a);
	else
		text_move(p, m, &list, &a);
}

/* ---- all ---- */

static void json_message(struct buf *out, const char *event, struct str message)
{
	struct json_writer w = { .out = out };

	json_open(&w, '{');
	json_add_str(&w, "event", str_of(event));
	json_add_str(&w, "message", message);
	json_close(&w, '}');
	buf_add_char(out, '\n');
}

static const char *s_of(size_t n)
{
	return n == 1 ? "" : "s";
}

static void print_end(struct printing *p, const struct past_query *q)
{
	bool same = p->added + p->removed + p->changed == 0;
	struct buf *out = p->c->out;

	if (same && json)
		json_message(out, "no_change",
			     arena_printf(p->c->arena, "nothing differs between %.*s and %.*s",
					  STR_FMT(q->before), STR_FMT(q->after)));
	else if (same)
		buf_printf(out, "nothing differs\n");
	else if (!json)
		buf_printf(out, "%zu added, %zu removed, %zu change%s of %zu model%s\n", p->added,
			   p->removed, p->changes, s_of(p->changes), p->changed, s_of(p->changed));
}

/* Taken as empty, which whoever sees a whole catalog added wants to know. */
static void tell_empty(const struct past_moment *m)
{
	BUF_AUTO(names, SIZE_MAX / 2);

	for (size_t i = 0; i < m->n_without; i++)
		buf_printf(&names, "%s%.*s", i ? ", " : "", STR_FMT(m->without[i]));
	if (m->n_without > 0)
		log_event(LOG_WARN, "no state was known then: taken as empty",
			  LOG_STR("moment", m->typed), LOG_STR("providers", buf_str(&names)));
}

static void tell_without(const struct past_diff *d)
{
	tell_empty(&d->before);
	tell_empty(&d->after);
	if (d->before.nobody && d->after.nobody)
		log_event(LOG_WARN, "no state of any provider was known at either moment",
			  LOG_STR("old", d->before.typed), LOG_STR("new", d->after.typed));
}

static bool compare(struct cmd_context *c, const struct past_query *q, struct past_diff *d,
		    struct err *e)
{
	struct store *s = NULL;
	bool ok;

	if (!past_is_of_files(q) && !cmd_open_store(c, STORE_READ, &s, e))
		return false;
	ok = past_compare(s, q, c->arena, d, e);
	store_close(s);
	return ok;
}

static enum cmd_exit fail(struct cmd_context *c, const struct err *e)
{
	if (json)
		json_message(c->out, "error", str_of(e->text));
	return cmd_fail(e);
}

static enum cmd_exit run(struct cmd_context *c)
{
	struct printing p = { .c = c, .colour = cmd_colours() };
	struct past_query q = { .providers = slugs.items, .n_providers = slugs.n };
	struct past_diff d;
	struct err e;

	if (c->words.n != 2) {
		(void)err_set(&e, ERR_USAGE,
			      "assay diff: OLD and NEW, please, before --provider, which takes all "
			      "words behind it; assay diff --help lists what there is");
		return fail(c, &e);
	}
	q.before = c->words.items[0];
	q.after = c->words.items[1];
	for (size_t i = 0; i < slugs.n; i++)
		slugs.items[i] = cmd_slug(c, slugs.items[i]);
	if (!compare(c, &q, &d, &e))
		return fail(c, &e);
	tell_without(&d);
	for (size_t i = 0; i < d.n; i++)
		print_move(&p, &d.moves[i]);
	print_end(&p, &q);
	return exit_code && p.added + p.removed + p.changed == 0 ? CMD_UNCHANGED : CMD_DONE;
}

/* ---- help ---- */

enum { HELP_SNAPSHOTS = 20 };

static bool list_newest(struct cmd_context *c, struct store_snapshot **ret, size_t *ret_n,
			struct err *e)
{
	struct store_snapshot_query q = { .at_ms = CLOCK_NONE, .limit = HELP_SNAPSHOTS };
	struct store *s;
	bool ok;

	if (!cmd_open_store(c, STORE_READ, &s, e))
		return false;
	ok = store_list_snapshots(s, &q, c->arena, ret, ret_n, e);
	store_close(s);
	return ok;
}

/* Help is given with or without a database. */
static void help(struct cmd_context *c, const struct err *no_settings)
{
	struct err e = no_settings ? *no_settings : (struct err){ 0 };
	struct store_snapshot *all;
	size_t n;

	buf_add_char(c->out, '\n');
	if (no_settings || !list_newest(c, &all, &n, &e)) {
		buf_printf(c->out, "No states can be listed: %s\n", e.text);
		return;
	}
	if (n == 0) {
		buf_printf(c->out, "No state is stored yet (assay sync).\n");
		return;
	}
	buf_printf(c->out, "The newest %zu state%s:\n", n, s_of(n));
	for (size_t i = 0; i < n; i++)
		snapshot_print_line(c->out, &all[i]);
	buf_printf(c->out, "`assay snapshots` lists the rest.\n");
}

const struct cmd cmd_diff = {
	.name = "diff",
	.run = run,
	.needs = NEEDS_WORDS | NEEDS_REGISTRY,
	.synopsis = "OLD NEW [--provider SLUG...] [OPTIONS]",
	.summary = "how two states differ: hashes, times or files",
	.options = options,
	.help = help,
	.notes =
		"OLD and NEW are each the hash of a state or its first digits (four at least), a time\n"
		"like 2026-08-22T14:03:00Z or a date, or the path of a models_HASH.json.  A hash and a\n"
		"file are of one provider, a time is of the whole market or of the providers named;\n"
		"two files need no database.  A model that is not listed is removed here; `assay\n"
		"changes` waits for the proof.  Exit code 0, with or without differences.\n"
		"\n"
		"--json: {event, provider, model, details: {FIELD: {old, new, ratio}}}; event: added\n"
		"(every field, old is null), removed, modified; no_change and error have a message.\n",
};
