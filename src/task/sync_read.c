/*
 * The worker's part of a sync: wire bytes → catalog and its name.
 */
#include "base/pack.h"
#include "net/decode.h"
#include "provider/pages.h"
#include "task/sync_job.h"
#include "task/sync_pages.h"

#include <stdlib.h>

/* What is kept of a document is what came over the wire when that was compressed
 * already; `plain` must still be whole, so this runs before parsing in place. */
void sync_keep_document(struct sync_list *l, struct str plain, struct str gzip)
{
	struct store_document *d = &l->document;

	d->list = l->list->name;
	d->url = l->list->url;
	d->body_n = plain.n;
	d->etag = l->etag;
	d->last_modified = l->last_modified;
	d->descriptor_hash = l->job->d->hash;
	d->reader_version = READER_VERSION;
	d->fetched_at_ms = l->job->started_at_ms;
	d->encoding = STR("gzip");
	d->body = str_is_none(gzip) ? pack(plain, &l->job->arena) : gzip;
}

/* The wire's gzip bytes outlive decode_body() only as a copy. */
static struct str copy_if_gzip(struct sync_list *l)
{
	if (l->encoding != FETCH_GZIP)
		return STR_NONE;
	return arena_str(&l->job->arena, (struct str){ (const char *)l->wire, l->wire_n });
}

static bool open_list(struct sync_list *l, struct err *e)
{
	struct document doc;
	struct str gzip;

	if (l->bytes)
		return true; /* for its ids, before */
	gzip = copy_if_gzip(l);
	if (!decode_body(&l->wire, l->wire_n, l->encoding, l->job->conf->body_max, &doc, e))
		return false;
	l->bytes = (char *)doc.at;
	l->document.body_hash = l->wire_hash;
	if (l->encoding != FETCH_IDENTITY)
		fingerprint_bytes(l->bytes, doc.n, &l->document.body_hash);
	l->same = l->last && hash_eq(&l->last->body_hash, &l->document.body_hash);
	if (!l->same)
		sync_keep_document(l, (struct str){ l->bytes, doc.n }, gzip);
	l->document.body_n = doc.n;
	return true;
}

/* A failed optional list is told, and what it said before stays. */
static void note_failed(struct sync_job *job, const struct sync_list *l)
{
	sync_add_note(job,
		      arena_printf(&job->arena,
				   "optional list %.*s: %s: its fields keep their last value%s",
				   STR_FMT(l->list->name), l->err.text,
				   l->list->adds ? ", and no model is taken for missing" : ""));
}

/* An answer that is no list: of an optional one no more than if it had not come. */
static bool may_do_without(struct sync_list *l, struct err *e)
{
	if (l->list->required)
		return err_wrap(e, "list %.*s", STR_FMT(l->list->name));
	l->failed = true;
	l->err = *e;
	l->job->whole_same = false;
	return true;
}

static bool open_lists(struct sync_job *job, struct err *e)
{
	job->whole_same = true;
	for (size_t i = 0; i < job->d->n_lists; i++) {
		struct sync_list *l = &job->lists[i];

		if (l->failed) {
			job->whole_same = false;
			continue;
		}
		if (l->not_modified)
			l->same = true;
		else if (l->pages)
			sync_pages_open(l);
		else if (!open_list(l, e) && !may_do_without(l, e))
			return false;
		job->whole_same = job->whole_same && l->same;
	}
	return true;
}

/*
 * A cut emoji in one description must not cost a whole list.  It is rare, and the
 * failed attempt has overwritten the bytes, so the second starts from the packed
 * document.  False when that was not what was wrong.
 */
static bool parse_mended(struct sync_list *l)
{
	struct document plain;
	struct err ignored;

	if (!sync_unpack(&l->document, l->job->conf->body_max, &plain, &ignored))
		return false;
	free(l->bytes);
	l->bytes = (char *)plain.at;
	return json_mend_surrogates(l->bytes, plain.n) > 0 &&
	       json_read_insitu(l->bytes, plain.n, &l->doc, &ignored);
}

static bool parse_list(struct sync_list *l, struct reader_list *ret, struct err *e)
{
	if (l->pages)
		return sync_pages_parse(l, ret, e);
	/* One that did not change is read because another list did; it is kept already, but a
	 * second attempt would need it here. */
	if (str_is_none(l->document.body))
		sync_keep_document(l, (struct str){ l->bytes, l->document.body_n }, STR_NONE);
	if (!json_read_insitu(l->bytes, l->document.body_n, &l->doc, e) && !parse_mended(l))
		return false;
	*ret = (struct reader_list){ &l->doc, 1 };
	return true;
}

/* Inputs of the reader.  None has answered 304: several lists are asked without a condition, and
 * one that did not change is not read at all. */
static bool parse_lists(struct sync_job *job, struct reader_list *inputs, struct err *e)
{
	for (size_t i = 0; i < job->d->n_lists; i++) {
		struct sync_list *l = &job->lists[i];

		if (!l->failed && !parse_list(l, &inputs[i], e) && !may_do_without(l, e))
			return false;
	}
	return true;
}

/* The lists that are required, and of the others that one; n_lists: none of them. */
static bool read_beside_required(struct sync_job *job, const struct reader_list *inputs, size_t one,
				 struct err *e)
{
	struct reader_list *some = arena_array(&job->arena, job->d->n_lists, struct reader_list);
	struct reading ignored;

	for (size_t i = 0; i < job->d->n_lists; i++)
		if (i == one || job->d->lists[i].required)
			some[i] = inputs[i];
	return reader_read(job->d, some, &job->arena, &ignored, e);
}

/*
 * When the lists cannot be read together each optional one is tried without the
 * others: what is wrong with one of them must not cost what the others say.
 */
static bool read_lists(struct sync_job *job, struct reader_list *inputs, struct err *e)
{
	if (reader_read(job->d, inputs, &job->arena, &job->reading, e))
		return true;
	if (!read_beside_required(job, inputs, job->d->n_lists, e))
		return false;
	for (size_t i = 0; i < job->d->n_lists; i++) {
		struct sync_list *l = &job->lists[i];

		if (l->list->required || inputs[i].n_pages == 0 ||
		    read_beside_required(job, inputs, i, e))
			continue;
		inputs[i].n_pages = 0;
		(void)may_do_without(l, e);
	}
	return reader_read(job->d, inputs, &job->arena, &job->reading, e);
}

static bool check_catalog(const struct reading *r, struct err *e)
{
	if (r->rows == 0)
		return err_set(e, ERR_DATA, "the list is empty");
	if (r->catalog.n == 0)
		return err_set(e, ERR_DATA, "none of %zu rows could be read; the first: %s",
			       r->rows, r->n_skips ? r->skips[0].reason.at : "no reason");
	return true;
}

/* That a key is not there is as lasting as what the reader did not understand; a failure is not. */
static void fill_notes(struct sync_job *job)
{
	struct sync_report *r = &job->report;

	r->notes = job->reading.notes;
	r->n_notes = job->reading.n_notes;
	for (size_t i = 0; i < job->d->n_lists; i++)
		if (job->lists[i].not_asked)
			note_failed(job, &job->lists[i]);
	job->n_told_once = r->n_notes;
	for (size_t i = 0; i < job->d->n_lists; i++)
		if (job->lists[i].failed && !job->lists[i].not_asked)
			note_failed(job, &job->lists[i]);
}

static void fill_report(struct sync_job *job)
{
	struct sync_report *r = &job->report;

	r->fetched = job->reading.rows;
	r->transformed = job->reading.catalog.n;
	r->skips = job->reading.skips;
	r->n_skips = r->skipped = job->reading.n_skips;
	fill_notes(job);
	r->models = job->reading.catalog.n;
	for (size_t i = 0; i < job->reading.catalog.n; i++)
		r->prices += job->reading.catalog.models[i].n_prices;
}

/* The values weigh as much as the bytes, and only the bytes are pointed into from here on. */
static void free_values(struct sync_job *job)
{
	for (size_t i = 0; i < job->d->n_lists; i++) {
		sync_pages_free_values(&job->lists[i]);
		yyjson_doc_free(job->lists[i].doc);
		job->lists[i].doc = NULL;
	}
}

static bool read_catalog(struct sync_job *job, struct err *e)
{
	struct reader_list *inputs = arena_array(&job->arena, job->d->n_lists, struct reader_list);

	if (!parse_lists(job, inputs, e) || !read_lists(job, inputs, e))
		return false;
	free_values(job);
	fill_report(job);
	if (!check_catalog(&job->reading, e))
		return false;
	snapshot_take(&job->reading.catalog, &job->arena, &job->snapshot);
	job->report.hash = job->snapshot.hash;
	return true;
}

/* ---- ids ---- */

bool sync_parse_apart(char *bytes, size_t n, yyjson_doc **ret, struct err *e)
{
	struct str text = { bytes, n };

	return json_read(text, ret, e) ||
	       (json_mend_surrogates(bytes, n) > 0 && json_read(text, ret, e));
}

static bool parse_first(struct sync_list *l, struct arena *a, struct reader_list *ret,
			struct err *e)
{
	if (l->pages)
		return sync_pages_parse_apart(l, a, ret, e);
	if (!open_list(l, e))
		return false;
	*ret = (struct reader_list){ .pages = arena_array(a, 1, yyjson_doc *) };
	if (!sync_parse_apart(l->bytes, l->document.body_n, &ret->pages[0], e))
		return false;
	ret->n_pages = 1;
	return true;
}

/* What the first list alone would be read as. */
static bool read_first(struct sync_job *job, struct arena *a, struct reader_list *inputs,
		       struct reading *ret, struct err *e)
{
	if (!parse_first(&job->lists[0], a, &inputs[0], e))
		return err_wrap(e, "list %.*s", STR_FMT(job->d->lists[0].name));
	return reader_read(job->d, inputs, a, ret, e) && check_catalog(ret, e);
}

static struct str *copy_ids(const struct catalog *c, struct arena *a)
{
	struct str *ids = arena_array(a, c->n, struct str);

	for (size_t i = 0; i < c->n; i++)
		ids[i] = arena_str(a, c->models[i].id);
	return ids;
}

static void ask_for(struct sync_list *l, const struct str *ids, size_t n)
{
	struct str *urls;

	l->failed = !pages_of_ids(l->list, ids, n, &l->job->arena, &urls, &l->n_urls, &l->err);
	if (!l->failed)
		l->urls = urls;
}

bool sync_read_ids(struct sync_job *job)
{
	ARENA_AUTO(a);
	struct reader_list *inputs = arena_array(&a, job->d->n_lists, struct reader_list);
	struct reading r = { 0 };
	struct str *ids = NULL;
	struct err e;
	bool ok = read_first(job, &a, inputs, &r, &e);

	if (ok)
		ids = copy_ids(&r.catalog, &job->arena);
	for (size_t i = 0; i < inputs[0].n_pages; i++)
		yyjson_doc_free(inputs[0].pages[i]);
	if (!ok) {
		sync_fail(job, e.kind == ERR_PARTIAL ? FETCH_PARTIAL : FETCH_FAILED, &e);
		return false;
	}
	for (size_t i = 0; i < job->d->n_lists; i++)
		if (job->d->lists[i].pages.form == PAGES_IDS && !job->lists[i].failed)
			ask_for(&job->lists[i], ids, r.catalog.n);
	return true;
}

bool sync_read(struct sync_job *job)
{
	struct err e;

	if (open_lists(job, &e) && (job->whole_same || read_catalog(job, &e))) {
		job->report.unchanged_body = job->whole_same;
		return true;
	}
	sync_fail(job, e.kind == ERR_PARTIAL ? FETCH_PARTIAL : FETCH_FAILED, &e);
	return false;
}
