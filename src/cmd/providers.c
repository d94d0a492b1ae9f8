#include "cmd/cmd.h"

#include "base/file.h"
#include "base/json.h"
#include "cmd/access.h"
#include "provider/reader.h"

#include <inttypes.h>

enum { DESCRIPTOR_MAX = 1 << 20, DOCUMENT_MAX = 256 << 20, LIST_NAMES_MAX = 4096 };

static bool json, check, drift;
static struct str list_name;

static const struct option options[] = {
	{ "json", 0, OPTION_FLAG, &json, NULL, "one JSON array", NULL },
	{ "check", 0, OPTION_FLAG, &check, NULL, "try DESCRIPTOR on DOCUMENT: what would be read",
	  NULL },
	{ "list", 0, OPTION_TEXT, &list_name, "NAME",
	  "with --check: DOCUMENT is of this list (the first)", NULL },
	{ "drift", 0, OPTION_FLAG, &drift, NULL, "how the documents changed their shape", NULL },
	{ 0 },
};

/* ---- --check ---- */

static void print_reading(struct cmd_context *c, const struct reading *r)
{
	struct snapshot snapshot;
	char hash[HASH_TEXT_MAX];
	size_t prices = 0;

	for (size_t i = 0; i < r->catalog.n; i++)
		prices += r->catalog.models[i].n_prices;
	snapshot_take(&r->catalog, c->arena, &snapshot);
	buf_printf(c->out, "%.*s: %zu rows, %zu models, %zu prices, %zu skipped\n",
		   STR_FMT(r->catalog.provider), r->rows, r->catalog.n, prices, r->n_skips);
	buf_printf(c->out, "snapshot %s\n", hash_text(&snapshot.hash, hash));
	for (size_t i = 0; i < r->n_notes; i++) {
		buf_add_str(c->out, STR("note: "));
		cmd_add_text(c->out, r->notes[i]);
		buf_add_char(c->out, '\n');
	}
	for (size_t i = 0; i < r->n_skips; i++) {
		buf_add_str(c->out, STR("Skipping "));
		cmd_add_text(c->out, str_is_none(r->skips[i].id) ? STR("a row without an id")
								 : r->skips[i].id);
		buf_add_str(c->out, STR(": "));
		cmd_add_text(c->out, r->skips[i].reason);
		buf_add_char(c->out, '\n');
	}
}

/* The canonical form, one model a line: what a diff of two readings works on. */
static void print_catalog(struct cmd_context *c, const struct reading *r)
{
	snapshot_print(&r->catalog, c->out);
}

static bool read_file(struct cmd_context *c, struct str path, const struct descriptor *d,
		      yyjson_doc **doc, struct reading *ret, struct err *e)
{
	struct reader_list *lists = arena_array(c->arena, d->n_lists, struct reader_list);
	struct str bytes;

	lists[0] = (struct reader_list){ doc, 1 };
	if (!file_read(path.at, DOCUMENT_MAX, c->arena, &bytes, e))
		return false;
	(void)json_mend_surrogates((char *)(uintptr_t)bytes.at, bytes.n); /* as a sync would */
	return (json_read(bytes, doc, e) && reader_read(d, lists, c->arena, ret, e)) ||
	       err_wrap(e, "%s", path.at);
}

static bool load_descriptor(struct cmd_context *c, struct str path, struct descriptor *ret,
			    struct err *e)
{
	const struct descriptor *known = registry_find(c->registry, path);
	struct str text;

	/* A slug serves too: the descriptor that is in force. */
	if (known) {
		*ret = *known;
		return true;
	}
	return file_read(path.at, DESCRIPTOR_MAX, c->arena, &text, e) &&
	       descriptor_parse(text, path, c->arena, ret, e);
}

/* A document of a further list is read as if there were no other. */
static bool choose_list(struct cmd_context *c, struct descriptor *d, struct err *e)
{
	BUF_AUTO(names, LIST_NAMES_MAX);

	if (str_is_none(list_name))
		return true;
	for (size_t i = 0; i < d->n_lists; i++) {
		struct list *only;

		if (!str_eq(d->lists[i].name, list_name))
			continue;
		only = arena_new(c->arena, struct list);
		*only = d->lists[i];
		only->required = true;
		d->lists = only;
		d->n_lists = 1;
		return true;
	}
	for (size_t i = 0; i < d->n_lists; i++)
		buf_printf(&names, "%s%.*s", i ? ", " : "", STR_FMT(d->lists[i].name));
	return err_set(e, ERR_USAGE, "%.*s has no list \"%s\"; its lists are: %.*s",
		       STR_FMT(d->slug), err_quote(list_name.at, list_name.n),
		       STR_FMT(buf_str(&names)));
}

static enum cmd_exit run_check(struct cmd_context *c)
{
	JSON_DOC_AUTO(doc);
	struct descriptor d;
	struct reading r;
	struct err e;

	if (c->words.n != 2) {
		(void)err_set(&e, ERR_USAGE,
			      "assay providers --check needs DESCRIPTOR and DOCUMENT");
		return cmd_fail(&e);
	}
	if (!load_descriptor(c, c->words.items[0], &d, &e) || !choose_list(c, &d, &e) ||
	    !read_file(c, c->words.items[1], &d, &doc, &r, &e))
		return cmd_fail(&e);
	if (json)
		print_catalog(c, &r);
	else
		print_reading(c, &r);
	return r.catalog.n > 0 ? CMD_DONE : CMD_FAILED;
}

/* ---- the list ---- */

static const struct store_provider_stat *find_stat(const struct store_provider_stat *stats,
						   size_t n, struct str slug)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(stats[i].slug, slug))
			return &stats[i];
	return NULL;
}

/* Of all that must be set for it; a value that is wrong is told by the sync. */
static const char *key_word(const struct cmd_context *c, const struct descriptor *d)
{
	struct sync_access access = { 0 };
	const char *missing = NULL;
	struct err ignored;

	if (access_find(c, d, &access, &missing, &ignored) && missing)
		return "MISSING";
	if (d->auth == AUTH_NONE)
		return "not needed";
	return access.key.n ? "present" : "optional";
}

static void text_row(struct cmd_context *c, const struct descriptor *d,
		     const struct store_provider_stat *st)
{
	char last[CLOCK_TEXT_MAX] = "never";

	if (st && st->last_complete_ms != CLOCK_NONE)
		(void)clock_text(st->last_complete_ms, last);
	buf_printf(c->out, "%-22.*s %-32.*s %-10s %7" PRIu64 " %7" PRIu64 "  %s%s\n",
		   STR_FMT(d->slug), STR_FMT(d->name), key_word(c, d), st ? st->models : 0,
		   st ? st->prices : 0, last, st && !st->is_active ? "  deactivated" : "");
	if (st && !str_is_none(st->last_error)) {
		buf_printf(c->out, "%-22s last run failed: ", "");
		cmd_add_text(c->out, st->last_error);
		buf_add_char(c->out, '\n');
	}
}

static void json_row(struct cmd_context *c, struct json_writer *w, const struct descriptor *d,
		     const struct store_provider_stat *st)
{
	char text[HASH_TEXT_MAX];
	char last[CLOCK_TEXT_MAX];
	const char *key;

	json_open(w, '{');
	json_add_str(w, "slug", d->slug);
	json_add_str(w, "name", d->name);
	json_add_str(w, "site_url", d->site_url);
	json_add_str(w, "base_url", d->base_url);
	json_add_str(w, "api_key_env_var", str_of(d->env[0]));
	json_add_bool(w, "key_required", d->key_required);
	json_add_bool(w, "key_present", settings_value(c->settings, d->env, &key).n > 0);
	json_add_str(w, "descriptor", d->origin);
	json_add_bool(w, "in_database", st != NULL);
	json_add_bool(w, "is_active", !st || st->is_active);
	json_add_i64(w, "models", st ? (int64_t)st->models : 0);
	json_add_i64(w, "missing", st ? (int64_t)st->missing : 0);
	json_add_i64(w, "prices", st ? (int64_t)st->prices : 0);
	json_add_str(w, "snapshot",
		     st && st->has_snapshot ? str_of(hash_text(&st->snapshot, text)) : STR_NONE);
	json_add_str(w, "last_complete_at",
		     st && st->last_complete_ms != CLOCK_NONE
			     ? str_of(clock_text(st->last_complete_ms, last))
			     : STR_NONE);
	json_add_str(w, "last_error", st ? st->last_error : STR_NONE);
	json_close(w, '}');
}

/* A database that is not there yet is no reason not to list what is known. */
static bool load_stats(struct cmd_context *c, struct store_provider_stat **ret, size_t *ret_n,
		       struct err *e)
{
	struct store *s;
	bool ok;

	*ret_n = 0;
	if (!store_open(&s, c->settings->database_url.at, STORE_READ, e))
		return e->kind == ERR_IO;
	ok = store_list_providers(s, c->arena, ret, ret_n, e);
	store_close(s);
	return ok;
}

static enum cmd_exit run_list(struct cmd_context *c)
{
	struct json_writer w = { .out = c->out };
	struct store_provider_stat *stats = NULL;
	struct err e;
	size_t n;

	if (!load_stats(c, &stats, &n, &e))
		return cmd_fail(&e);
	if (json)
		json_open(&w, '[');
	else
		buf_printf(c->out, "%-22s %-32s %-10s %7s %7s  %s\n", "SLUG", "NAME", "KEY",
			   "MODELS", "PRICES", "LAST COMPLETE SYNC");
	for (size_t i = 0; i < c->registry->n; i++) {
		const struct descriptor *d = &c->registry->items[i];
		const struct store_provider_stat *st = find_stat(stats, n, d->slug);

		if (json)
			json_row(c, &w, d, st);
		else
			text_row(c, d, st);
	}
	if (json) {
		json_close(&w, ']');
		buf_add_char(c->out, '\n');
	}
	return CMD_DONE;
}

/* ---- --drift ---- */

struct drift_print {
	struct cmd_context *c;
	struct json_writer w;
};

static void drift_json(struct json_writer *w, const struct store_drift_row *row)
{
	const struct store_drift *d = &row->drift;
	char at[CLOCK_TEXT_MAX];

	json_open(w, '{');
	json_add_i64(w, "id", row->id);
	json_add_str(w, "at", str_of(clock_text(row->at_ms, at)));
	json_add_str(w, "provider", row->provider);
	json_add_str(w, "list", d->list);
	json_add_str(w, "path", d->path);
	json_add_str(w, "kind", d->kind);
	json_add_bool(w, "closed", d->closed);
	json_add_str(w, "old", d->before);
	json_add_str(w, "new", d->after);
	json_add_i64(w, "rows", (int64_t)d->rows);
	json_add_i64(w, "of", (int64_t)d->of);
	json_add_str(w, "example", d->example);
	json_close(w, '}');
}

/* "2026-08-22T01:00:00.000Z openrouter models new /pricing/x: - → number, 0.5, in 3 of 421 rows" */
static void drift_line(struct cmd_context *c, const struct store_drift_row *row)
{
	const struct store_drift *d = &row->drift;
	char at[CLOCK_TEXT_MAX];

	buf_printf(c->out, "%s  %-18.*s %-10.*s %-9.*s ", clock_text(row->at_ms, at),
		   STR_FMT(row->provider), STR_FMT(d->list), STR_FMT(d->kind));
	cmd_add_text(c->out, d->path);
	buf_printf(c->out, ": %.*s → %.*s in %" PRIu64 " of %" PRIu64 " rows",
		   STR_FMT(d->before.n ? d->before : STR("-")),
		   STR_FMT(d->after.n ? d->after : STR("-")), d->rows, d->of);
	if (!str_is_none(d->example)) {
		buf_add_str(c->out, STR(", as \""));
		cmd_add_text(c->out, d->example);
		buf_add_char(c->out, '"');
	}
	buf_add_char(c->out, '\n');
}

static bool print_drift(void *arg, const struct store_drift_row *row, struct err *e)
{
	struct drift_print *p = arg;

	(void)e;
	if (json)
		drift_json(&p->w, row);
	else
		drift_line(p->c, row);
	return true;
}

static bool list_drift(struct cmd_context *c, struct str provider, struct err *e)
{
	struct drift_print p = { c, { .out = c->out } };
	struct store *s;
	bool ok;

	if (!cmd_open_store(c, STORE_READ, &s, e))
		return false;
	if (json)
		json_open(&p.w, '[');
	ok = store_list_drift(s, provider, 0, print_drift, &p, e);
	if (json)
		json_close(&p.w, ']');
	if (json)
		buf_add_char(c->out, '\n');
	store_close(s);
	return ok;
}

static enum cmd_exit run_drift(struct cmd_context *c)
{
	const struct descriptor *d = NULL;
	struct err e;

	if (c->words.n > 1) {
		(void)err_set(&e, ERR_USAGE, "assay providers --drift takes one PROVIDER or none");
		return cmd_fail(&e);
	}
	if (c->words.n == 1 && !(d = registry_find(c->registry, c->words.items[0]))) {
		(void)err_set(&e, ERR_USAGE, "unknown provider \"%s\"; known are: %s",
			      err_quote(c->words.items[0].at, c->words.items[0].n),
			      registry_slugs(c->registry, c->arena).at);
		return cmd_fail(&e);
	}
	return list_drift(c, d ? d->slug : STR_NONE, &e) ? CMD_DONE : cmd_fail(&e);
}

static enum cmd_exit run(struct cmd_context *c)
{
	struct err e;

	if (check && drift) {
		(void)err_set(&e, ERR_USAGE, "assay providers: --check or --drift, not both");
		return cmd_fail(&e);
	}
	if (drift)
		return run_drift(c);
	if (check)
		return run_check(c);
	if (!str_is_none(list_name)) {
		(void)err_set(&e, ERR_USAGE, "assay providers: --list goes with --check");
		return cmd_fail(&e);
	}
	if (c->words.n == 0)
		return run_list(c);
	(void)err_set(&e, ERR_USAGE, "assay providers: \"%s\" is one word too many",
		      err_quote(c->words.items[0].at, c->words.items[0].n));
	return cmd_fail(&e);
}

const struct cmd cmd_providers = {
	.name = "providers",
	.run = run,
	.needs = NEEDS_REGISTRY | NEEDS_WORDS,
	.synopsis = "[--json] [--check DESCRIPTOR DOCUMENT [--list NAME] | --drift [PROVIDER]]",
	.summary = "list the providers known, or try a descriptor on a document",
	.options = options,
	.notes =
		"DESCRIPTOR is a file or the slug of a provider known; with --json the check prints\n"
		"the catalog in its canonical form, one model a line.\n"
		"--drift lists, the newest first, what was new about the documents when they were\n"
		"synced: fields that came, vanished or returned, and types that changed.\n",
};
