/* SPDX-License-Identifier: MIT */
#include "paging.h"

#include <stdlib.h>
#include <string.h>

#include "query.h"

enum { NUMBER_MAX = 1000000 };

/* A token that must be encoded: none of its signs may stand in a query as it is. */
#define TOKEN_HEAD "p+/&="

static const struct {
	const char *name, *parameter;
} forms[] = {
	[PAGING_NONE] = { "none", NULL },       [PAGING_TOKEN] = { "token", "page_token" },
	[PAGING_NUMBER] = { "number", "page" }, [PAGING_URL] = { "url", "offset" },
	[PAGING_LINK] = { "link", "offset" },
};

const char *paging_name(enum paging_form f)
{
	return forms[f].name;
}

bool paging_by_name(const char *name, enum paging_form *out)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (strcmp(forms[i].name, name) != 0)
			continue;
		*out = (enum paging_form)i;
		return true;
	}
	return false;
}

bool paging_fits(enum paging_form f, const struct dialect *d)
{
	return d->open || (f != PAGING_TOKEN && f != PAGING_URL);
}

/* The list's own words, while it is paged in its own way. */
static const struct own_pages *words(const struct paging *p)
{
	return p->own && p->own->form == p->form ? p->own : NULL;
}

struct paging paging_of(const struct own_pages *own)
{
	if (!own || own->form == PAGING_NONE)
		return (struct paging){ 0 };
	return (struct paging){ own->form, own->size_max, own };
}

/* --- what is asked for --- */

struct paging paging_sized(const struct paging *p, const char *query)
{
	const struct own_pages *own = words(p);
	struct paging sized = *p;
	uint64_t n = 0;

	if (!own || !own->size || !query_number(query, own->size, NUMBER_MAX, 0, &n))
		return sized;
	if (!n)
		n = own->size_usual;
	if (n < sized.size)
		sized.size = (size_t)n;
	return sized;
}

static size_t page_of_text(const struct paging *p, const char *text)
{
	uint64_t n;

	if (p->form == PAGING_TOKEN) {
		if (strncmp(text, TOKEN_HEAD, strlen(TOKEN_HEAD)) != 0)
			return 0;
		text += strlen(TOKEN_HEAD);
	}
	if (!number_parse(text, NUMBER_MAX, &n))
		return 0;
	return p->form == PAGING_URL || p->form == PAGING_LINK ? n / p->size + 1 : n;
}

size_t paging_asked(const struct paging *p, const char *query)
{
	const struct own_pages *own = words(p);
	char *text = query_text(query, own ? own->parameter : forms[p->form].parameter);
	size_t n = text ? page_of_text(p, text) : 1;

	free(text);
	return n;
}

/* --- what is answered --- */

/* Which page is said to be the next; 0 = none. */
static size_t next_page(const struct fault *f, size_t number, size_t pages)
{
	if (f->kind == FAULT_PAGE_REPEATED && number > 1)
		return number;
	if (f->kind == FAULT_PAGE_LOOP && number == pages)
		return 1;
	return number < pages ? number + 1 : 0;
}

static void write_address(struct buf *out, const struct paging *p, const struct paging_place *at,
			  size_t next)
{
	buf_printf(out, "%s?%s%soffset=%zu", at->path, at->query ? at->query : "",
		   at->query ? "&" : "", (next - 1) * p->size);
}

static void say_token(struct buf *out, size_t next)
{
	if (next)
		buf_printf(out, ",\"next_page_token\":\"" TOKEN_HEAD "%zu\",\"has_more\":true",
			   next);
	else
		buf_str(out, ",\"next_page_token\":\"\",\"has_more\":false");
}

static void say_own(struct buf *out, const struct own_pages *own, size_t next)
{
	if (next)
		buf_printf(out, ",\"%s\":\"" TOKEN_HEAD "%zu\"", own->next, next);
	else if (own->last)
		buf_printf(out, ",\"%s\":%s", own->next, own->last);
	if (own->more)
		buf_printf(out, ",\"%s\":%s", own->more, next ? "true" : "false");
}

static void say_url(struct buf *out, const struct paging *p, const struct paging_place *at,
		    size_t next)
{
	buf_str(out, ",\"next\":");
	if (!next) {
		buf_str(out, "null");
		return;
	}
	buf_char(out, '"');
	write_address(out, p, at, next);
	buf_char(out, '"');
}

static void say_link(struct buf *out, const struct paging *p, const struct paging_place *at,
		     size_t next)
{
	buf_printf(out, "<https://%s%s>; rel=\"first\"", at->host, at->path);
	if (!next)
		return;
	buf_printf(out, ", <https://%s", at->host);
	write_address(out, p, at, next);
	buf_str(out, ">; title=\"a, b\"; rel=\"next\"");
}

void paging_cut(const struct paging *p, const struct paging_place *at, const struct fault *f,
		size_t number, struct page *whole, struct buf *members, struct buf *link)
{
	size_t rows = whole->rows;
	size_t pages = (rows + p->size - 1) / p->size;
	size_t next = next_page(f, number, pages);
	size_t first = (number - 1) * p->size;

	if (f->kind != FAULT_PAGE_SIZE_IGNORED) {
		whole->first = first < rows ? first : rows;
		whole->rows = rows - whole->first < p->size ? rows - whole->first : p->size;
	}
	if (words(p) && p->form == PAGING_TOKEN)
		say_own(members, words(p), next);
	else if (p->form == PAGING_TOKEN)
		say_token(members, next);
	else if (p->form == PAGING_NUMBER)
		buf_printf(members, ",\"total_pages\":%zu", pages);
	else if (p->form == PAGING_URL)
		say_url(members, p, at, next);
	else
		say_link(link, p, at, next);
	whole->members = members;
}
