#include "provider/pages.h"

#include "base/query.h"
#include "provider/link.h"

#include <stdlib.h>

static yyjson_val *at_pointer(yyjson_val *root, struct str pointer)
{
	return pointer.n ? yyjson_ptr_getn(root, pointer.at, pointer.n) : root;
}

/* ---- what a page says ---- */

bool pages_rows(const struct list *l, yyjson_val *root, yyjson_val **ret, struct err *e)
{
	yyjson_val *first = at_pointer(root, l->rows);
	yyjson_val *rows = first;

	for (size_t i = 0; i < l->n_rows_or && !yyjson_is_arr(rows); i++)
		rows = at_pointer(root, l->rows_or[i]);
	if (!yyjson_is_arr(rows))
		return err_set(e, ERR_DATA, "%s is %s, the list of models was expected",
			       l->rows.n ? l->rows.at : "the document", json_type(first));
	*ret = rows;
	return true;
}

/* A string or number that leads on, absent where nothing stands. */
static bool read_next(const struct pages *p, yyjson_val *root, struct str *ret, struct err *e)
{
	yyjson_val *v = at_pointer(root, p->next);
	struct str text = json_raw(v);

	*ret = STR_NONE;
	if (!v || yyjson_is_null(v))
		return true;
	if (str_is_none(text) || (p->form == PAGES_URL && !yyjson_is_str(v)))
		return err_set(e, ERR_DATA, "%.*s is %s, what leads to the next page was expected",
			       STR_FMT(p->next), json_type(v));
	if (text.n > PAGE_TOKEN_MAX)
		return err_set(e, ERR_LIMIT, "%.*s is longer than %d bytes", STR_FMT(p->next),
			       PAGE_TOKEN_MAX);
	if (text.n)
		*ret = text;
	return true;
}

/* `more` decides where it stands: false ends the list whatever the token says. */
static bool heed_more(const struct pages *p, yyjson_val *root, struct str *token_io, struct err *e)
{
	yyjson_val *v = p->more.n ? at_pointer(root, p->more) : NULL;

	if (!v || yyjson_is_null(v))
		return true;
	if (!yyjson_is_bool(v))
		return err_set(e, ERR_DATA, "%.*s is %s, true or false was expected",
			       STR_FMT(p->more), json_type(v));
	if (!yyjson_get_bool(v))
		*token_io = STR_NONE;
	else if (str_is_none(*token_io))
		return err_set(e, ERR_PARTIAL, "%.*s says that more follows, and %.*s not where",
			       STR_FMT(p->more), STR_FMT(p->next));
	return true;
}

static bool read_total_pages(const struct pages *p, yyjson_val *root, int64_t *ret, struct err *e)
{
	yyjson_val *v = at_pointer(root, p->total_pages);

	return str_to_i64(json_raw(v), 0, INT64_MAX, ret) ||
	       err_set(e, ERR_DATA, "%.*s is %s, a count of pages was expected",
		       STR_FMT(p->total_pages), json_type(v));
}

static bool is_empty(const struct list *l, const struct page *page, bool *ret, struct err *e)
{
	yyjson_val *rows;

	if (!pages_rows(l, page->root, &rows, e))
		return false;
	*ret = yyjson_arr_size(rows) == 0;
	return true;
}

static bool number_goes_on(const struct pages *p, const struct page *page, bool empty,
			   struct pages_next *ret, struct err *e)
{
	int64_t total;

	if (p->total_pages.n == 0) {
		ret->more = !empty;
		return true;
	}
	if (!read_total_pages(p, page->root, &total, e))
		return false;
	/* Whichever of them is right, rows may have moved from page to page in between. */
	if (page->total_pages && total != page->total_pages)
		return err_set(e, ERR_PARTIAL, "%.*s says %lld pages, the page before it said %lld",
			       STR_FMT(p->total_pages), (long long)total,
			       (long long)page->total_pages);
	if (total > PAGES_MAX)
		return err_set(e, ERR_LIMIT, "%.*s says %lld pages, more than %d",
			       STR_FMT(p->total_pages), (long long)total, PAGES_MAX);
	if (total < (int64_t)page->number && !empty)
		return err_set(e, ERR_PARTIAL, "the page has rows, and %.*s says %lld pages",
			       STR_FMT(p->total_pages), (long long)total);
	ret->total_pages = total;
	ret->more = total > (int64_t)page->number;
	if (ret->more && empty)
		return err_set(e, ERR_PARTIAL, "the page is empty, and %.*s says %lld pages",
			       STR_FMT(p->total_pages), (long long)total);
	return true;
}

/* ---- the next request ---- */

static struct str numbered(const struct list *l, size_t index, struct arena *a)
{
	return query_set(l->url, l->pages.parameter, arena_printf(a, "%zu", l->pages.first + index),
			 a);
}

struct str pages_first(const struct list *l, struct arena *a)
{
	return l->pages.form == PAGES_NUMBER ? numbered(l, 0, a) : l->url;
}

static bool next_by_token(const struct list *l, const struct page *page, struct arena *a,
			  struct pages_next *ret, struct err *e)
{
	struct str token;

	if (!read_next(&l->pages, page->root, &token, e) ||
	    !heed_more(&l->pages, page->root, &token, e))
		return false;
	ret->more = !str_is_none(token);
	if (ret->more)
		ret->url = query_set(l->url, l->pages.parameter, token, a);
	return true;
}

static bool next_by_number(const struct list *l, const struct page *page, bool empty,
			   struct arena *a, struct pages_next *ret, struct err *e)
{
	if (!number_goes_on(&l->pages, page, empty, ret, e))
		return false;
	if (ret->more)
		ret->url = numbered(l, page->number, a);
	return true;
}

static bool next_by_reference(const struct list *l, const struct page *page, struct arena *a,
			      struct pages_next *ret, struct err *e)
{
	struct str reference;

	if (l->pages.form == PAGES_LINK ? !link_next(page->link, &reference, e)
					: !read_next(&l->pages, page->root, &reference, e))
		return false;
	ret->more = !str_is_none(reference);
	ret->reference = arena_str(a, reference);
	return true;
}

/* Who says how many rows there are may have none on a page, and who does not may have lost some. */
static bool check_empty(const struct list *l, const struct page *page,
			const struct pages_next *next, struct err *e)
{
	if (!next->more || (l->total.n && at_pointer(page->root, l->total)))
		return true;
	return err_set(e, ERR_PARTIAL, "the page is empty, and another follows");
}

static bool next_of(const struct list *l, const struct page *page, struct arena *a,
		    struct pages_next *ret, struct err *e)
{
	bool empty;

	if (!is_empty(l, page, &empty, e))
		return false;
	switch (l->pages.form) {
	case PAGES_TOKEN:
		return next_by_token(l, page, a, ret, e) &&
		       (!empty || check_empty(l, page, ret, e));
	case PAGES_NUMBER:
		return next_by_number(l, page, empty, a, ret, e);
	case PAGES_URL:
	case PAGES_LINK:
		return next_by_reference(l, page, a, ret, e) &&
		       (!empty || check_empty(l, page, ret, e));
	case PAGES_IDS: /* known beforehand: pages_of_ids() */
	case PAGES_NONE:
		break;
	}
	return true;
}

bool pages_next(const struct list *l, const struct page *page, struct arena *a,
		struct pages_next *ret, struct err *e)
{
	struct pages_next next = { .url = STR_NONE, .reference = STR_NONE };

	if (!next_of(l, page, a, &next, e))
		return false;
	if (next.more && page->number >= PAGES_MAX)
		return err_set(e, ERR_LIMIT, "the list goes on after %d pages", PAGES_MAX);
	*ret = next;
	return true;
}

/* ---- by ids ---- */

/* The ids from `i` on that go into one request, joined; *ret_n of them. */
static struct str join_ids(const struct pages *p, const struct str *ids, size_t n, struct arena *a,
			   size_t *ret_n)
{
	BUF_AUTO(joined, SIZE_MAX / 2);
	size_t taken = 0;

	while (taken < n && taken < p->size) {
		struct str id = query_encoded(ids[taken], a);

		if (taken > 0 && joined.n + 1 + id.n > PAGE_TOKEN_MAX)
			break;
		if (taken++ > 0)
			buf_add_char(&joined, ',');
		buf_add_str(&joined, id);
	}
	*ret_n = taken;
	return arena_str(a, buf_str(&joined));
}

bool pages_of_ids(const struct list *l, const struct str *ids, size_t n, struct arena *a,
		  struct str **ret, size_t *ret_n, struct err *e)
{
	struct str *urls = arena_array(a, PAGES_MAX, struct str);
	size_t n_urls = 0;
	size_t taken;

	for (size_t i = 0; i < n; i += taken) {
		struct str joined = join_ids(&l->pages, ids + i, n - i, a, &taken);

		if (joined.n > PAGE_TOKEN_MAX)
			return err_set(e, ERR_LIMIT, "an id is longer than %d bytes",
				       PAGE_TOKEN_MAX);
		if (n_urls == PAGES_MAX)
			return err_set(e, ERR_LIMIT, "%zu ids need more than %d requests", n,
				       PAGES_MAX);
		urls[n_urls++] = query_put(l->url, l->pages.parameter, joined, a);
	}
	*ret = urls;
	*ret_n = n_urls;
	return true;
}

/* ---- a chain that is there ---- */

bool pages_check_end(const struct list *l, yyjson_val *last, size_t n, struct err *e)
{
	struct page page = { .root = last, .number = n };
	struct pages_next next;
	ARENA_AUTO(a);

	if (l->pages.form == PAGES_NONE || l->pages.form == PAGES_LINK ||
	    l->pages.form == PAGES_IDS ||
	    (l->pages.form == PAGES_NUMBER && l->pages.total_pages.n == 0))
		return true; /* the page itself does not show it */
	if (!next_of(l, &page, &a, &next, e))
		return false;
	if (next.more)
		return err_set(e, ERR_PARTIAL, "page %zu shows that another follows", n);
	return true;
}

struct on_page {
	struct str id;
	size_t page;
};

static int by_id_and_page(const void *a, const void *b)
{
	const struct on_page *x = a;
	const struct on_page *y = b;
	int c = str_cmp(x->id, y->id);

	return c ? c : (x->page > y->page) - (x->page < y->page);
}

/* Every id with its page, an id's first page first. */
static struct on_page *ids_by_page(const struct model *models, const size_t *ends, size_t n,
				   struct arena *a)
{
	struct on_page *ids = arena_array(a, ends[n - 1] + 1, struct on_page);

	for (size_t page = 0, i = 0; page < n; page++)
		for (; i < ends[page]; i++)
			ids[i] = (struct on_page){ models[i].id, page };
	qsort(ids, ends[n - 1], sizeof(*ids), by_id_and_page);
	return ids;
}

bool pages_check_repeats(const struct model *models, const size_t *ends, size_t n, struct err *e)
{
	ARENA_AUTO(a);
	struct on_page *ids;
	size_t *fresh; /* of each page: ids that no page before it has */

	if (n < 2)
		return true;
	ids = ids_by_page(models, ends, n, &a);
	fresh = arena_array(&a, n, size_t);
	for (size_t i = 0; i < ends[n - 1]; i++)
		fresh[ids[i].page] += i == 0 || !str_eq(ids[i].id, ids[i - 1].id);
	for (size_t page = 1; page < n; page++)
		if (ends[page] > ends[page - 1] && fresh[page] == 0)
			return err_set(e, ERR_PARTIAL, "page %zu only repeats what stood before it",
				       page + 1);
	return true;
}
