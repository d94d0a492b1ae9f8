#include "core/recipe.h"

#include <stdio.h>

enum { ADD_MAX = 4096, NAME_MAX_BYTES = 64 };

const char *const chat_form_names[3] = {
	[CHAT_OPENAI] = "openai",
	[CHAT_ANTHROPIC] = "anthropic",
	[CHAT_COHERE] = "cohere",
};

const struct recipe recipe_standard = { .form = CHAT_OPENAI, .limit = { "max_tokens", 10 } };

bool chat_form_parse(struct str name, enum chat_form *ret)
{
	for (size_t i = 0; i < sizeof(chat_form_names) / sizeof(chat_form_names[0]); i++) {
		if (str_eq(name, str_of(chat_form_names[i]))) {
			*ret = (enum chat_form)i;
			return true;
		}
	}
	return false;
}

/* ---- the body ---- */

uint64_t recipe_limit(const struct recipe *r, uint64_t wanted)
{
	uint64_t limit = wanted < r->limit_min ? r->limit_min : wanted;

	return r->limit_max && limit > r->limit_max ? r->limit_max : limit;
}

static void put_model(struct json_writer *w, const struct recipe *r, const struct recipe_ask *q)
{
	(void)r;
	json_add_str(w, "model", q->model);
}

static void put_messages(struct json_writer *w, const struct recipe *r, const struct recipe_ask *q)
{
	(void)r;
	json_key(w, "messages");
	json_open(w, '[');
	json_open(w, '{');
	json_add_str(w, "role", STR("user"));
	json_add_str(w, "content", q->prompt);
	json_close(w, '}');
	json_close(w, ']');
}

static void put_limit(struct json_writer *w, const struct recipe *r, const struct recipe_ask *q)
{
	char name[NAME_MAX_BYTES + 1] = "max_tokens";

	if (r->limit.n)
		(void)snprintf(name, sizeof(name), "%.*s", STR_FMT(r->limit));
	json_key(w, name);
	json_put_i64(w, (int64_t)recipe_limit(r, q->max_tokens));
}

static void put_stream(struct json_writer *w, const struct recipe *r, const struct recipe_ask *q)
{
	(void)r;
	json_add_bool(w, "stream", q->stream);
}

static void put_options(struct json_writer *w, const struct recipe *r, const struct recipe_ask *q)
{
	if (q->stream && !r->no_stream_options)
		json_add_raw(w, "stream_options", STR("{\"include_usage\":true}"));
}

/* The members of an object that is compact and whole: what stands between its brackets. */
static void put_add(struct json_writer *w, const struct recipe *r, const struct recipe_ask *q)
{
	(void)q;
	if (r->add.n <= 2)
		return;
	buf_add_char(w->out, ',');
	buf_add(w->out, r->add.at + 1, r->add.n - 2);
}

typedef void put_fn(struct json_writer *w, const struct recipe *r, const struct recipe_ask *q);

void recipe_body(const struct recipe *r, const struct recipe_ask *q, struct buf *out)
{
	static put_fn *const members[][7] = {
		[CHAT_OPENAI] = { put_messages, put_limit, put_model, put_stream, put_add,
				  put_options },
		[CHAT_ANTHROPIC] = { put_model, put_limit, put_messages, put_stream, put_add },
		[CHAT_COHERE] = { put_model, put_messages, put_limit, put_stream, put_add },
	};
	struct json_writer w = { .out = out };

	json_open(&w, '{');
	for (put_fn *const *put = members[r->form]; *put; put++)
		(*put)(&w, r, q);
	json_close(&w, '}');
}

/* ---- what may be said of it elsewhere ---- */

static bool is_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.at[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '_'))
			return false;
	}
	return s.n > 0 && s.n <= NAME_MAX_BYTES;
}

static bool is_one_of(struct str name, const char *const *names)
{
	for (; *names; names++)
		if (str_eq(name, str_of(*names)))
			return true;
	return false;
}

/* What the body says anyway, and how often it is answered: each answer costs. */
static const char *const said_elsewhere[] = { "messages",       "model", "stream",
					      "stream_options", "n",     NULL };
static const char *const limits[] = { "max_tokens", "max_completion_tokens", "max_output_tokens",
				      NULL };

bool recipe_is_limit(struct str name)
{
	return is_name(name) && !is_one_of(name, said_elsewhere);
}

bool recipe_read_add(yyjson_val *v, struct arena *a, struct str *ret, struct err *e)
{
	BUF_AUTO(out, ADD_MAX);
	yyjson_obj_iter members;
	yyjson_val *key;

	if (!yyjson_is_obj(v))
		return err_set(e, ERR_DATA, "add is %s, expected an object", json_type(v));
	members = yyjson_obj_iter_with(v);
	while ((key = yyjson_obj_iter_next(&members))) {
		struct str name = json_raw(key);

		if (!is_name(name) || is_one_of(name, said_elsewhere) || is_one_of(name, limits))
			return err_set(e, ERR_DATA, "add/%s is not for it to say",
				       err_quote(name.at, name.n));
		if (yyjson_obj_getn(v, name.at, name.n) != yyjson_obj_iter_get_val(key))
			return err_set(e, ERR_DATA, "add/%.*s stands twice", STR_FMT(name));
	}
	json_add_value(&out, v);
	if (buf_overflowed(&out))
		return err_set(e, ERR_DATA, "add is longer than %d bytes", ADD_MAX);
	*ret = yyjson_obj_size(v) ? arena_str(a, buf_str(&out)) : STR_NONE;
	return true;
}

/* ---- as JSON ---- */

void recipe_format(const struct recipe *r, struct buf *out)
{
	struct json_writer w = { .out = out };

	json_open(&w, '{');
	json_add_str(&w, "form", str_of(chat_form_names[r->form]));
	json_add_str(&w, "limit", str_is_none(r->limit) ? STR("max_tokens") : r->limit);
	if (r->limit_min)
		json_add_i64(&w, "limit_min", (int64_t)r->limit_min);
	if (r->limit_max)
		json_add_i64(&w, "limit_max", (int64_t)r->limit_max);
	if (r->no_stream_options)
		json_add_bool(&w, "no_stream_options", true);
	if (r->add.n)
		json_add_raw(&w, "add", r->add);
	if (r->learned)
		json_add_i64(&w, "learned", r->learned);
	json_close(&w, '}');
}

static bool read_form(yyjson_val *v, struct arena *a, struct recipe *r, struct err *e)
{
	(void)a;
	return chat_form_parse(json_raw(v), &r->form) ||
	       err_set(e, ERR_DATA, "form is not one of openai, anthropic, cohere");
}

static bool read_limit(yyjson_val *v, struct arena *a, struct recipe *r, struct err *e)
{
	if (!yyjson_is_str(v) || !recipe_is_limit(json_raw(v)))
		return err_set(e, ERR_DATA, "limit is no name of a member");
	r->limit = arena_str(a, json_raw(v));
	return true;
}

static bool read_number(yyjson_val *v, const char *name, int64_t max, int64_t *ret, struct err *e)
{
	return (yyjson_is_raw(v) && str_to_i64(json_raw(v), 1, max, ret)) ||
	       err_set(e, ERR_DATA, "%s is no number from 1 to %lld", name, (long long)max);
}

static bool read_min(yyjson_val *v, struct arena *a, struct recipe *r, struct err *e)
{
	(void)a;
	return read_number(v, "limit_min", RECIPE_LIMIT_MAX, (int64_t *)&r->limit_min, e);
}

static bool read_max(yyjson_val *v, struct arena *a, struct recipe *r, struct err *e)
{
	(void)a;
	return read_number(v, "limit_max", RECIPE_LIMIT_MAX, (int64_t *)&r->limit_max, e);
}

static bool read_learned(yyjson_val *v, struct arena *a, struct recipe *r, struct err *e)
{
	int64_t n;

	(void)a;
	if (!read_number(v, "learned", RECIPE_LEARNED_MAX, &n, e))
		return false;
	r->learned = (unsigned)n;
	return true;
}

static bool read_no_options(yyjson_val *v, struct arena *a, struct recipe *r, struct err *e)
{
	(void)a;
	r->no_stream_options = yyjson_get_bool(v);
	return yyjson_is_bool(v) ||
	       err_set(e, ERR_DATA, "no_stream_options is %s, expected true or false",
		       json_type(v));
}

static bool read_add(yyjson_val *v, struct arena *a, struct recipe *r, struct err *e)
{
	return recipe_read_add(v, a, &r->add, e);
}

typedef bool read_fn(yyjson_val *v, struct arena *a, struct recipe *r, struct err *e);

static bool read_member(struct str name, yyjson_val *v, struct arena *a, struct recipe *r,
			struct err *e)
{
	static const struct {
		const char *name;
		read_fn *read;
	} members[] = {
		{ "form", read_form },
		{ "limit", read_limit },
		{ "limit_min", read_min },
		{ "limit_max", read_max },
		{ "no_stream_options", read_no_options },
		{ "add", read_add },
		{ "learned", read_learned },
	};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (str_eq(name, str_of(members[i].name)))
			return members[i].read(v, a, r, e);
	return err_set(e, ERR_DATA, "%s is no member of a recipe", err_quote(name.at, name.n));
}

bool recipe_parse(struct str json, struct arena *a, struct recipe *ret, struct err *e)
{
	struct recipe r = recipe_standard;
	JSON_DOC_AUTO(doc);
	yyjson_obj_iter members;
	yyjson_val *root;
	yyjson_val *key;

	if (!json_read(json, &doc, e)) {
		e->kind = ERR_DATA;
		return err_wrap(e, "recipe");
	}
	root = yyjson_doc_get_root(doc);
	if (!yyjson_is_obj(root))
		return err_set(e, ERR_DATA, "recipe is %s, expected an object", json_type(root));
	members = yyjson_obj_iter_with(root);
	while ((key = yyjson_obj_iter_next(&members)))
		if (!read_member(json_raw(key), yyjson_obj_iter_get_val(key), a, &r, e))
			return err_wrap(e, "recipe");
	*ret = r;
	return true;
}
