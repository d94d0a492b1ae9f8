#include "cmd/sync_print.h"

#include "base/log.h"
#include "cmd/access.h"
#include "cmd/change_print.h"

#include <inttypes.h>

enum { OBJECTS_MAX = 1 << 30, DRIFT_SHOWN = 10 };

/* ---- the log ---- */

/* All of it in one line: a document that was made over is one event. */
static void log_drift(const struct sync_report *r)
{
	BUF_AUTO(what, LOG_LINE_MAX);

	for (size_t i = 0; i < r->n_drift && i < DRIFT_SHOWN; i++) {
		buf_add_str(&what, i ? STR("; ") : STR(""));
		buf_add_str(&what, r->drift[i].text);
	}
	if (r->n_drift > DRIFT_SHOWN)
		buf_printf(&what, "; and %zu more", r->n_drift - DRIFT_SHOWN);
	if (r->n_drift)
		log_event(LOG_WARN, "the documents look otherwise than before",
			  LOG_STR("provider", r->provider->slug), LOG_UINT("places", r->n_drift),
			  LOG_STR("what", buf_str(&what)));
}

static void log_skips(const struct sync_report *r)
{
	for (size_t i = 0; i < r->n_skips; i++)
		log_event(LOG_WARN, "Skipping model", LOG_STR("provider", r->provider->slug),
			  LOG_STR("id", r->skips[i].id), LOG_STR("reason", r->skips[i].reason));
	for (size_t i = 0; i < r->n_notes; i++)
		log_event(r->notes_known && r->notes_known[i] ? LOG_DEBUG : LOG_WARN, "not read",
			  LOG_STR("provider", r->provider->slug), LOG_STR("what", r->notes[i]));
}

static void log_outcome(const struct sync_report *r)
{
	struct str slug = r->provider->slug;

	if (r->cache_failed)
		log_event(LOG_WARN, "the state was stored, its file was not written",
			  LOG_STR("provider", slug), LOG_ERR(&r->cache_err));
	if (r->outcome == SYNC_FAILED)
		log_event(LOG_ERROR, "sync failed", LOG_STR("provider", slug),
			  LOG_TEXT("fetch", store_completeness_names[r->completeness]),
			  LOG_ERR(&r->err));
	else if (r->outcome == SYNC_OVERTAKEN)
		log_event(LOG_INFO, "another process synced it meanwhile: its result stands",
			  LOG_STR("provider", slug));
	else if (r->outcome == SYNC_INACTIVE)
		log_event(LOG_WARN, "Skipping provider: it is deactivated",
			  LOG_STR("provider", slug));
	else
		log_event(LOG_DEBUG, "synced", LOG_STR("provider", slug),
			  LOG_UINT("bytes", r->bytes), LOG_UINT("attempts", r->attempts),
			  LOG_INT("status", r->http_status), LOG_UINT("rows", r->fetched),
			  LOG_UINT("written", r->written), LOG_UINT("us", r->duration_us),
			  LOG_BOOL("unchanged_body", r->unchanged_body));
}

/* ---- text ---- */

/* Places of documents are told in sentences of their own. */
static struct changes without_drift(struct sync_print *p, const struct sync_report *r)
{
	struct changes list = { 0 };

	for (size_t i = 0; i < r->changes.n; i++)
		if (!change_is_drift(&r->changes.items[i]))
			changes_add(&list, p->arena, r->changes.items[i]);
	return list;
}

static void print_state(struct sync_print *p, const struct sync_report *r)
{
	char hash[HASH_TEXT_MAX];
	char prev[HASH_TEXT_MAX];

	(void)hash_text(&r->hash, hash);
	(void)hash_text(&r->prev, prev);
	if (p->dry_run)
		buf_printf(p->out, "would be %s", hash);
	else if (r->has_prev && hash_eq(&r->hash, &r->prev))
		buf_printf(p->out, "unchanged %s", hash);
	else
		buf_printf(p->out, "%s → %s", r->has_prev ? prev : "(nothing)", hash);
}

static void print_drift(struct sync_print *p, const struct sync_report *r)
{
	for (size_t i = 0; i < r->n_drift && i < DRIFT_SHOWN; i++) {
		buf_add_str(p->out, STR("  "));
		change_print_mark(p->out, STR("[SCHEMA]"), CHANGE_SCHEMA, p->colour);
		buf_add_char(p->out, ' ');
		cmd_add_text(p->out, r->drift[i].text);
		buf_add_char(p->out, '\n');
	}
	if (r->n_drift > DRIFT_SHOWN)
		buf_printf(p->out, "  and %zu more: assay providers --drift %.*s\n",
			   r->n_drift - DRIFT_SHOWN, STR_FMT(r->provider->slug));
}

static void print_done(struct sync_print *p, const struct sync_report *r)
{
	struct changes changes;

	buf_printf(p->out, "%.*s: ", STR_FMT(r->provider->slug));
	print_state(p, r);
	buf_printf(p->out,
		   "  %" PRIu64 " models, %" PRIu64 " prices, %" PRIu64 " skipped, %.2f s\n",
		   r->models, r->prices, r->skipped, (double)r->duration_us / 1e6);
	changes = without_drift(p, r);
	change_print_list(p->out, changes.items, changes.n, STR("  "), p->colour, p->arena);
	print_drift(p, r);
}

/* ---- JSON ---- */

static void add_hash(struct json_writer *w, const char *key, bool has, const struct hash *h)
{
	char text[HASH_TEXT_MAX];

	json_add_str(w, key, has ? str_of(hash_text(h, text)) : STR_NONE);
}

/* Changes of one model's fields stand together: they become one event.  Returns how many. */
static size_t add_event(struct sync_print *p, struct json_writer *w, struct str slug,
			const struct change *first, size_t left)
{
	const struct change *c = first;

	json_open(w, '{');
	json_add_str(w, "event", change_print_event(first->kind));
	json_add_str(w, "provider", slug);
	json_add_str(w, "model", first->model);
	if (str_is_none(first->field)) {
		json_add_str(w, "kind", str_of(change_kind_names[first->kind]));
		json_add_raw(w, "tags", str_is_none(first->tags) ? STR("[]") : first->tags);
	}
	json_key(w, "details");
	json_open(w, '{');
	do {
		if (!str_is_none(c->field))
			change_print_detail(w, c, p->arena);
		c++;
	} while (--left > 0 && !str_is_none(c->field) && !str_is_none(first->field) &&
		 str_same(c->model, first->model));
	json_close(w, '}');
	json_close(w, '}');
	return (size_t)(c - first);
}

static void add_events(struct sync_print *p, struct json_writer *w, const struct sync_report *r)
{
	struct changes changes = without_drift(p, r);

	json_key(w, "events");
	json_open(w, '[');
	for (size_t i = 0; i < changes.n;)
		i += add_event(p, w, r->provider->slug, &changes.items[i], changes.n - i);
	json_close(w, ']');
}

static void add_counts(struct json_writer *w, const struct sync_report *r)
{
	json_add_i64(w, "models_fetched", (int64_t)r->fetched);
	json_add_i64(w, "models_transformed", (int64_t)r->transformed);
	json_add_i64(w, "models_skipped", (int64_t)r->skipped);
	json_add_i64(w, "models_synced", (int64_t)r->synced);
	json_add_i64(w, "models_written", (int64_t)r->written);
	json_add_i64(w, "prices_written", (int64_t)r->prices_written);
	json_add_i64(w, "added", (int64_t)r->added);
	json_add_i64(w, "changed_models", (int64_t)r->changed);
	json_add_i64(w, "missing", (int64_t)r->missing);
	json_add_i64(w, "returned", (int64_t)r->returned);
	json_add_i64(w, "removed", (int64_t)r->removed);
	json_add_i64(w, "models", (int64_t)r->models);
	json_add_i64(w, "prices", (int64_t)r->prices);
	json_add_bool(w, "unchanged_body", r->unchanged_body);
	json_add_i64(w, "bytes", (int64_t)r->bytes);
	json_add_i64(w, "duration_ms", (int64_t)(r->duration_us / 1000));
}

static void add_skips(struct json_writer *w, const struct sync_report *r)
{
	json_key(w, "skipped");
	json_open(w, '[');
	for (size_t i = 0; i < r->n_skips; i++) {
		json_open(w, '{');
		json_add_str(w, "id", r->skips[i].id);
		json_add_str(w, "reason", r->skips[i].reason);
		json_close(w, '}');
	}
	json_close(w, ']');
	json_key(w, "notes");
	json_open(w, '[');
	for (size_t i = 0; i < r->n_notes; i++)
		json_put_str(w, r->notes[i]);
	json_close(w, ']');
}

static void add_drift(struct sync_print *p, struct json_writer *w, const struct sync_drift *d)
{
	json_open(w, '{');
	json_add_str(w, "list", d->list);
	json_add_str(w, "path", d->drift.path);
	json_add_str(w, "kind", str_of(drift_kind_names[d->drift.kind]));
	json_add_bool(w, "closed", d->drift.closed);
	json_add_str(w, "old", shape_types_text(d->drift.before, p->arena));
	json_add_str(w, "new", shape_types_text(d->drift.after, p->arena));
	json_add_i64(w, "rows", (int64_t)d->drift.rows);
	json_add_i64(w, "of", (int64_t)d->drift.of);
	json_add_str(w, "example", d->drift.example);
	json_add_str(w, "text", d->text);
	json_close(w, '}');
}

/* What is new about the documents, and the name of the shape of each list that was read. */
static void add_shapes(struct sync_print *p, struct json_writer *w, const struct sync_report *r)
{
	char text[HASH_TEXT_MAX];

	json_key(w, "drift");
	json_open(w, '[');
	for (size_t i = 0; i < r->n_drift; i++)
		add_drift(p, w, &r->drift[i]);
	json_close(w, ']');
	json_key(w, "shapes");
	json_open(w, '{');
	for (size_t i = 0; i < r->n_shapes; i++)
		json_add_str(w, arena_cstr(p->arena, r->shapes[i].list),
			     str_of(hash_text(&r->shapes[i].fingerprint, text)));
	json_close(w, '}');
}

static void json_done(struct sync_print *p, const struct sync_report *r)
{
	struct json_writer w = { .out = &p->objects, .comma = p->objects.n > 0 };

	json_open(&w, '{');
	json_add_str(&w, "provider", r->provider->slug);
	add_hash(&w, "hash", true, &r->hash);
	add_hash(&w, "prev_hash", r->has_prev, &r->prev);
	json_add_bool(&w, "changed", !p->dry_run && !(r->has_prev && hash_eq(&r->hash, &r->prev)));
	add_counts(&w, r);
	add_skips(&w, r);
	add_shapes(p, &w, r);
	add_events(p, &w, r);
	json_close(&w, '}');
}

static void json_error(struct buf *list, const struct descriptor *d, const char *why)
{
	struct json_writer w = { .out = list, .comma = list->n > 0 };

	json_open(&w, '{');
	json_add_str(&w, "provider", d->slug);
	json_add_str(&w, "error", str_of(why));
	json_close(&w, '}');
}

/* ---- what the command calls ---- */

static void count(struct sync_print *p, const struct sync_report *r)
{
	p->fetched += r->fetched;
	p->transformed += r->transformed;
	p->skipped += r->skipped;
	p->synced += p->dry_run ? 0 : r->synced;
	p->failed += r->outcome == SYNC_FAILED;
	p->providers += r->outcome != SYNC_INACTIVE;
}

void sync_print_begin(struct sync_print *p)
{
	p->objects = BUF_INIT(OBJECTS_MAX);
	p->errors = BUF_INIT(OBJECTS_MAX);
	p->left_out = BUF_INIT(OBJECTS_MAX);
}

static void print_inactive(struct sync_print *p, const struct sync_report *r)
{
	if (p->json)
		json_error(&p->left_out, r->provider, "deactivated");
	else
		buf_printf(p->out, "%.*s: skipped: deactivated\n", STR_FMT(r->provider->slug));
}

void sync_print_report(struct sync_print *p, const struct sync_report *r)
{
	count(p, r);
	log_skips(r);
	log_drift(r);
	log_outcome(r);
	if (r->outcome == SYNC_FAILED)
		json_error(&p->errors, r->provider, r->err.text);
	else if (r->outcome == SYNC_INACTIVE)
		print_inactive(p, r);
	else if (p->json)
		json_done(p, r);
	else
		print_done(p, r);
}

/* Two providers may want the same variable. */
static void add_unset(struct sync_print *p, const char *variable)
{
	const char **grown = arena_array(p->arena, p->n_unset + 1, const char *);

	for (size_t i = 0; i < p->n_unset; i++) {
		if (strcmp(p->unset[i], variable) == 0)
			return;
		grown[i] = p->unset[i];
	}
	grown[p->n_unset++] = variable;
	p->unset = grown;
}

void sync_print_not_set_up(struct sync_print *p, const struct syncer_access *a)
{
	p->n_not_set_up++;
	add_unset(p, a->missing.at);
	json_error(&p->left_out, a->provider, access_lack(a, p->arena).at);
}

/* Also in JSON: who reads the log alone is told once. */
static void tell_not_set_up(struct sync_print *p)
{
	BUF_AUTO(names, SIZE_MAX / 2);

	for (size_t i = 0; i < p->n_unset; i++)
		buf_printf(&names, "%s%s", i ? ", " : "", p->unset[i]);
	if (p->n_not_set_up == 0)
		return;
	log_event(LOG_WARN, "Skipping providers that are not set up",
		  LOG_UINT("providers", p->n_not_set_up), LOG_STR("variables", buf_str(&names)));
	if (!p->json)
		buf_printf(p->out, "Skipped %zu provider%s for want of %s\n", p->n_not_set_up,
			   p->n_not_set_up == 1 ? "" : "s", buf_str(&names).at);
}

static struct str message(const struct sync_print *p)
{
	return arena_printf(p->arena,
			    "Processed %" PRIu64 " provider%s. Success: %" PRIu64
			    ", Errors: %" PRIu64 ". Total synced: %" PRIu64 " models",
			    p->providers, p->providers == 1 ? "" : "s", p->providers - p->failed,
			    p->failed, p->synced);
}

static void json_end(struct sync_print *p)
{
	struct json_writer w = { .out = p->out };

	json_open(&w, '{');
	json_add_bool(&w, "success", p->providers > p->failed);
	json_add_str(&w, "message", message(p));
	json_key(&w, "details");
	json_open(&w, '{');
	json_add_i64(&w, "providers_processed", (int64_t)p->providers);
	json_add_i64(&w, "total_models_fetched", (int64_t)p->fetched);
	json_add_i64(&w, "total_models_transformed", (int64_t)p->transformed);
	json_add_i64(&w, "total_models_skipped", (int64_t)p->skipped);
	json_add_i64(&w, "total_models_synced", (int64_t)p->synced);
	json_add_raw(&w, "errors", arena_printf(p->arena, "[%s]", buf_str(&p->errors).at));
	json_add_raw(&w, "skipped", arena_printf(p->arena, "[%s]", buf_str(&p->left_out).at));
	json_close(&w, '}');
	json_key(&w, "providers");
	buf_add_char(p->out, '[');
	buf_add_str(p->out, buf_str(&p->objects));
	buf_add_str(p->out, STR("]}\n"));
}

enum cmd_exit sync_print_end(struct sync_print *p)
{
	enum cmd_exit code = p->failed ? CMD_FAILED : CMD_DONE;

	tell_not_set_up(p);
	if (p->json)
		json_end(p);
	else
		buf_printf(p->out, "%s\n", message(p).at);
	buf_release(&p->objects);
	buf_release(&p->errors);
	buf_release(&p->left_out);
	return code;
}
