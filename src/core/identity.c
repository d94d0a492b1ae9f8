#include "core/identity.h"

#include "core/identity_name.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static struct str part(struct str s, size_t from, size_t to)
{
	return (struct str){ s.at + from, to - from };
}

struct reading {
	struct arena *a;
	struct str provider;
	bool hub; /* a name on Hugging Face: one repository, whatever it is called */
};

static struct identity none(struct arena *a, const char *why, struct str text)
{
	return (struct identity){ STR_NONE,
				  arena_printf(a, "none: %s: \"%.*s\"", why, STR_FMT(text)) };
}

static struct identity found(struct arena *a, struct str canonical, const char *rule,
			     struct str text)
{
	return (struct identity){ canonical, arena_printf(a, "%s \"%.*s\"", rule, STR_FMT(text)) };
}

/* Last of all what is known of whole names. */
static struct identity settle(const struct reading *r, const struct name *n, struct str org,
			      struct str text)
{
	struct str canonical = name_spelled(n, org), renamed;
	size_t undated = identity_undated(canonical);

	if (undated)
		canonical.n = undated;
	renamed = identity_renamed(canonical);
	if (!str_is_none(renamed))
		canonical = renamed;
	else if (!r->hub && (name_has(n, STR("latest")) || identity_is_moving(canonical)))
		return none(r->a, "the name moves", text);
	else if (!r->hub && name_lacks_mode(n))
		return none(r->a, "base or instruct", text);
	else if (!r->hub && name_has_squeezed_version(n))
		return none(r->a, "a version without its point", text);
	return found(r->a, canonical, r->hub ? "hugging face id" : "id", text);
}

/* "org/name", the organisation by one of its spellings. */
static struct identity of_vendor(const struct reading *r, const struct identity_vendor *v,
				 struct str name, struct str text)
{
	struct str org = str_of(v->org ? v->org : v->house);
	struct name n;

	if (!name_read(name, org, r->provider, r->a, &n))
		return none(r->a, "no name", text);
	if (!v->org) {
		if (!n.family || !n.family->house || strcmp(n.family->house, v->house) != 0)
			return none(r->a, "unknown family of the house", text);
		org = str_of(n.family->org);
	}
	return settle(r, &n, org, text);
}

/* The words of an organisation in front of a name that has no '/': "zai-org-glm-4.6". */
static size_t org_words(const struct name *n)
{
	struct str org = n->word[0];

	for (size_t i = 1; i < n->n && i <= 2; i++) {
		const struct identity_vendor *v = identity_vendor(org);
		size_t letters;
		const struct identity_family *f = name_family_of(n->word[i], &letters);

		if (v && f &&
		    (v->org ? strcmp(v->org, f->org) == 0
			    : f->house && strcmp(v->house, f->house) == 0))
			return i;
		org = arena_printf(n->a, "%.*s-%.*s", STR_FMT(org), STR_FMT(n->word[i]));
	}
	return 0;
}

/* A name without an organisation: of the maker who sells it, or known by its family. */
static struct identity of_words(const struct reading *r, struct str name, struct str text)
{
	struct str maker = identity_maker(r->provider), org;
	struct name n;

	if (!name_read(name, str_is_none(maker) ? STR("") : maker, r->provider, r->a, &n))
		return none(r->a, "no name", text);
	if (!n.family)
		return str_is_none(maker) ? none(r->a, "unknown family", text)
					  : settle(r, &n, maker, text);
	/* Another maker's work on the family: its own name tells whose. */
	org = name_has(&n, STR("nemotron")) ? STR("nvidia") : str_of(n.family->org);
	if (!str_is_none(maker) && !str_eq(maker, org))
		return none(r->a, "a family of another maker", text);
	if (str_is_none(maker) && !name_is_plain(&n))
		return none(r->a, "a word that is not the maker's", text);
	return settle(r, &n, org, text);
}

static struct identity of_bare(const struct reading *r, struct str name, struct str text)
{
	struct name raw = { .a = r->a };
	size_t skip;

	if (!name_split(&raw, name))
		return none(r->a, "no name", text);
	skip = org_words(&raw);
	if (skip) {
		const char *from = raw.word[skip].at;

		name = (struct str){ from, (size_t)(name.at + name.n - from) };
	}
	return of_words(r, name, text);
}

/* ---- the shapes of ids */

/* "2p5" → "2.5", where a platform's ids may hold no point. */
static struct str points_of_p(struct str text, struct arena *a)
{
	char *at = arena_cstr(a, text);

	for (size_t i = 1; i + 1 < text.n; i++) {
		if (at[i] == 'p' && is_digit(at[i - 1]) && is_digit(at[i + 1]))
			at[i] = '.';
	}
	return (struct str){ at, text.n };
}

/* "us.anthropic.claude-…-v1:0" → its vendor, and the rest without "-v1:0". */
static const struct identity_vendor *dotted_vendor(struct str *id)
{
	struct str rest = *id, head;
	const struct identity_vendor *v;
	struct str release;

	if (!str_cut(&rest, '.', &head))
		return NULL;
	if (identity_is_region(head) && !str_cut(&rest, '.', &head))
		return NULL;
	v = identity_vendor(head);
	if (!v)
		return NULL;
	release = rest.n > 5 ? part(rest, rest.n - 5, rest.n) : STR("");
	if (release.n && str_starts(release, STR("-v")) && is_digit(release.at[2]) &&
	    release.at[3] == ':' && is_digit(release.at[4]))
		rest.n -= 5;
	*id = rest;
	return v;
}

static void cut_suffix(const struct reading *r, struct str *id)
{
	struct str suffix = identity_suffix(r->provider);

	if (!str_is_none(suffix) && id->n > suffix.n && str_ends(*id, suffix))
		id->n -= suffix.n;
}

static struct identity of_hub(const struct reading *in, struct str id, struct str text)
{
	struct reading r = *in;
	struct str name = id, org;
	const struct identity_vendor *v;

	cut_suffix(in, &id);
	name = id;
	r.hub = true;
	r.provider = STR("");
	if (!str_cut(&name, '/', &org) || org.n == 0 || name.n == 0 || memchr(name.at, '/', name.n))
		return none(r.a, "not an id of Hugging Face", text);
	for (size_t i = 0; i < id.n; i++) {
		if ((unsigned char)id.at[i] <= ' ' || (unsigned char)id.at[i] >= 0x7f)
			return none(r.a, "not an id of Hugging Face", text);
	}
	v = identity_vendor(org);
	if (!v || !v->org)
		return found(r.a, id, "hugging face id", text);
	return of_vendor(&r, v, name, text);
}

/* The seller's part of an id comes off. */
static void cut_seller(const struct reading *r, struct str *id)
{
	struct str rest = *id, head;
	const char *slash;

	switch (identity_shape(r->provider)) {
	case SHAPE_PLAIN:
		return;
	case SHAPE_SELLER_COLON:
		if (str_cut(&rest, ':', &head))
			*id = rest;
		return;
	case SHAPE_SELLER_SLASH:
		if (str_cut(&rest, '/', &head) && identity_is_seller(head))
			*id = rest;
		rest = *id;
		if (str_cut(&rest, '@', &head) && rest.n && !is_digit(rest.at[0]))
			*id = head;
		return;
	case SHAPE_SLASH_SELLER:
		slash = memrchr(id->at, '/', id->n);
		if (slash)
			id->n = (size_t)(slash - id->at);
		return;
	}
}

/* A mode behind ':' comes off; false when what stands there is unknown. */
static bool cut_mode(struct str *id)
{
	const char *colon = memrchr(id->at, ':', id->n);
	size_t at;

	if (!colon)
		return true;
	at = (size_t)(colon - id->at);
	if (!identity_is_mode(part(*id, at + 1, id->n)))
		return false;
	id->n = at;
	return !memchr(id->at, ':', id->n);
}

static struct identity of_id(const struct reading *r, struct str id, struct str text)
{
	const struct identity_prefix *p;
	const struct identity_vendor *v;
	struct str org;

	cut_seller(r, &id);
	cut_suffix(r, &id);
	p = identity_prefix(id);
	if (p)
		id = part(id, strlen(p->text), id.n);
	if (p && p->point_p)
		id = points_of_p(id, r->a);
	if (!memchr(id.at, '/', id.n)) {
		v = dotted_vendor(&id);
		if (v && !memchr(id.at, ':', id.n))
			return of_vendor(r, v, id, text);
	}
	if (!cut_mode(&id))
		return none(r->a, "unknown mode", text);
	if (p && p->hugging_face)
		return of_hub(r, id, text);
	if (!memchr(id.at, '/', id.n) || (p && p->slash_dash))
		return of_bare(r, id, text);
	(void)str_cut(&id, '/', &org);
	v = identity_vendor(org);
	if (!v)
		return none(r->a, "unknown organisation", text);
	if (memchr(id.at, '/', id.n))
		return none(r->a, "no name", text);
	return of_vendor(r, v, id, text);
}

struct identity identity_of(const struct identity_row *row, const struct identity_aliases *aliases,
			    struct arena *a)
{
	struct reading r = { .a = a, .provider = row->provider };
	struct str hub = row->hugging_face_id, id = row->id, lower, known;
	const struct identity_alias *alias;

	if (id.n > IDENTITY_TEXT_MAX || hub.n > IDENTITY_TEXT_MAX)
		return (struct identity){ STR_NONE, STR("none: longer than any name") };
	alias = identity_alias_find(aliases, row->provider, id, a);
	if (alias && str_is_none(alias->canonical))
		return none(a, "the operator's alias", alias->alias);
	if (alias)
		return found(a, alias->canonical, "alias", alias->alias);
	if (hub.n > 0)
		return of_hub(&r, identity_lower(hub, a), hub);
	if (id.n == 0)
		return (struct identity){ STR_NONE, STR("none: no id") };
	lower = identity_lower(id, a);
	known = identity_stated(row->provider, lower);
	return str_is_none(known) ? of_id(&r, lower, id) : found(a, known, "stated", id);
}
