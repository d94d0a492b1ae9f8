#include "task/sync_pages.h"

#include "provider/pages.h"

#include <stdlib.h>

enum { FRAME = 2, ROOM_FIRST = 16 };

static const char separator = '\x1e';

struct sync_page {
	char *bytes; /* malloc'd, padded for parsing in place */
	size_t n;
	struct hash body, url; /* fingerprints: a chain must not meet itself */
	yyjson_doc *doc;
};

struct sync_pages {
	struct arena arena; /* the worker's, while other lists use the job's */
	struct sync_page *items;
	size_t n, room;
	size_t bytes;        /* of the sequence so far */
	struct str url;      /* asked for now, without key */
	struct buf link;     /* header of the page that just came */
	int64_t total_pages; /* as the latest page said */
	bool more;
};

/* ---- one page, on the worker ---- */

static struct sync_page *add_page(struct sync_pages *p)
{
	if (p->n == p->room) {
		struct sync_page *grown;

		p->room = p->room ? p->room * 2 : ROOM_FIRST;
		grown = arena_array(&p->arena, p->room, struct sync_page);
		if (p->n)
			memcpy(grown, p->items, p->n * sizeof(*grown));
		p->items = grown;
	}
	return &p->items[p->n++];
}

static bool too_long(const struct sync_list *l, struct err *e)
{
	return err_set(e, ERR_LIMIT, "the pages come to more than %zu bytes",
		       l->job->conf->body_max);
}

static bool decode_page(struct sync_list *l, struct sync_page **ret, struct err *e)
{
	struct sync_pages *p = l->pages;
	size_t max = l->job->conf->body_max - p->bytes;
	struct sync_page *page;
	struct document doc;

	if (!decode_body(&l->wire, l->wire_n, l->encoding, max, &doc, e))
		return e->kind == ERR_LIMIT && p->n ? too_long(l, e) : false;
	page = add_page(p);
	page->bytes = (char *)doc.at;
	page->n = doc.n;
	if (max < FRAME || doc.n > max - FRAME)
		return too_long(l, e);
	p->bytes += doc.n + FRAME;
	fingerprint_bytes(page->bytes, page->n, &page->body);
	fingerprint_bytes(p->url.at, p->url.n, &page->url);
	*ret = page;
	return true;
}

/* The same bytes again: the server does not heed what was asked. */
static bool check_new(const struct sync_pages *p, const struct sync_page *page, struct err *e)
{
	for (size_t i = 0; i + 1 < p->n; i++)
		if (hash_eq(&p->items[i].body, &page->body))
			return err_set(e, ERR_PARTIAL, "it is page %zu again", i + 1);
	return true;
}

static bool check_circle(const struct sync_pages *p, struct str next, struct err *e)
{
	struct hash url;

	fingerprint_bytes(next.at, next.n, &url);
	for (size_t i = 0; i < p->n; i++)
		if (hash_eq(&p->items[i].url, &url))
			return err_set(e, ERR_PARTIAL, "the next page is page %zu again", i + 1);
	return true;
}

static bool resolve(struct sync_list *l, const struct pages_next *next, struct err *e)
{
	struct sync_pages *p = l->pages;

	if (!str_is_none(next->url)) {
		p->url = next->url;
		return true;
	}
	return fetch_same_origin(l->job->conf->fetcher, p->url, next->reference, &p->arena, &p->url,
				 e) ||
	       err_wrap(e, "the next page");
}

static bool find_next(struct sync_list *l, const struct sync_page *page, struct err *e)
{
	struct sync_pages *p = l->pages;
	JSON_DOC_AUTO(doc);
	struct page seen = { .number = p->n,
			     .link = buf_str(&p->link),
			     .total_pages = p->total_pages };
	struct pages_next next;

	if (!sync_parse_apart(page->bytes, page->n, &doc, e))
		return false;
	seen.root = yyjson_doc_get_root(doc);
	if (!pages_next(l->list, &seen, &p->arena, &next, e))
		return false;
	p->more = next.more;
	p->total_pages = next.total_pages;
	return !next.more || (resolve(l, &next, e) && check_circle(p, p->url, e));
}

/* Of form ids each answer stands alone: two may say the same. */
static void find_next_ids(struct sync_list *l)
{
	struct sync_pages *p = l->pages;

	p->more = p->n < l->n_urls;
	if (p->more)
		p->url = l->urls[p->n];
}

static void read_page(void *arg)
{
	struct sync_list *l = arg;
	size_t number = l->pages->n + 1;
	struct sync_page *page;

	l->failed = !decode_page(l, &page, &l->err);
	if (!l->failed && l->urls)
		find_next_ids(l);
	else if (!l->failed)
		l->failed = !check_new(l->pages, page, &l->err) || !find_next(l, page, &l->err);
	if (l->failed)
		(void)err_wrap(&l->err, "page %zu", number);
}

/* ---- the chain, on the loop ---- */

static void ask(struct sync_list *l);

static void page_read(void *arg)
{
	struct sync_list *l = arg;

	if (!l->failed && l->pages->more && !l->job->cancelled)
		ask(l);
	else
		sync_list_fetched(l);
}

static void page_fetched(void *arg, struct fetch_response *r, const struct err *e)
{
	struct sync_list *l = arg;

	l->fetch = NULL;
	if (!e && sync_ask_again(l, r, ask))
		return;
	sync_take_answer(l, r, e);
	if (l->failed) {
		(void)err_wrap(&l->err, "page %zu", l->pages->n + 1);
		sync_list_fetched(l);
		return;
	}
	buf_clear(&l->pages->link);
	buf_add_str(&l->pages->link, r->link);
	loop_work(l->job->conf->loop, read_page, page_read, l);
}

static void ask(struct sync_list *l)
{
	struct fetch_request r = sync_request(l, l->pages->url);

	l->fetch = fetch_start(l->job->conf->fetcher, &r, page_fetched, l);
}

void sync_pages_start(struct sync_list *l)
{
	l->pages = arena_new(&l->job->arena, struct sync_pages);
	l->pages->link = BUF_INIT(SIZE_MAX / 2); /* of one answer: bounded by the fetch */
	l->pages->url = l->urls ? l->urls[0] : pages_first(l->list, &l->pages->arena);
	ask(l);
}

/* ---- all of them ---- */

static void hash_pages(const struct sync_pages *p, struct hash *ret)
{
	struct fingerprinter *f = fingerprinter_create();

	for (size_t i = 0; i < p->n; i++) {
		fingerprinter_add(f, &separator, 1);
		fingerprinter_add(f, p->items[i].bytes, p->items[i].n);
		fingerprinter_add(f, "\n", 1);
	}
	fingerprinter_end(f, ret);
	fingerprinter_destroy(f);
}

static void keep_pages(struct sync_list *l)
{
	const struct sync_pages *p = l->pages;
	BUF_AUTO(sequence, p->bytes);

	(void)buf_reserve(&sequence, p->bytes);
	for (size_t i = 0; i < p->n; i++) {
		buf_add_char(&sequence, separator);
		buf_add(&sequence, p->items[i].bytes, p->items[i].n);
		buf_add_char(&sequence, '\n');
	}
	sync_keep_document(l, buf_str(&sequence), STR_NONE);
}

void sync_pages_open(struct sync_list *l)
{
	hash_pages(l->pages, &l->document.body_hash);
	l->same = l->last && hash_eq(&l->last->body_hash, &l->document.body_hash);
	if (!l->same)
		keep_pages(l);
}

bool sync_pages_parse(struct sync_list *l, struct reader_list *ret, struct err *e)
{
	struct sync_pages *p = l->pages;
	yyjson_doc **docs = arena_array(&p->arena, p->n, yyjson_doc *);

	for (size_t i = 0; i < p->n; i++) {
		struct sync_page *page = &p->items[i];

		if (!json_read_insitu(page->bytes, page->n, &page->doc, e))
			return err_wrap(e, "page %zu", i + 1);
		docs[i] = page->doc;
	}
	*ret = (struct reader_list){ docs, p->n };
	return true;
}

void sync_pages_free_values(struct sync_list *l)
{
	for (size_t i = 0; l->pages && i < l->pages->n; i++) {
		yyjson_doc_free(l->pages->items[i].doc);
		l->pages->items[i].doc = NULL;
	}
}

void sync_pages_free(struct sync_list *l)
{
	sync_pages_free_values(l);
	if (!l->pages)
		return;
	for (size_t i = 0; i < l->pages->n; i++)
		free(l->pages->items[i].bytes);
	buf_release(&l->pages->link);
	arena_release(&l->pages->arena);
}

bool sync_pages_parse_apart(const struct sync_list *l, struct arena *a, struct reader_list *ret,
			    struct err *e)
{
	const struct sync_pages *p = l->pages;

	*ret = (struct reader_list){ .pages = arena_array(a, p->n, yyjson_doc *) };
	for (size_t i = 0; i < p->n; i++) {
		if (!sync_parse_apart(p->items[i].bytes, p->items[i].n, &ret->pages[i], e))
			return err_wrap(e, "page %zu", i + 1);
		ret->n_pages++;
	}
	return true;
}

/* ---- a kept one ---- */

static size_t count_separators(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.at[i] == separator;
	return n;
}

bool sync_pages_reread(struct str kept, struct arena *a, struct reader_list *ret, struct err *e)
{
	bool sequence = kept.n && *kept.at == separator;
	size_t n = sequence ? count_separators(kept) : 1;
	struct str page;

	*ret = (struct reader_list){ .pages = arena_array(a, n, yyjson_doc *) };
	if (sequence)
		(void)str_cut(&kept, separator, &page); /* nothing, before the first */
	for (size_t i = 0; i < n; i++) {
		if (sequence)
			(void)str_cut(&kept, separator, &page);
		else
			page = kept;
		if (!json_read(page, &ret->pages[i], e))
			return false;
		ret->n_pages++;
	}
	return true;
}
