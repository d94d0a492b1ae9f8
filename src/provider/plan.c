#include "provider/plan.h"

enum { CHILDREN_MAX = 64, NO_SLOT = -1 };

struct node {
	struct str key;     /* unescaped reference token; of a selector its text */
	struct str by;      /* of a selector: the member that must be that text */
	struct str pointer; /* whole pointer up to here */
	int slot;
	unsigned index; /* among its parent's children, or selectors */
	bool leaf;      /* nothing below is asked for */
	bool closed;
	struct str closed_by;   /* elements have their names there; absent: have none */
	struct node *children;  /* list, in order of declaration: members and indices ... */
	struct node *selectors; /* ... and elements by one of their members */
	struct node *next;
};

struct plan {
	struct arena *arena;
	struct node root;
	struct str pointers[PLAN_SLOTS_MAX];
	unsigned slots;
};

struct plan *plan_create_under(struct arena *a, struct str prefix)
{
	struct plan *p = arena_new(a, struct plan);

	p->arena = a;
	p->root.slot = NO_SLOT;
	p->root.leaf = true;
	p->root.pointer = prefix;
	return p;
}

struct plan *plan_create(struct arena *a)
{
	return plan_create_under(a, STR(""));
}

/* "~1" is '/', "~0" is '~', any other '~' is an error. */
static bool unescape(struct str token, struct arena *a, struct str *ret)
{
	char *out = arena_alloc(a, token.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < token.n; i++) {
		char c = token.at[i];

		if (c == '~') {
			if (++i == token.n || (token.at[i] != '0' && token.at[i] != '1'))
				return false;
			c = token.at[i] == '0' ? '~' : '/';
		}
		out[n++] = c;
	}
	out[n] = '\0';
	*ret = (struct str){ out, n };
	return true;
}

/* A reference token: a key, or "[BY=TEXT]", which asks for an element. */
struct step {
	struct str key;
	struct str by; /* absent: no selector */
};

static bool parse_step(struct str token, struct arena *a, struct step *ret)
{
	struct str key;

	*ret = (struct step){ STR_NONE, STR_NONE };
	if (!unescape(token, a, &key))
		return false;
	ret->key = key;
	if (key.n < 2 || key.at[0] != '[' || key.at[key.n - 1] != ']')
		return true;
	ret->key = (struct str){ key.at + 1, key.n - 2 };
	return str_cut(&ret->key, '=', &ret->by) && ret->by.n > 0;
}

/* NULL when the parent has no room for another. */
static struct node *child(struct plan *p, struct node *parent, const struct step *step,
			  struct str pointer)
{
	struct node **at = str_is_none(step->by) ? &parent->children : &parent->selectors;
	unsigned index = 0;

	for (; *at; at = &(*at)->next, index++)
		if (str_eq((*at)->key, step->key) && str_eq((*at)->by, step->by))
			return *at;
	if (index == CHILDREN_MAX)
		return NULL;
	*at = arena_new(p->arena, struct node);
	(*at)->index = index;
	(*at)->key = step->key;
	(*at)->by = step->by;
	(*at)->pointer =
		arena_printf(p->arena, "%.*s%.*s", STR_FMT(p->root.pointer), STR_FMT(pointer));
	(*at)->slot = NO_SLOT;
	(*at)->leaf = true;
	parent->leaf = false;
	return *at;
}

/* The node of a pointer, made when missing; NULL with *e set when it is none. */
static struct node *resolve(struct plan *p, struct str pointer, struct err *e)
{
	struct node *n = &p->root;
	struct str rest = pointer;
	struct str token;

	if (pointer.n == 0)
		return n;
	if (pointer.at[0] != '/')
		goto bad;
	rest.at++;
	rest.n--;
	for (bool more = true; more;) {
		struct step step;

		more = str_cut(&rest, '/', &token);
		if (!parse_step(token, p->arena, &step))
			goto bad;
		n = child(p, n, &step,
			  (struct str){ pointer.at, (size_t)(token.at + token.n - pointer.at) });
		if (!n) {
			(void)err_set(e, ERR_CONFIG, "more than %d members beside %s", CHILDREN_MAX,
				      err_quote(pointer.at, pointer.n));
			return NULL;
		}
	}
	return n;
bad:
	(void)err_set(e, ERR_CONFIG, "\"%s\" is not a JSON Pointer",
		      err_quote(pointer.at, pointer.n));
	return NULL;
}

bool plan_add(struct plan *p, struct str pointer, unsigned *ret_slot, struct err *e)
{
	struct node *n = resolve(p, pointer, e);

	if (!n)
		return false;
	if (n->slot == NO_SLOT) {
		if (p->slots == PLAN_SLOTS_MAX)
			return err_set(e, ERR_CONFIG, "more than %d pointers", PLAN_SLOTS_MAX);
		n->slot = (int)p->slots;
		p->pointers[p->slots++] = n->pointer;
	}
	*ret_slot = (unsigned)n->slot;
	return true;
}

bool plan_close(struct plan *p, struct str pointer, struct err *e)
{
	struct node *n = resolve(p, pointer, e);

	if (!n)
		return false;
	n->closed = true;
	n->leaf = false;
	return true;
}

bool plan_close_by(struct plan *p, struct str pointer, struct str by, struct err *e)
{
	struct node *n = resolve(p, pointer, e);

	if (!n)
		return false;
	n->closed_by = by;
	n->leaf = false;
	return true;
}

bool plan_ignore(struct plan *p, struct str pointer, struct err *e)
{
	return resolve(p, pointer, e) != NULL;
}

static bool any_selector(const struct node *n)
{
	if (n->selectors)
		return true;
	for (const struct node *c = n->children; c; c = c->next)
		if (any_selector(c))
			return true;
	return false;
}

bool plan_selects(const struct plan *p)
{
	return any_selector(&p->root);
}

unsigned plan_slots(const struct plan *p)
{
	return p->slots;
}

struct str plan_pointer(const struct plan *p, unsigned slot)
{
	return p->pointers[slot];
}

struct walk {
	yyjson_val **slots;
	plan_unknown_fn *unknown;
	void *arg;
	struct err *e;
};

/* Depth is the descriptor's, not the document's: recursion is bounded by its pointers. */
static bool visit(const struct node *n, yyjson_val *v, struct walk *w);

static const struct node *find(const struct node *parent, yyjson_val *key)
{
	size_t length = unsafe_yyjson_get_len(key);
	const char *text = unsafe_yyjson_get_str(key);

	for (const struct node *n = parent->children; n; n = n->next)
		if (n->key.n == length && (length == 0 || n->key.at[0] == text[0]) &&
		    memcmp(n->key.at, text, length) == 0)
			return n;
	return NULL;
}

static bool visit_object(const struct node *n, yyjson_val *v, struct walk *w)
{
	uint64_t seen = 0;
	yyjson_obj_iter members = yyjson_obj_iter_with(v);
	yyjson_val *key;

	while ((key = yyjson_obj_iter_next(&members))) {
		const struct node *c = find(n, key);

		if (!c) {
			if (n->closed && w->unknown)
				w->unknown(w->arg, n->pointer, key);
			continue;
		}
		if (seen & (uint64_t)1 << c->index)
			return err_set(w->e, ERR_DATA, "key %.*s stands twice",
				       STR_FMT(c->pointer));
		seen |= (uint64_t)1 << c->index;
		if (!visit(c, yyjson_obj_iter_get_val(key), w))
			return false;
	}
	return true;
}

static bool is_selective(const struct node *n)
{
	return n->selectors || !str_is_none(n->closed_by);
}

static bool wrong_type(const struct node *n, yyjson_val *v, struct walk *w)
{
	return err_set(w->e, ERR_DATA, "%.*s is %s, %s was expected", STR_FMT(n->pointer),
		       json_type(v), is_selective(n) ? "an array" : "an object");
}

/* ---- elements by a member of theirs ---- */

/* The string in member `by` of an element, absent where there is none. */
static bool name_of(const struct node *n, yyjson_val *element, struct str by, struct str *ret,
		    struct walk *w)
{
	yyjson_obj_iter members = yyjson_obj_iter_with(element);
	yyjson_val *key;
	bool seen = false;

	*ret = STR_NONE;
	while ((key = yyjson_obj_iter_next(&members))) {
		yyjson_val *v = yyjson_obj_iter_get_val(key);

		if (!yyjson_equals_strn(key, by.at, by.n))
			continue;
		if (seen)
			return err_set(w->e, ERR_DATA,
				       "key %.*s stands twice in an element of %.*s", STR_FMT(by),
				       STR_FMT(n->pointer));
		seen = true;
		if (yyjson_is_str(v))
			*ret = json_raw(v);
	}
	return true;
}

/* One that no selector asks for, where all of them have names. */
static bool tell_unasked(const struct node *n, yyjson_val *element, struct walk *w)
{
	yyjson_val *name = yyjson_obj_getn(element, n->closed_by.at, n->closed_by.n);
	struct str said;

	if (!name_of(n, element, n->closed_by, &said, w))
		return false;
	if (str_is_none(said))
		return err_set(w->e, ERR_DATA, "an element of %.*s has no name in %.*s",
			       STR_FMT(n->pointer), STR_FMT(n->closed_by));
	if (w->unknown)
		w->unknown(w->arg, n->pointer, name);
	return true;
}

/* `seen`: the selectors that found theirs. */
static bool visit_element(const struct node *n, yyjson_val *element, uint64_t *seen, struct walk *w)
{
	struct str by = STR_NONE; /* whose member `name` is */
	struct str name = STR_NONE;
	bool asked = str_is_none(n->closed_by);

	for (const struct node *c = n->selectors; c; c = c->next) {
		if (!str_same(c->by, by)) {
			by = c->by;
			if (!name_of(n, element, by, &name, w))
				return false;
		}
		if (str_is_none(name) || !str_eq(name, c->key))
			continue;
		if (*seen & (uint64_t)1 << c->index)
			return err_set(w->e, ERR_DATA, "%.*s stands twice", STR_FMT(c->pointer));
		*seen |= (uint64_t)1 << c->index;
		asked = asked || str_eq(c->by, n->closed_by);
		if (!visit(c, element, w))
			return false;
	}
	return asked || tell_unasked(n, element, w);
}

static bool visit_elements(const struct node *n, yyjson_val *v, struct walk *w)
{
	yyjson_arr_iter elements = yyjson_arr_iter_with(v);
	yyjson_val *element;
	uint64_t seen = 0;

	while ((element = yyjson_arr_iter_next(&elements)))
		if (!visit_element(n, element, &seen, w))
			return false;
	return true;
}

/* Where no pointer holds an index or selects an array is no object; an empty one may stand for an
 * empty object. */
static bool visit_array(const struct node *n, yyjson_val *v, struct walk *w)
{
	bool expected = is_selective(n);

	if (expected && !visit_elements(n, v, w))
		return false;
	for (const struct node *c = n->children; c; c = c->next) {
		bool leading_zero = c->key.n > 1 && c->key.at[0] == '0';
		int64_t index;
		yyjson_val *item;

		if (leading_zero || !c->key.n || c->key.at[0] == '-' ||
		    !str_to_i64(c->key, 0, INT32_MAX, &index))
			continue;
		expected = true;
		item = yyjson_arr_get(v, (size_t)index);
		if (item && !visit(c, item, w))
			return false;
	}
	return expected || yyjson_arr_size(v) == 0 || wrong_type(n, v, w);
}

static bool visit(const struct node *n, yyjson_val *v, struct walk *w)
{
	if (n->slot != NO_SLOT)
		w->slots[n->slot] = v;
	if (yyjson_is_null(v) || n->leaf)
		return true;
	if (yyjson_is_obj(v) && (n->children || n->closed))
		return visit_object(n, v, w);
	if (yyjson_is_arr(v))
		return visit_array(n, v, w);
	return wrong_type(n, v, w);
}

bool plan_walk(const struct plan *p, yyjson_val *row, yyjson_val **slots, plan_unknown_fn *unknown,
	       void *arg, struct err *e)
{
	struct walk w = { slots, unknown, arg, e };

	memset(slots, 0, p->slots * sizeof(*slots));
	return visit(&p->root, row, &w);
}
