#include "base/json.h"
#include "cmd/cmd.h"
#include "cmd/snapshot_print.h"
#include "task/past.h"

#include <inttypes.h>

static struct str provider;
static uint64_t limit;
static bool json;

static const struct option options[] = {
	{ "provider", 0, OPTION_TEXT, &provider, "SLUG", "only this provider", NULL },
	{ "limit", 0, OPTION_COUNT, &limit, "N", "only the newest N (all)", NULL },
	{ "json", 0, OPTION_FLAG, &json, NULL, "one JSON object", NULL },
	{ 0 },
};

struct listing {
	struct store_snapshot *items;
	size_t n;
	struct hash market;
	size_t providers;
	int64_t at_ms;
};

enum { SHOWN_DIGITS = 16 };

void snapshot_print_line(struct buf *out, const struct store_snapshot *s)
{
	char hash[HASH_TEXT_MAX];
	char from[CLOCK_TEXT_MAX];
	char last[CLOCK_TEXT_MAX];

	buf_printf(out, "  %.*s  %-22.*s %s  %s\n", SHOWN_DIGITS, hash_text(&s->hash, hash),
		   STR_FMT(s->provider), clock_text(s->first_ms, from),
		   clock_text(s->last_ms, last));
}

static void text_list(struct buf *out, const struct listing *l)
{
	char hash[HASH_TEXT_MAX];
	char from[CLOCK_TEXT_MAX];
	char last[CLOCK_TEXT_MAX];

	if (l->n > 0)
		buf_printf(out, "%8s %-22s %-16s %-24s %-24s %7s %7s %7s\n", "ID", "PROVIDER",
			   "HASH", "FROM", "LAST SEEN", "SYNCS", "MODELS", "PRICES");
	for (size_t i = 0; i < l->n; i++) {
		const struct store_snapshot *s = &l->items[i];

		buf_printf(out,
			   "%8" PRId64 " %-22.*s %.*s %s %s %7" PRIu64 " %7" PRIu64 " %7" PRIu64
			   "\n",
			   s->id, STR_FMT(s->provider), SHOWN_DIGITS, hash_text(&s->hash, hash),
			   clock_text(s->first_ms, from), clock_text(s->last_ms, last), s->syncs,
			   s->models, s->prices);
	}
	buf_printf(out, "market %s of %zu provider%s\n", hash_text(&l->market, hash), l->providers,
		   l->providers == 1 ? "" : "s");
}

static void json_snapshot(struct json_writer *w, const struct store_snapshot *s)
{
	char hash[HASH_TEXT_MAX];

	json_open(w, '{');
	json_add_i64(w, "id", s->id);
	json_add_str(w, "provider", s->provider);
	json_add_str(w, "hash", str_of(hash_text(&s->hash, hash)));
	json_add_instant(w, "from", s->first_ms);
	json_add_instant(w, "last_seen", s->last_ms);
	json_add_instant(w, "until", s->until_ms);
	json_add_i64(w, "syncs", (int64_t)s->syncs);
	json_add_i64(w, "models", (int64_t)s->models);
	json_add_i64(w, "prices", (int64_t)s->prices);
	json_close(w, '}');
}

static void json_list(struct buf *out, const struct listing *l)
{
	struct json_writer w = { .out = out };
	char hash[HASH_TEXT_MAX];

	json_open(&w, '{');
	json_key(&w, "market");
	json_open(&w, '{');
	json_add_str(&w, "hash", str_of(hash_text(&l->market, hash)));
	json_add_instant(&w, "at", l->at_ms);
	json_add_i64(&w, "providers", (int64_t)l->providers);
	json_close(&w, '}');
	json_key(&w, "snapshots");
	json_open(&w, '[');
	for (size_t i = 0; i < l->n; i++)
		json_snapshot(&w, &l->items[i]);
	json_close(&w, ']');
	json_close(&w, '}');
	buf_add_char(out, '\n');
}

static bool load(struct cmd_context *c, struct store *s, struct listing *l, struct err *e)
{
	struct store_snapshot_query q = { .provider = cmd_slug(c, provider),
					  .at_ms = CLOCK_NONE,
					  .limit = limit };

	l->at_ms = clock_now_ms();
	return (str_is_none(provider) || past_check_provider(s, q.provider, c->arena, e)) &&
	       store_list_snapshots(s, &q, c->arena, &l->items, &l->n, e) &&
	       past_market(s, l->at_ms, c->arena, &l->market, &l->providers, e);
}

static enum cmd_exit run(struct cmd_context *c)
{
	struct listing l = { 0 };
	struct store *s;
	struct err e;
	bool ok;

	if (!cmd_open_store(c, STORE_READ, &s, &e))
		return cmd_fail(&e);
	ok = load(c, s, &l, &e);
	store_close(s);
	if (!ok)
		return cmd_fail(&e);
	if (json)
		json_list(c->out, &l);
	else
		text_list(c->out, &l);
	return CMD_DONE;
}

const struct cmd cmd_snapshots = {
	.name = "snapshots",
	.run = run,
	.needs = NEEDS_REGISTRY,
	.synopsis = "[--provider SLUG] [--limit N] [--json]",
	.summary = "list the states of the providers' catalogs, the newest first",
	.options = options,
	.notes =
		"A state is in force from FROM until the next one of its provider; LAST SEEN is the\n"
		"last complete fetch that found it.  The market's hash is the SHA-256 of one line\n"
		"\"SLUG HASH\" for each provider's state in force now, sorted.\n"
		"\n"
		"--json: {market: {hash, at, providers}, snapshots: [{id, provider, hash, from,\n"
		"last_seen, until, syncs, models, prices}]}; until is null while in force.\n",
};
