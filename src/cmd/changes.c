#include "cmd/change_print.h"
#include "cmd/cmd.h"
#include "core/change_json.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

/* Ids of one read while following: nobody is kept waiting by it, and it lies in memory. */
enum { PAGE = 2000, POLL_MS = 1000 };

static struct str since, provider, model;
static struct option_list kinds;
static uint64_t limit;
static bool follow, undelivered, json;

static const struct option options[] = {
	{ "since", 0, OPTION_TEXT, &since, "TIME", "at or after that, RFC 3339 or a date", NULL },
	{ "provider", 0, OPTION_TEXT, &provider, "SLUG", "only this provider", NULL },
	{ "kind", 0, OPTION_LIST, &kinds, "KIND...", "only these kinds", NULL },
	{ "model", 0, OPTION_TEXT, &model, "ID", "only the model of this id", NULL },
	{ "limit", 0, OPTION_COUNT, &limit, "N", "only the newest N (all)", NULL },
	{ "follow", 0, OPTION_FLAG, &follow, NULL, "go on with what comes, until interrupted",
	  NULL },
	{ "undelivered", 0, OPTION_FLAG, &undelivered, NULL,
	  "only those that somebody is still to be told", NULL },
	{ "json", 0, OPTION_FLAG, &json, NULL, "one JSON object a line", NULL },
	{ 0 },
};

/* Changes of one sync, which are shown together. */
struct batch {
	struct str provider;
	int64_t at_ms;
	struct changes changes;
};

struct run {
	struct cmd_context *c;
	struct store *store;
	struct store_change_query query;
	bool kinds[CHANGE_KINDS];
	bool colour;
	struct arena arena; /* of the batch */
	struct batch batch;
	bool began;   /* what there was is told */
	int64_t seen; /* up to that id */
};

/* ---- what is asked for ---- */

static bool choose_kind(struct run *r, struct str name, struct err *e)
{
	BUF_AUTO(known, 1024);
	size_t i = 0;

	while (i < CHANGE_KINDS && !str_eq(name, str_of(change_kind_names[i])))
		i++;
	if (i < CHANGE_KINDS) {
		r->kinds[i] = true;
		return true;
	}
	for (i = 0; i < CHANGE_KINDS; i++)
		buf_printf(&known, "%s%s", i ? ", " : "", change_kind_names[i]);
	return err_set(e, ERR_USAGE, "--kind: \"%s\" is none; there are: %s",
		       err_quote(name.at, name.n), buf_str(&known).at);
}

static bool choose_since(struct run *r, struct err *e)
{
	struct err detail;

	r->query.since_ms = CLOCK_NONE;
	if (str_is_none(since) || clock_parse(since, &r->query.since_ms, &detail))
		return true;
	return err_set(
		e, ERR_USAGE,
		"--since: \"%s\" is no RFC 3339 time such as 2026-08-22T14:03:00Z and no date",
		err_quote(since.at, since.n));
}

static bool choose(struct run *r, struct err *e)
{
	r->query.provider = cmd_slug(r->c, provider);
	r->query.model = model;
	r->query.limit = limit;
	r->query.undelivered = undelivered;
	if (follow && undelivered)
		return err_set(e, ERR_USAGE, "--follow and --undelivered exclude each other");
	for (size_t i = 0; i < kinds.n; i++)
		if (!choose_kind(r, kinds.items[i], e))
			return false;
	r->query.kinds = kinds.n ? r->kinds : NULL;
	return choose_since(r, e);
}

/* ---- printing ---- */

static void json_row(struct run *r, const struct store_change_row *row)
{
	struct json_writer w = { .out = r->c->out };

	change_json(&w, row->id, row->at_ms, row->provider, &row->change);
	buf_add_char(r->c->out, '\n');
}

static void print_batch(struct run *r)
{
	struct batch *b = &r->batch;
	BUF_AUTO(prefix, 1024);
	char at[CLOCK_TEXT_MAX];

	if (b->changes.n == 0)
		return;
	buf_printf(&prefix, "%s %.*s ", clock_text(b->at_ms, at), STR_FMT(b->provider));
	change_print_list(r->c->out, b->changes.items, b->changes.n, buf_str(&prefix), r->colour,
			  &r->arena);
	*b = (struct batch){ 0 };
}

static struct change keep(struct arena *a, const struct change *c)
{
	return (struct change){
		.kind = c->kind,
		.model = arena_str(a, c->model),
		.field = arena_str(a, c->field),
		.old_value = arena_str(a, c->old_value),
		.new_value = arena_str(a, c->new_value),
		.ratio = arena_str(a, c->ratio),
		.tags = arena_str(a, c->tags),
	};
}

static void add_to_batch(struct run *r, const struct store_change_row *row)
{
	struct batch *b = &r->batch;

	if (b->changes.n && (b->at_ms != row->at_ms || !str_eq(b->provider, row->provider)))
		print_batch(r);
	if (b->changes.n == 0) {
		b->at_ms = row->at_ms;
		b->provider = arena_str(&r->arena, row->provider);
	}
	changes_add(&b->changes, &r->arena, keep(&r->arena, &row->change));
}

static bool on_row(void *arg, const struct store_change_row *row, struct err *e)
{
	struct run *r = arg;

	(void)e;
	if (json)
		json_row(r, row);
	else
		add_to_batch(r, row);
	return true;
}

/* What is shown is over, or the newest there is: nothing more can belong to the batch. */
static void show(struct run *r)
{
	print_batch(r);
	arena_release(&r->arena);
	r->arena = ARENA_INIT;
}

/* ---- following ---- */

/* A reading that failed is as if it had never been: it is done again. */
static bool read_changes(struct run *r, const struct store_change_query *q, struct err *e)
{
	struct batch before = r->batch;

	if (store_list_changes(r->store, q, on_row, r, e))
		return true;
	buf_clear(r->c->out);
	r->batch = before;
	return false;
}

static bool read_page(struct run *r, int64_t newest, struct err *e)
{
	struct store_change_query q = r->query;

	q.limit = 0;
	q.after_id = r->seen;
	q.up_to_id = newest - r->seen > PAGE ? r->seen + PAGE : newest;
	if (!read_changes(r, &q, e))
		return false;
	r->seen = q.up_to_id;
	cmd_flush(r->c);
	return true;
}

/* All that there is by now. */
static bool read_on(struct run *r, struct err *e)
{
	struct store_change_query first = r->query;
	int64_t newest;

	if (!store_newest_change(r->store, &newest, e))
		return false;
	if (!r->began) {
		first.up_to_id = newest;
		if (newest && !read_changes(r, &first, e))
			return false;
		r->began = true;
		r->seen = newest;
	}
	while (r->seen < newest)
		if (!read_page(r, newest, e))
			return false;
	show(r);
	cmd_flush(r->c);
	return true;
}

/* Who read our pipe has gone (`| head`): without this it would take the next change to tell. */
static bool is_heard(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO };

	return poll(&out, 1, 0) <= 0 || !(out.revents & (POLLERR | POLLHUP));
}

/* Until it is time to look again; false: somebody wants us to stop. */
static bool wait_for_more(const sigset_t *signals)
{
	const struct timespec time = { POLL_MS / 1000, POLL_MS % 1000 * 1000000L };

	return sigtimedwait(signals, NULL, &time) < 0;
}

static enum cmd_exit follow_changes(struct run *r)
{
	sigset_t signals;
	struct err e;

	/* They wait until we look, so that a line is never cut in two. */
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);
	do {
		if (!read_on(r, &e) && e.kind != ERR_BUSY)
			return cmd_fail(&e);
	} while (!r->c->output_failed && is_heard() && wait_for_more(&signals));
	return CMD_DONE;
}

/* ---- the command ---- */

static enum cmd_exit list_changes(struct run *r)
{
	struct err e;

	if (!store_list_changes(r->store, &r->query, on_row, r, &e))
		return cmd_fail(&e);
	show(r);
	return CMD_DONE;
}

static enum cmd_exit run(struct cmd_context *c)
{
	struct run r = { .c = c, .colour = cmd_colours() };
	enum cmd_exit code;
	struct err e;

	if (!choose(&r, &e) || !cmd_open_store(c, STORE_READ, &r.store, &e))
		return cmd_fail(&e);
	if (!str_is_none(provider) && !cmd_check_slug(c, r.store, r.query.provider, &e))
		code = cmd_fail(&e);
	else
		code = follow ? follow_changes(&r) : list_changes(&r);
	arena_release(&r.arena);
	store_close(r.store);
	return code;
}

const struct cmd cmd_changes = {
	.name = "changes",
	.run = run,
	.needs = NEEDS_REGISTRY,
	.synopsis = "[OPTIONS]",
	.summary = "what the providers changed, as every sync took it down",
	.options = options,
	.notes =
		"Kinds: added, missing (not listed any more), removed (that was confirmed), returned,\n"
		"price, quantization, deprecated, replaced, context, capability, renamed, schema (of\n"
		"a provider's document, not of one model), corrected (our own reading).  In text the\n"
		"members of one incident that went or came in one sync are one line.  Prices are in\n"
		"USD per one unit, exact.\n"
		"\n"
		"--json: {id, at, provider, model, kind, field, old, new, ratio, tags}; model is null\n"
		"where the change is of the provider.  Tags: reverted (to the value before the last),\n"
		"incident:N, since:TIME, fetches:N and lifecycle (the proof of a removal), suspect (a\n"
		"price that is held), then what became of it: accepted, refused, auto (accepted after\n"
		"repetition), superseded (by the next move).\n",
};
