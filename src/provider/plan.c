#include "provider/plan.h"

enum { CHILDREN_MAX = 64, NO_SLOT = -1 };

struct node {
	struct str key;     /* unescaped reference token */
	struct str pointer; /* whole pointer up to here */
	int slot;
	unsigned index; /* among its parent's children */
	bool closed;
	struct node *children; /* list, in order of declaration */
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

/* NULL when the parent has no room for another. */
static struct node *child(struct plan *p, struct node *parent, struct str key, struct str pointer)
{
	struct node **at = &parent->children;
	unsigned index = 0;

	for (; *at; at = &(*at)->next, index++)
		if (str_eq((*at)->key, key))
			return *at;
	if (index == CHILDREN_MAX)
		return NULL;
	*at = arena_new(p->arena, struct node);
	(*at)->index = index;
	(*at)->key = key;
	(*at)->pointer =
		arena_printf(p->arena, "%.*s%.*s", STR_FMT(p->root.pointer), STR_FMT(pointer));
	(*at)->slot = NO_SLOT;
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
		struct str key;

		more = str_cut(&rest, '/', &token);
		if (!unescape(token, p->arena, &key))
			goto bad;
		n = child(p, n, key,
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

	if (n)
		n->closed = true;
	return n != NULL;
}

bool plan_ignore(struct plan *p, struct str pointer, struct err *e)
{
	return resolve(p, pointer, e) != NULL;
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

static bool wrong_type(const struct node *n, yyjson_val *v, struct walk *w)
{
	return err_set(w->e, ERR_DATA, "%.*s is %s, an object was expected", STR_FMT(n->pointer),
		       json_type(v));
}

/* Where no pointer holds an index an array is no object; an empty one may stand for an empty object. */
static bool visit_array(const struct node *n, yyjson_val *v, struct walk *w)
{
	bool expected = false;

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
	if (yyjson_is_null(v) || (!n->children && !n->closed))
		return true;
	if (yyjson_is_obj(v))
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
