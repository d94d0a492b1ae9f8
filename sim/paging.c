/* SPDX-License-Identifier: MIT */
#include "paging.h"

#include <stdlib.h>
#include <string.h>

#include "query.h"

enum { NUMBER_MAX = 1000000 };

/* A token that must be encoded: none of its signs may stand in a query as it is. */
#define TOKEN_HEAD "p+/&="

static const char *const names[] = {
	[PAGING_NONE] = "none", [PAGING_TOKEN] = "token", [PAGING_NUMBER] = "number",
	[PAGING_URL] = "url",   [PAGING_LINK] = "link",
};

/* What a list that was told to page calls things. */
static const struct paging_words ordinary[] = {
	[PAGING_TOKEN] = { .form = PAGING_TOKEN,
			   .parameter = "page_token",
			   .members = { { "next_page_token", PAGING_NEXT },
					{ "has_more", PAGING_MORE } } },
	[PAGING_NUMBER] = { .form = PAGING_NUMBER,
			    .parameter = "page",
			    .members = { { "total_pages", PAGING_PAGES } } },
	[PAGING_URL] = { .form = PAGING_URL,
			 .parameter = "offset",
			 .end = PAGING_END_NULL,
			 .members = { { "next", PAGING_NEXT } } },
	[PAGING_LINK] = { .form = PAGING_LINK, .parameter = "offset" },
};

const struct paging_words paging_after_ids = {
	.form = PAGING_TOKEN,
	.parameter = "after_id",
	.size_parameter = "limit",
	.after_ids = true,
	.members = { { "has_more", PAGING_MORE },
		     { "first_id", PAGING_FIRST_ID },
		     { "last_id", PAGING_LAST_ID } },
};

const struct paging_words paging_cohere = {
	.form = PAGING_TOKEN,
	.parameter = "page_token",
	.size_parameter = "page_size",
	.end = PAGING_END_ABSENT,
	.members = { { "next_page_token", PAGING_NEXT } },
};

const struct paging_words paging_google = {
	.form = PAGING_TOKEN,
	.parameter = "pageToken",
	.size_parameter = "pageSize",
	.end = PAGING_END_ABSENT,
	.members = { { "nextPageToken", PAGING_NEXT } },
};

const struct paging_words paging_fireworks = {
	.form = PAGING_TOKEN,
	.parameter = "pageToken",
	.size_parameter = "pageSize",
	.members = { { "nextPageToken", PAGING_NEXT }, { "totalSize", PAGING_TOTAL } },
};

const struct paging_words paging_fal = {
	.form = PAGING_TOKEN,
	.parameter = "cursor",
	.size_parameter = "limit",
	.end = PAGING_END_NULL,
	.members = { { "next_cursor", PAGING_NEXT }, { "has_more", PAGING_MORE } },
};

const struct paging_words paging_cloudflare = {
	.form = PAGING_NUMBER,
	.parameter = "page",
	.size_parameter = "per_page",
	.inside = "result_info",
	.members = { { "page", PAGING_PAGE },
		     { "per_page", PAGING_PER_PAGE },
		     { "count", PAGING_COUNT },
		     { "total_count", PAGING_TOTAL },
		     { "total_pages", PAGING_PAGES } },
};

const char *paging_name(const struct paging_words *w)
{
	return names[w ? w->form : PAGING_NONE];
}

bool paging_by_name(const char *name, const struct paging_words *nature,
		    const struct paging_words **out)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], name) != 0)
			continue;
		if (i == PAGING_NONE)
			*out = NULL;
		else
			*out = nature && nature->form == i ? nature : &ordinary[i];
		return true;
	}
	return false;
}

bool paging_fits(const struct paging_words *w, const struct dialect *d)
{
	return !w || d->open || (w->form != PAGING_TOKEN && w->form != PAGING_URL);
}

/* --- rows by place --- */

static const struct model *row_at(const struct paging_place *at, size_t place)
{
	const struct shelf *s = &at->shop->offered;

	for (size_t i = 0; i < s->count; i++)
		if (wire_selects(&at->select, s->models[i]) && !place--)
			return s->models[i];
	return NULL;
}

/* How many rows there are up to the one of that id, it included; 0 = there is none. */
static size_t place_behind(const struct paging_place *at, const char *id)
{
	const struct shelf *s = &at->shop->offered;
	size_t place = 0;

	for (size_t i = 0; i < s->count; i++) {
		place += wire_selects(&at->select, s->models[i]);
		if (!strcmp(s->models[i]->id, id))
			return place;
	}
	return 0;
}

/* --- what is asked for --- */

static size_t page_of_text(const struct paging *p, const struct paging_place *at, const char *text)
{
	uint64_t n;

	if (p->words->after_ids) {
		size_t behind = place_behind(at, text);

		return behind ? (behind + p->size - 1) / p->size + 1 : 0;
	}
	if (p->words->form == PAGING_TOKEN) {
		if (strncmp(text, TOKEN_HEAD, strlen(TOKEN_HEAD)) != 0)
			return 0;
		text += strlen(TOKEN_HEAD);
	}
	if (!number_parse(text, NUMBER_MAX, &n))
		return 0;
	return p->words->form == PAGING_URL || p->words->form == PAGING_LINK ? n / p->size + 1 : n;
}

static bool take_size(struct paging *p, const char *query)
{
	uint64_t size;

	if (!p->words->size_parameter)
		return true;
	if (!query_number(query, p->words->size_parameter, NUMBER_MAX, p->size, &size) || !size)
		return false;
	p->size = size < p->size ? size : p->size;
	return true;
}

size_t paging_asked(struct paging *p, const struct paging_place *at, const char *query)
{
	char *text = query_text(query, p->words->parameter);
	size_t n = 0;

	if (take_size(p, query))
		n = text ? page_of_text(p, at, text) : 1;
	free(text);
	return n;
}

/* --- what is answered --- */

/* One page in the making. */
struct cut {
	const struct paging *p;
	const struct paging_place *at;
	size_t number, pages, total;
	size_t first, rows; /* of the page */
	size_t next;        /* which page is said to be the next; 0 = none */
	bool more, odd;     /* whether one is said to be; it is said in a wrong type */
};

static size_t next_page(const struct fault *f, size_t number, size_t pages)
{
	if (f->kind == FAULT_PAGE_CUT || f->kind == FAULT_PAGE_NOWHERE)
		return 0;
	if (f->kind == FAULT_PAGE_REPEATED && number > 1)
		return number;
	if (f->kind == FAULT_PAGE_LOOP && number >= pages)
		return 1;
	return number < pages ? number + 1 : 0;
}

static void write_address(struct buf *out, const struct cut *c)
{
	const struct paging_place *at = c->at;

	buf_printf(out, "%s?%s%s%s=%zu", at->path, at->query ? at->query : "", at->query ? "&" : "",
		   c->p->words->parameter, (c->next - 1) * c->p->size);
}

static void say_next(struct buf *out, const struct cut *c)
{
	if (!c->next)
		buf_str(out, c->p->words->end == PAGING_END_NULL ? "null" : "\"\"");
	else if (c->p->words->form == PAGING_TOKEN)
		buf_printf(out, "\"" TOKEN_HEAD "%zu\"", c->next);
	else {
		buf_char(out, '"');
		write_address(out, c);
		buf_char(out, '"');
	}
}

static void say_id(struct buf *out, const struct cut *c, size_t place)
{
	const struct model *m = row_at(c->at, place);

	buf_json(out, m ? m->id : NULL, JSON_UTF8);
}

/* The id behind which the next page begins; the last page says its own last one as well. */
static void say_last_id(struct buf *out, const struct cut *c)
{
	size_t behind = c->next ? (c->next > 1 ? c->next - 1 : 1) * c->p->size : c->first + c->rows;

	if (behind > c->total)
		behind = c->total;
	if (behind)
		say_id(out, c, behind - 1);
	else
		buf_str(out, "null");
}

static void say_fact(struct buf *out, const struct cut *c, enum paging_fact fact)
{
	size_t number = 0;

	if (c->odd && (fact == PAGING_NEXT || fact == PAGING_LAST_ID || fact == PAGING_PAGES)) {
		buf_str(out, "{\"odd\":[]}");
		return;
	}
	switch (fact) {
	case PAGING_NEXT:
		say_next(out, c);
		return;
	case PAGING_MORE:
		buf_str(out, c->more ? "true" : "false");
		return;
	case PAGING_FIRST_ID:
		say_id(out, c, c->first);
		return;
	case PAGING_LAST_ID:
		if (c->more && !c->next)
			buf_str(out, "null");
		else
			say_last_id(out, c);
		return;
	case PAGING_PAGE:
		number = c->number;
		break;
	case PAGING_PAGES:
		number = c->pages;
		break;
	case PAGING_PER_PAGE:
		number = c->p->size;
		break;
	case PAGING_COUNT:
		number = c->rows;
		break;
	case PAGING_TOTAL:
		number = c->total;
		break;
	}
	buf_uint(out, number);
}

static void say_members(struct buf *out, const struct cut *c)
{
	const struct paging_words *w = c->p->words;

	if (w->inside)
		buf_printf(out, ",\"%s\":{", w->inside);
	for (size_t i = 0; i < PAGING_MEMBERS_MAX && w->members[i].key; i++) {
		if (w->members[i].fact == PAGING_NEXT && !c->next && w->end == PAGING_END_ABSENT)
			continue;
		if (i || !w->inside)
			buf_char(out, ',');
		buf_printf(out, "\"%s\":", w->members[i].key);
		say_fact(out, c, w->members[i].fact);
	}
	if (w->inside)
		buf_char(out, '}');
}

static void say_link(struct buf *out, const struct cut *c)
{
	const struct paging_place *at = c->at;

	buf_printf(out, "<https://%s%s>; rel=\"first\"", at->host, at->path);
	if (!c->next)
		return;
	buf_printf(out, ", <https://%s", at->host);
	write_address(out, c);
	buf_str(out, ">; title=\"a, b\"; rel=\"next\"");
}

/* By number nobody says what the next page is: what can be bent is how many there are … */
static size_t pages_said(const struct fault *f, size_t number, size_t pages)
{
	if (f->kind == FAULT_PAGE_CUT || f->kind == FAULT_PAGE_NOWHERE)
		return number;
	return f->kind == FAULT_PAGE_LOOP && number >= pages ? number + 1 : pages;
}

/* … and which one is answered with. */
static size_t page_answered(const struct paging *p, const struct fault *f, size_t number,
			    size_t pages)
{
	if (p->words->form != PAGING_NUMBER || number < 2)
		return number;
	if (f->kind == FAULT_PAGE_REPEATED)
		return number - 1;
	return f->kind == FAULT_PAGE_LOOP && pages ? (number - 1) % pages + 1 : number;
}

void paging_cut(const struct paging *p, const struct paging_place *at, const struct fault *f,
		size_t number, struct page *whole, struct buf *members, struct buf *link)
{
	size_t rows = whole->rows, pages = (rows + p->size - 1) / p->size;
	size_t first = (page_answered(p, f, number, pages) - 1) * p->size;

	if (f->kind != FAULT_PAGE_SIZE_IGNORED) {
		whole->first = first < rows ? first : rows;
		whole->rows = rows - whole->first < p->size ? rows - whole->first : p->size;
	}
	struct cut c = { .p = p,
			 .at = at,
			 .number = number,
			 .pages = pages_said(f, number, pages),
			 .total = rows,
			 .first = whole->first,
			 .rows = whole->rows,
			 .next = next_page(f, number, pages) };

	c.more = c.next || f->kind == FAULT_PAGE_NOWHERE;
	c.odd = f->kind == FAULT_PAGE_TOKEN_TYPE && c.next;

	if (p->words->form == PAGING_LINK)
		say_link(link, &c);
	else
		say_members(members, &c);
	whole->members = members;
}
