/* ask_place: where asks go: URLs that were asked before, and hosts, whose names one at a time looks up. */
#include "net/ask_job.h"

#include <string.h>

enum { PLACES_MAX = 256 };

static struct host *host_of(struct asker *a, const struct url *u)
{
	const char *origin =
		str_is_none(a->upstream) || !url_is_https(u) ? u->origin : a->upstream.at;
	struct host *h = a->hosts;

	while (h && strcmp(h->origin, origin) != 0)
		h = h->next;
	if (h)
		return h;
	h = arena_new(&a->arena, struct host);
	h->origin = arena_cstr(&a->arena, str_of(origin));
	TAILQ_INIT(&h->line);
	h->next = a->hosts;
	a->hosts = h;
	return h;
}

static const struct place *place_of(const struct asker *a, struct str text)
{
	const struct place *p = a->places;

	while (p && !str_eq(p->text, text))
		p = p->next;
	return p;
}

/* One with a query may hold a key and is not remembered. */
static void remember_place(struct asker *a, struct str text, const struct url *u)
{
	struct place *p;

	if (a->n_places == PLACES_MAX || memchr(text.at, '?', text.n))
		return;
	a->n_places++;
	p = arena_new(&a->arena, struct place);
	p->text = arena_str(&a->arena, text);
	url_copy(&p->url, u);
	p->next = a->places;
	a->places = p;
}

static bool parse_request(struct ask *k, const struct fetch_request *r, struct err *e)
{
	const struct place *known = place_of(k->in, r->url);

	if (known)
		return request_init_at(&k->request, r, &known->url, e);
	if (!request_init(&k->request, r, e))
		return false;
	remember_place(k->in, r->url, &k->request.url);
	return true;
}

bool ask_find_place(struct ask *k, const struct fetch_request *r, struct err *e)
{
	if (!parse_request(k, r, e))
		return false;
	if (!url_is_https(&k->request.url) && !url_is_loopback(&k->request.url))
		return err_set(e, ERR_CONFIG, "http is for loopback only; use https");
	k->host = host_of(k->in, &k->request.url);
	return true;
}
