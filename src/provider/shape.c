#include "provider/shape.h"

#include "base/utf8.h"
#include "provider/drift.h"

/* More than the places of a shape: those of an object found to be a map are few in the end. */
enum { NODES_MAX = 4 * SHAPE_PLACES_MAX, NUMERIC_MAX = 64 };

#define ANY STR("*")

static const char *const type_names[SHAPE_TYPES] = {
	[SHAPE_BOOLEAN] = "boolean", [SHAPE_INTEGER] = "integer",
	[SHAPE_NUMBER] = "number",   [SHAPE_NUMERIC_STRING] = "numeric string",
	[SHAPE_STRING] = "string",   [SHAPE_ARRAY] = "array",
	[SHAPE_OBJECT] = "object",   [SHAPE_MAP] = "map",
};

struct str shape_types_text(unsigned types, struct arena *a)
{
	struct str text = STR("");

	for (unsigned i = 0; i < SHAPE_TYPES; i++)
		if (types & SHAPE_BIT(i))
			text = arena_printf(a, "%.*s%s%s", STR_FMT(text), text.n ? ", " : "",
					    type_names[i]);
	return text;
}

unsigned shape_types_parse(struct str text)
{
	unsigned types = 0;
	struct str word;
	bool more;

	do {
		more = str_cut(&text, ',', &word);
		word = str_trim(word);
		for (unsigned i = 0; i < SHAPE_TYPES; i++)
			if (str_eq(word, str_of(type_names[i])))
				types |= SHAPE_BIT(i);
	} while (more);
	return types;
}

/* ---- types ---- */

static size_t digits(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && s[i] >= '0' && s[i] <= '9')
		i++;
	return i;
}

/* [+-]DIGITS[.DIGITS][e[+-]DIGITS], where one side of the point may be empty. */
static bool is_numeric(const char *s, size_t n)
{
	size_t i = 0;
	size_t found;

	if (n == 0 || n > NUMERIC_MAX || s[0] > '9')
		return false;
	i += s[0] == '-' || s[0] == '+';
	found = digits(s + i, n - i);
	i += found;
	if (i < n && s[i] == '.') {
		i++;
		found += digits(s + i, n - i);
		i += digits(s + i, n - i);
	}
	if (found == 0)
		return false;
	if (i == n || (s[i] != 'e' && s[i] != 'E'))
		return i == n;
	i++;
	i += i < n && (s[i] == '-' || s[i] == '+');
	found = digits(s + i, n - i);
	return found > 0 && i + found == n;
}

static enum shape_type type_of(yyjson_val *v)
{
	const char *s = unsafe_yyjson_get_str(v);

	switch (unsafe_yyjson_get_type(v)) {
	case YYJSON_TYPE_OBJ:
		return SHAPE_OBJECT;
	case YYJSON_TYPE_ARR:
		return SHAPE_ARRAY;
	case YYJSON_TYPE_STR:
		return is_numeric(s, unsafe_yyjson_get_len(v)) ? SHAPE_NUMERIC_STRING
							       : SHAPE_STRING;
	case YYJSON_TYPE_RAW:
		for (size_t i = 0; i < unsafe_yyjson_get_len(v); i++)
			if (s[i] == '.' || s[i] == 'e' || s[i] == 'E')
				return SHAPE_NUMBER;
		return SHAPE_INTEGER;
	default:
		return SHAPE_BOOLEAN;
	}
}

/* ---- nodes ---- */

static bool is_named(const struct shape_node *n, struct str key)
{
	return n->key.n == key.n && memcmp(n->key.at, key.at, key.n) == 0;
}

static struct shape_node *find_between(struct shape_node *n, const struct shape_node *end,
				       struct str key)
{
	while (n != end && !is_named(n, key))
		n = n->next;
	return n == end ? NULL : n;
}

/* Members come in the same order in most rows: the one that should be next is looked at first. */
static struct shape_node *find(struct shape_node *parent, struct str key)
{
	struct shape_node *n = find_between(parent->expected, NULL, key);

	if (!n)
		n = find_between(parent->children, parent->expected, key);
	if (n)
		parent->expected = n->next;
	return n;
}

/* NULL when there is no room. */
static struct shape_node *add_child(struct shape *s, struct shape_node *parent, struct str key)
{
	struct shape_node **end = &parent->children;

	if (s->n_nodes == NODES_MAX) {
		s->overflowed = true;
		return NULL;
	}
	s->n_nodes++;
	while (*end)
		end = &(*end)->next;
	*end = arena_new(s->arena, struct shape_node);
	(*end)->key = key;
	parent->n_children++;
	return *end;
}

static struct shape_node *any_child(struct shape *s, struct shape_node *parent)
{
	struct shape_node *n = find(parent, ANY);

	return n ? n : add_child(s, parent, ANY);
}

static bool is_name(struct str key)
{
	return key.n <= SHAPE_NAME_MAX && !str_eq(key, ANY) && utf8_is_clean(key);
}

/* Of one that is not there yet.  One name too many makes a map of the parent. */
static struct shape_node *new_child(struct shape *s, struct shape_node *parent, struct str key)
{
	if (is_name(key) && parent->n_children < SHAPE_NAMES_MAX)
		return add_child(s, parent, key);
	if (is_name(key))
		shape_make_map(s, parent);
	return any_child(s, parent);
}

static struct shape_node *child(struct shape *s, struct shape_node *parent, struct str key)
{
	struct shape_node *n;

	if (parent->is_map)
		return any_child(s, parent);
	n = find(parent, key);
	return n ? n : new_child(s, parent, key);
}

/* ---- one into another ---- */

static void merge(struct shape *s, struct shape_node *to, const struct shape_node *from);

static void merge_children(struct shape *s, struct shape_node *to, const struct shape_node *from)
{
	if (from->is_map)
		shape_make_map(s, to);
	to->expected = to->children;
	for (const struct shape_node *c = from->children; c; c = c->next) {
		struct shape_node *same = child(s, to, c->key);

		if (same)
			merge(s, same, c);
	}
}

static void merge_known(struct shape_node *to, const struct shape_node *from)
{
	struct shape_place **end = &to->known;

	while (*end)
		end = &(*end)->also;
	*end = from->known;
}

static void merge(struct shape *s, struct shape_node *to, const struct shape_node *from)
{
	to->begins_rows = to->begins_rows || from->begins_rows;
	to->types |= from->types;
	to->rows += from->rows;
	for (unsigned i = 0; i < SHAPE_TYPES; i++) {
		to->rows_as[i] += from->rows_as[i];
		if (str_is_none(to->examples[i]))
			to->examples[i] = from->examples[i];
	}
	merge_known(to, from);
	merge_children(s, to, from);
}

void shape_make_map(struct shape *s, struct shape_node *n)
{
	const struct shape_node *members = n->children;
	struct shape_node *any;

	if (n->is_map)
		return;
	n->is_map = true;
	n->children = n->expected = NULL;
	n->n_children = 0;
	any = any_child(s, n);
	for (const struct shape_node *c = members; any && c; c = c->next)
		merge(s, any, c);
}

void shape_gather(struct shape *to, const struct shape *from)
{
	to->rows += from->rows;
	to->inner_rows += from->inner_rows;
	to->overflowed = to->overflowed || from->overflowed;
	merge(to, &to->root, &from->root);
}

/* ---- rows ---- */

static void see(struct shape *s, struct shape_node *n, yyjson_val *v, uint32_t row, unsigned depth);

static void see_members(struct shape *s, struct shape_node *n, yyjson_val *v, uint64_t row,
			unsigned depth)
{
	yyjson_obj_iter members = yyjson_obj_iter_with(v);
	yyjson_val *key;

	n->expected = n->children;
	while ((key = yyjson_obj_iter_next(&members))) {
		struct str name = { unsafe_yyjson_get_str(key), unsafe_yyjson_get_len(key) };
		yyjson_val *member = yyjson_obj_iter_get_val(key);
		struct shape_node *c = yyjson_is_null(member) ? NULL : child(s, n, name);

		if (c)
			see(s, c, member, row, depth);
	}
}

static void see_elements(struct shape *s, struct shape_node *n, yyjson_val *v, uint64_t row,
			 unsigned depth)
{
	yyjson_arr_iter elements = yyjson_arr_iter_with(v);
	struct shape_node *any = elements.max ? any_child(s, n) : NULL;
	yyjson_val *element;

	while (any && (element = yyjson_arr_iter_next(&elements)))
		if (!yyjson_is_null(element))
			see(s, any, element, any->begins_rows ? ++s->inner_rows : row, depth);
}

static void count(struct shape_node *n, yyjson_val *v, enum shape_type type, uint32_t row)
{
	unsigned char bit = (unsigned char)SHAPE_BIT(type);

	if (n->last_row != row) {
		n->last_row = row;
		n->row_types = 0;
		n->rows++;
	}
	if (n->row_types & bit)
		return;
	n->row_types |= bit;
	n->rows_as[type]++;
	if (!(n->types & bit)) {
		n->types |= bit;
		n->examples[type] = json_raw(v);
	}
}

static void see(struct shape *s, struct shape_node *n, yyjson_val *v, uint32_t row, unsigned depth)
{
	enum shape_type type = type_of(v);

	count(n, v, type, row);
	if (depth == SHAPE_DEPTH_MAX)
		return;
	if (type == SHAPE_OBJECT)
		see_members(s, n, v, row, depth + 1);
	else if (type == SHAPE_ARRAY)
		see_elements(s, n, v, row, depth + 1);
}

void shape_add(struct shape *s, yyjson_val *row)
{
	s->rows++;
	if (yyjson_is_obj(row))
		see(s, &s->root, row, s->rows, 0);
}

/* ---- paths ---- */

struct str shape_path(struct str parent, struct str key, struct arena *a)
{
	char *out = arena_alloc(a, parent.n + 1 + 2 * key.n + 1);
	size_t n = parent.n;

	if (n)
		memcpy(out, parent.at, n);
	out[n++] = '/';
	for (size_t i = 0; i < key.n; i++) {
		bool escaped = key.at[i] == '~' || key.at[i] == '/';

		if (escaped)
			out[n++] = '~';
		out[n++] = (char)(!escaped ? key.at[i] : key.at[i] == '~' ? '0' : '1');
	}
	out[n] = '\0';
	return (struct str){ out, n };
}

static struct str unescaped(struct str token, struct arena *a)
{
	char *out = arena_alloc(a, token.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < token.n; i++) {
		bool escape = token.at[i] == '~' && i + 1 < token.n;

		out[n++] = (char)(!escape ? token.at[i] : token.at[++i] == '0' ? '~' : '/');
	}
	return (struct str){ out, n };
}

struct shape_node *shape_node_at(struct shape *s, struct str path)
{
	struct shape_node *n = &s->root;
	struct str token;
	bool more = str_cut(&path, '/', &token);

	while (n && more) {
		more = str_cut(&path, '/', &token);
		n->expected = n->children;
		n = child(s, n, unescaped(token, s->arena));
	}
	return n;
}

struct shape *shape_create(struct arena *a, struct str each)
{
	struct shape *s = arena_new(a, struct shape);

	s->arena = a;
	if (!str_is_none(each))
		any_child(s, shape_node_at(s, each))->begins_rows = true;
	return s;
}

/* ---- its size ---- */

static size_t places(const struct shape_node *n)
{
	size_t sum = 0;

	for (const struct shape_node *c = n->children; c; c = c->next)
		sum += 1 + places(c);
	return sum;
}

bool shape_is_too_large(const struct shape *s)
{
	return s->overflowed || places(&s->root) > SHAPE_PLACES_MAX;
}
