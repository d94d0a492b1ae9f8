/*
 * Errors in every spelling: {"error":"text"}, {"error":{…}}, {"error":["text"]}, [{"error":{…}}],
 * {"errors":[{…}]}, {"detail":"text"|[{…}]|{…}}, {"message":"text"}, {"object":"error",…},
 * {"type":"error",…}, {"base_resp":{…}}, inside a choice, plain text, HTML.
 */
#include "core/chat_gather.h"

#include "base/utf8.h"

enum { WORDS_MAX = 2000 };

static const char *const text_keys[] = { "message",           "msg",    "status_msg", "detail",
					 "error_description", "reason", "error",      "title" };
static const char *const type_keys[] = {
	"type", "error_type", "code", "status", "reason", "param"
};
static const char *const code_keys[] = { "code", "status", "status_code", "statusCode",
					 "http_code" };
/* What tells, as text or number, that an object without an answer is an error. */
static const char *const error_keys[] = { "message", "msg",  "error_type",
					  "title",   "code", "status_code" };

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static yyjson_val *first_of(yyjson_val *v)
{
	return yyjson_is_arr(v) ? yyjson_arr_get_first(v) : v;
}

static struct str words_of(yyjson_val *v, struct arena *a)
{
	struct str s = str_trim(json_str(v, a));

	if (s.n == 0)
		return STR_NONE;
	s.n = s.n < WORDS_MAX ? s.n : WORDS_MAX;
	return utf8_clean(arena_str(a, s), a); /* the next event is parsed where this one was */
}

/* Said and not nothing: {"error":null}, false, "", {} and [] are none. */
static bool is_something(yyjson_val *v)
{
	if (yyjson_is_str(v) || yyjson_is_raw(v))
		return json_raw(v).n > 0;
	if (yyjson_is_obj(v) || yyjson_is_arr(v))
		return unsafe_yyjson_get_len(v) > 0;
	return yyjson_is_true(v);
}

/* ---- where it stands ---- */

static yyjson_val *named_error(yyjson_val *root)
{
	yyjson_val *choice = first_of(yyjson_obj_get(root, "choices"));
	yyjson_val *resp = yyjson_obj_get(root, "base_resp");
	yyjson_val *places[] = { yyjson_obj_get(root, "error"), yyjson_obj_get(choice, "error"),
				 yyjson_obj_get(root, "errors") };

	for (size_t i = 0; i < LENGTH(places); i++)
		if (is_something(places[i]))
			return first_of(places[i]);
	if (is_something(yyjson_obj_get(resp, "status_code")) &&
	    !str_eq(json_raw(yyjson_obj_get(resp, "status_code")), STR("0")))
		return resp;
	if (str_eq(json_raw(yyjson_obj_get(root, "object")), STR("error")) ||
	    str_eq(json_raw(yyjson_obj_get(root, "type")), STR("error")))
		return root;
	return NULL;
}

static bool looks_like_one(yyjson_val *root)
{
	for (size_t i = 0; i < LENGTH(error_keys); i++)
		if (json_raw(yyjson_obj_get(root, error_keys[i])).n > 0)
			return true;
	return is_something(yyjson_obj_get(root, "detail"));
}

/* ---- what it says ---- */

/* An element of a list of complaints: "messages: Field required". */
static struct str complaint(yyjson_val *v, struct arena *a)
{
	yyjson_val *loc = yyjson_obj_get(v, "loc");
	struct str where = words_of(yyjson_arr_get_last(loc), a);
	struct str what = words_of(yyjson_obj_get(v, "msg"), a);

	return where.n && what.n ? arena_printf(a, "%.*s: %.*s", STR_FMT(where), STR_FMT(what))
				 : what;
}

static struct str text_of(yyjson_val *error, struct arena *a)
{
	struct str text = words_of(error, a);

	for (size_t i = 0; i < LENGTH(text_keys) && text.n == 0; i++) {
		yyjson_val *v = first_of(yyjson_obj_get(error, text_keys[i]));

		text = words_of(v, a);
		if (text.n == 0)
			text = complaint(v, a);
		if (text.n == 0)
			text = words_of(yyjson_obj_get(v, "message"), a);
	}
	return text;
}

/* A broker's "Provider returned error" has the provider's own words beside it. */
static struct str with_raw(struct str text, yyjson_val *error, struct arena *a)
{
	yyjson_val *metadata = yyjson_obj_get(error, "metadata");
	struct str raw = words_of(yyjson_obj_get(metadata, "raw"), a);

	if (raw.n == 0)
		return text;
	return text.n ? arena_printf(a, "%.*s: %.*s", STR_FMT(text), STR_FMT(raw)) : raw;
}

static bool has_word(struct str words, struct str word)
{
	struct str head;

	while (str_cut(&words, ' ', &head))
		if (str_eq(head, word))
			return true;
	return str_eq(head, word);
}

static void add_types(yyjson_val *object, struct arena *a, struct str *words)
{
	for (size_t i = 0; i < LENGTH(type_keys); i++) {
		struct str word = words_of(yyjson_obj_get(object, type_keys[i]), a);

		if (word.n == 0 || str_eq(word, STR("error")) || has_word(*words, word))
			continue;
		*words = words->n ? arena_printf(a, "%.*s %.*s", STR_FMT(*words), STR_FMT(word))
				  : word;
	}
}

static void find_code(yyjson_val *object, int64_t *ret)
{
	for (size_t i = 0; i < LENGTH(code_keys) && *ret == 0; i++) {
		struct str s = json_raw(yyjson_obj_get(object, code_keys[i]));

		(void)str_to_i64(s, INT32_MIN, INT32_MAX, ret);
	}
}

void chat_find_error(struct chat_gather *g, yyjson_val *root, bool answered)
{
	struct chat_answer *r = g->answer;
	yyjson_val *top = first_of(root);
	yyjson_val *error = named_error(top);

	if (!error && (answered || !looks_like_one(top)))
		return;
	if (!error)
		error = top;
	r->has_error = true;
	r->well_formed = true;
	r->error_text = with_raw(text_of(error, g->arena), error, g->arena);
	if (r->error_text.n == 0)
		r->error_text = text_of(top, g->arena);
	r->error_type = STR_NONE;
	r->error_code = 0;
	add_types(error, g->arena, &r->error_type);
	find_code(error, &r->error_code);
	if (error == top)
		return;
	add_types(top, g->arena, &r->error_type);
	find_code(top, &r->error_code);
}

/* ---- no JSON ---- */

static struct str html_title(struct str body)
{
	const char *from = body.n ? memmem(body.at, body.n, "<title>", 7) : NULL;
	struct str rest, title;

	if (!from)
		return STR_NONE;
	from += 7;
	rest = (struct str){ from, body.n - (size_t)(from - body.at) };
	(void)str_cut(&rest, '<', &title);
	return title;
}

void chat_take_words(struct chat_gather *g, struct str body)
{
	struct str words = str_trim(g->answer->shape == CHAT_HTML ? html_title(body) : body);

	if (words.n == 0)
		return;
	words.n = words.n < WORDS_MAX ? words.n : WORDS_MAX;
	g->answer->error_text = utf8_clean(arena_str(g->arena, words), g->arena);
}
