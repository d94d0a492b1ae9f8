/*
 * feed: changes as an Atom feed (RFC 4287), newest first, in pages (RFC 5005).
 *
 * What names an entry is of the change alone, not of where the feed is served: its id in the database, and
 * the instant, so that another database's change of that number is another entry.  The authority of those tags
 * (RFC 4151) is a domain that nobody can own.
 */
#include "base/query.h"
#include "base/utf8.h"
#include "web/handlers.h"
#include "web/reply.h"
#include "web/web.h"
#include "web/wish.h"
#include "web/xml.h"

#include <inttypes.h>

#define TAG           "tag:assay.invalid,2026:"
#define NEVER_UPDATED 0 /* of a feed without entries, which must say something */

enum { VALUE_MAX = 80 }; /* bytes of a value in a title */

const struct param feed_params[] = {
	{ "provider", PARAM_TEXT, .max = WISH_TEXT_MAX },
	{ "model", PARAM_TEXT, .max = WISH_TEXT_MAX },
	{ "kind", PARAM_LIST, .max = WISH_LIST_MAX },
	{ "before", PARAM_INT, .min = 2, .max = INT64_MAX },
	{ "limit", PARAM_INT, .min = 1, .max = 500, .default_int = 50 },
	{ 0 },
};

struct item {
	int64_t id, at_ms;
	struct str provider;
	struct change change;
};

struct asked {
	const struct http_request *q;
	struct store_change_query query;
	bool kinds[CHANGE_KINDS];
	struct item *items; /* [n], ascending */
	size_t n;
};

/* ---- reading ---- */

static bool keep(void *arg, const struct store_change_row *row, struct err *e)
{
	struct asked *g = arg;
	struct arena *a = g->q->arena;
	const struct change *c = &row->change;

	(void)e;
	g->items[g->n++] = (struct item){
		.id = row->id,
		.at_ms = row->at_ms,
		.provider = arena_str(a, row->provider),
		.change = {
			.kind = c->kind,
			.model = arena_str(a, c->model),
			.field = arena_str(a, c->field),
			.old_value = arena_str(a, c->old_value),
			.new_value = arena_str(a, c->new_value),
			.ratio = arena_str(a, c->ratio),
			.tags = arena_str(a, c->tags),
		},
	};
	return true;
}

static bool read_items(struct store *s, void *arg, struct err *e)
{
	struct asked *g = arg;

	g->n = 0;
	return store_list_changes(s, &g->query, keep, g, e);
}

/* ---- an entry ---- */

static void add_element(struct buf *out, const char *name, struct str text)
{
	buf_printf(out, "<%s>", name);
	xml_add(out, text);
	buf_printf(out, "</%s>\n", name);
}

static void add_instant(struct buf *out, const char *name, int64_t ms)
{
	char text[CLOCK_TEXT_MAX];

	add_element(out, name, str_of(clock_text(ms, text)));
}

static struct str value_text(struct str s, size_t max)
{
	if (str_is_none(s))
		return STR("(none)");
	return utf8_whole((struct str){ s.at, s.n < max ? s.n : max });
}

/* "context_length 8192 → 16384 (×2)"; of what has no field the kind. */
static void add_what(struct buf *out, const struct change *c, size_t max)
{
	if (str_is_none(c->field)) {
		buf_printf(out, "%s", change_kind_names[c->kind]);
		return;
	}
	buf_printf(out, "%.*s %.*s → %.*s", STR_FMT(c->field),
		   STR_FMT(value_text(c->old_value, max)), STR_FMT(value_text(c->new_value, max)));
	if (!str_is_none(c->ratio))
		buf_printf(out, " (×%.*s)", STR_FMT(c->ratio));
}

static struct str title_of(const struct http_request *q, const struct item *i)
{
	enum { TITLE_MAX = 4096 };
	BUF_AUTO(out, TITLE_MAX);

	buf_add_str(&out, i->provider);
	if (!str_is_none(i->change.model))
		buf_printf(&out, " %.*s", STR_FMT(i->change.model));
	buf_add_str(&out, STR(": "));
	add_what(&out, &i->change, VALUE_MAX);
	return utf8_whole(arena_str(q->arena, buf_str(&out)));
}

/* Whole values, and what it is tagged with. */
static struct str content_of(const struct http_request *q, const struct item *i)
{
	enum { TAGS_MAX = 16 };
	struct str tags[TAGS_MAX];
	size_t n = change_tags(&i->change, q->arena, tags, TAGS_MAX);
	BUF_AUTO(out, q->web->conf.limits.reply_max);

	add_what(&out, &i->change, SIZE_MAX);
	for (size_t t = 0; t < n; t++)
		buf_printf(&out, "%s%.*s", t ? ", " : " [", STR_FMT(tags[t]));
	if (n)
		buf_add_char(&out, ']');
	return arena_str(q->arena, buf_str(&out));
}

static void add_entry(struct buf *out, const struct http_request *q, const struct item *i)
{
	buf_add_str(out, STR("<entry>\n"));
	add_element(out, "id",
		    arena_printf(q->arena, TAG "change/%" PRId64 "/%" PRId64, i->id, i->at_ms));
	add_element(out, "title", title_of(q, i));
	add_instant(out, "updated", i->at_ms);
	add_instant(out, "published", i->at_ms);
	buf_printf(out, "<category term=\"%s\" scheme=\"" TAG "kind\"/>\n<category term=\"",
		   change_kind_names[i->change.kind]);
	xml_add(out, i->provider);
	buf_add_str(out, STR("\" scheme=\"" TAG "provider\"/>\n"));
	add_element(out, "content", content_of(q, i));
	buf_add_str(out, STR("</entry>\n"));
}

/* ---- the feed ---- */

static void add_link(struct buf *out, const char *rel, struct str url)
{
	buf_printf(out, "<link rel=\"%s\" type=\"application/atom+xml\" href=\"", rel);
	xml_add(out, url);
	buf_add_str(out, STR("\"/>\n"));
}

/* What the feed is of, in one spelling whatever the query's was. */
static struct str scope_of(const struct asked *g)
{
	struct arena *a = g->q->arena;
	struct str scope = STR("");

	if (!str_is_none(g->query.provider))
		scope = arena_printf(a, "/provider/%.*s",
				     STR_FMT(query_encoded(g->query.provider, a)));
	if (!str_is_none(g->query.model))
		scope = arena_printf(a, "%.*s/model/%.*s", STR_FMT(scope),
				     STR_FMT(query_encoded(g->query.model, a)));
	for (size_t i = 0; g->query.kinds && i < CHANGE_KINDS; i++)
		if (g->query.kinds[i])
			scope = arena_printf(a, "%.*s/kind/%s", STR_FMT(scope),
					     change_kind_names[i]);
	return scope;
}

static struct str feed_title(const struct asked *g)
{
	struct str provider = g->query.provider;
	struct str model = g->query.model;

	return arena_printf(g->q->arena, "assay: changes%s%.*s%s%.*s",
			    str_is_none(provider) ? "" : " at ", STR_FMT(provider),
			    str_is_none(model) ? "" : " of ", STR_FMT(model));
}

static void add_links(struct buf *out, const struct asked *g)
{
	struct arena *a = g->q->arena;
	struct str self = wish_url(g->q);

	add_link(out, "self", self);
	if (g->n == g->query.limit && g->items[0].id > 1)
		add_link(out, "next",
			 query_set(self, STR("before"), arena_printf(a, "%" PRId64, g->items[0].id),
				   a));
}

static void add_feed(struct buf *out, const struct asked *g)
{
	int64_t newest = g->n ? g->items[g->n - 1].at_ms : NEVER_UPDATED;

	buf_add_str(out, STR("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
			     "<feed xmlns=\"http://www.w3.org/2005/Atom\">\n"));
	add_element(out, "id", arena_printf(g->q->arena, TAG "changes%.*s", STR_FMT(scope_of(g))));
	add_element(out, "title", feed_title(g));
	add_instant(out, "updated", newest);
	buf_add_str(out, STR("<author><name>assay</name></author>\n"
			     "<generator version=\"" ASSAY_VERSION "\">assay</generator>\n"));
	add_links(out, g);
	for (size_t i = g->n; i-- > 0;)
		add_entry(out, g->q, &g->items[i]);
	buf_add_str(out, STR("</feed>\n"));
}

/* GET /changes.atom */
void feed_get(struct http_request *q, struct http_reply *r)
{
	int64_t before = http_param_int(q, "before");
	bool some_kinds;
	struct asked g = {
		.q = q,
		.query = {
			.since_ms = CLOCK_NONE,
			.up_to_id = before ? before - 1 : 0,
			.model = http_param(q, "model"),
			.limit = (uint64_t)http_param_int(q, "limit"),
		},
	};
	struct err e;

	if (!wish_provider(q, r, "provider", &g.query.provider) ||
	    !wish_kinds(q, r, "kind", g.kinds, &some_kinds))
		return;
	g.query.kinds = some_kinds ? g.kinds : NULL;
	g.items = arena_array(q->arena, g.query.limit, struct item);
	if (!reads_run(q->web->reads, read_items, &g, &e)) {
		http_fail_err(r, &e);
		return;
	}
	r->type = "application/atom+xml; charset=utf-8";
	add_feed(reply_begin(q, r), &g);
	reply_tag(q, r);
}
