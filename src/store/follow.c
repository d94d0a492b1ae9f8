#include "store/follow.h"

#include "base/json.h"

static const struct column {
	const char *name;
	size_t at;
	bool is_flag; /* -1 0 1, else a struct str */
} columns[FOLLOW_COLUMNS] = {
	{ "name", offsetof(struct store_provider, name), false },
	{ "description", offsetof(struct store_provider, description), false },
	{ "base_url", offsetof(struct store_provider, base_url), false },
	{ "api_key_env_var", offsetof(struct store_provider, api_key_env_var), false },
	{ "logo_url", offsetof(struct store_provider, logo_url), false },
	{ "site_url", offsetof(struct store_provider, site_url), false },
	{ "status_page_url", offsetof(struct store_provider, status_page_url), false },
	{ "supports_streaming", offsetof(struct store_provider, supports_streaming), true },
	{ "supports_function_calling", offsetof(struct store_provider, supports_function_calling),
	  true },
	{ "supports_vision", offsetof(struct store_provider, supports_vision), true },
	{ "supports_image_generation", offsetof(struct store_provider, supports_image_generation),
	  true },
};

static const struct str flag_text[] = { { "0", 1 }, { "1", 1 } };

static struct str wanted_value(const struct store_provider *p, const struct column *c)
{
	const char *at = (const char *)p + c->at;
	int flag;

	if (!c->is_flag)
		return *(const struct str *)(const void *)at;
	flag = *(const int *)(const void *)at;
	return flag < 0 ? STR_NONE : flag_text[flag != 0];
}

struct follow_values follow_wanted(const struct store_provider *p)
{
	struct follow_values ret;

	for (size_t i = 0; i < FOLLOW_COLUMNS; i++)
		ret.v[i] = wanted_value(p, &columns[i]);
	return ret;
}

static struct str remembered_value(yyjson_val *v, struct arena *a)
{
	if (yyjson_is_bool(v))
		return flag_text[yyjson_get_bool(v)];
	return json_str(v, a);
}

/* What the descriptor last put into each column; absent where nothing is known. */
static struct follow_values remembered_values(yyjson_val *metadata, struct arena *a)
{
	yyjson_val *descriptor = metadata ? yyjson_obj_get(metadata, "descriptor") : NULL;
	struct follow_values ret = { 0 };

	for (size_t i = 0; descriptor && i < FOLLOW_COLUMNS; i++)
		ret.v[i] = remembered_value(yyjson_obj_get(descriptor, columns[i].name), a);
	return ret;
}

static void add_remembered(struct json_writer *w, const struct follow_values *put)
{
	json_key(w, "descriptor");
	json_open(w, '{');
	for (size_t i = 0; i < FOLLOW_COLUMNS; i++) {
		if (str_is_none(put->v[i]))
			continue;
		if (columns[i].is_flag)
			json_add_bool(w, columns[i].name, str_eq(put->v[i], flag_text[1]));
		else
			json_add_str(w, columns[i].name, put->v[i]);
	}
	json_close(w, '}');
}

/* The row's metadata with the descriptor's part replaced; what else is in it stays. */
static void print_metadata(struct buf *out, yyjson_val *old, const struct follow_values *put)
{
	struct json_writer w = { .out = out };
	yyjson_obj_iter it = yyjson_obj_iter_with(old);
	yyjson_val *key;

	json_open(&w, '{');
	add_remembered(&w, put);
	while ((key = yyjson_obj_iter_next(&it))) {
		if (yyjson_equals_str(key, "descriptor"))
			continue;
		json_key(&w, yyjson_get_str(key));
		json_add_value(out, yyjson_obj_iter_get_val(key));
		w.comma = true;
	}
	json_close(&w, '}');
}

void follow_first_metadata(const struct follow_values *want, struct buf *out)
{
	print_metadata(out, NULL, want);
}

/*
 * `now` and `put` (what a descriptor put there) become what shall stand; true
 * when that differs from what stands.
 */
static bool merge(struct follow_values *now, struct follow_values *put,
		  const struct follow_values *want)
{
	bool differs = false;

	for (size_t i = 0; i < FOLLOW_COLUMNS; i++) {
		bool follows = str_same(now->v[i], put->v[i]);

		if (!follows && !str_same(now->v[i], want->v[i]))
			continue; /* the operator's */
		if (str_same(now->v[i], want->v[i]) && str_same(put->v[i], want->v[i]))
			continue;
		now->v[i] = put->v[i] = want->v[i];
		differs = true;
	}
	return differs;
}

static bool read_metadata(struct str metadata, yyjson_doc **ret, struct err *e)
{
	return str_is_none(metadata) || json_read(metadata, ret, e) ||
	       err_wrap(e, "providers.metadata");
}

bool follow_merge(struct follow_values *now, struct str metadata, const struct follow_values *want,
		  struct arena *a, struct buf *out, bool *ret_differs, struct err *e)
{
	JSON_DOC_AUTO(doc);
	struct follow_values put;
	yyjson_val *root;

	if (!read_metadata(metadata, &doc, e))
		return false;
	root = yyjson_doc_get_root(doc);
	put = remembered_values(root, a);
	*ret_differs = merge(now, &put, want);
	if (*ret_differs)
		print_metadata(out, root, &put);
	return true;
}

/* ---- an operator's hand ---- */

static bool no_such_column(struct str name, struct err *e)
{
	return err_set(e, ERR_USAGE,
		       "\"%s\" is no column of a provider that can be edited: " FOLLOW_NAMES,
		       err_quote(name.at, name.n));
}

static bool find_column(struct str name, size_t *ret, struct err *e)
{
	for (size_t i = 0; i < FOLLOW_COLUMNS; i++) {
		if (!str_eq(name, str_of(columns[i].name)))
			continue;
		*ret = i;
		return true;
	}
	return no_such_column(name, e);
}

static bool fits(const struct column *c, struct str value, struct err *e)
{
	return str_is_none(value) || !c->is_flag || str_eq(value, flag_text[0]) ||
	       str_eq(value, flag_text[1]) || err_set(e, ERR_USAGE, "%s is true or false", c->name);
}

bool follow_edit(struct follow_values *now, struct str metadata,
		 const struct store_provider_edit *w, struct arena *a,
		 struct store_column *ret_before, struct err *e)
{
	JSON_DOC_AUTO(doc);
	struct follow_values put;

	if (!read_metadata(metadata, &doc, e))
		return false;
	put = remembered_values(yyjson_doc_get_root(doc), a);
	for (size_t i = 0; i < w->n; i++) {
		const struct store_column *edit = &w->columns[i];
		size_t at;

		if (!find_column(edit->name, &at, e) || !fits(&columns[at], edit->value, e))
			return false;
		ret_before[i] = (struct store_column){ edit->name, now->v[at] };
		/* What is remembered lies in the document. */
		now->v[at] = arena_str(a, str_is_none(edit->value) ? put.v[at] : edit->value);
	}
	return true;
}
