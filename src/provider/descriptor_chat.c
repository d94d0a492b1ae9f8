#include "provider/descriptor_chat.h"

#include "provider/descriptor_ask.h"

enum { MODELS_MAX = 256 };

/* ---- a rule ---- */

static bool parse_form(const struct strict_obj *o, struct recipe *r)
{
	struct str form = STR_NONE;

	if (!strict_str(o, "form", false, &form))
		return false;
	return str_is_none(form) || chat_form_parse(form, &r->form) ||
	       strict_fail(o->s, strict_where(o->s, o->where, "form"),
			   "expected openai, anthropic or cohere");
}

static bool parse_bound(const struct strict_obj *o, const char *key, uint64_t *ret)
{
	unsigned n = 0;

	if (!strict_count(o, key, RECIPE_LIMIT_MAX, &n))
		return false;
	if (n)
		*ret = n;
	return true;
}

static bool parse_limit(const struct strict_obj *o, struct recipe *r)
{
	if (!strict_str(o, "limit", false, &r->limit) ||
	    !parse_bound(o, "limit_min", &r->limit_min) ||
	    !parse_bound(o, "limit_max", &r->limit_max))
		return false;
	if (!recipe_is_limit(r->limit))
		return strict_fail(o->s, strict_where(o->s, o->where, "limit"),
				   "is no name of a member");
	return r->limit_max == 0 || r->limit_min <= r->limit_max ||
	       strict_fail(o->s, strict_where(o->s, o->where, "limit_min"),
			   "is more than limit_max");
}

static bool parse_add(const struct strict_obj *o, struct recipe *r)
{
	yyjson_val *v = yyjson_obj_get(o->v, "add");

	return !v || recipe_read_add(v, o->s->a, &r->add, o->s->e) ||
	       err_wrap(o->s->e, "%.*s", STR_FMT(o->where));
}

static bool has_line(const struct fixed_header *headers, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq_nocase(headers[i].name, name))
			return true;
	return false;
}

/* Lines of its own in place of, and behind, those that there are. */
static bool parse_lines(const struct strict_obj *o, const struct chat *chat, struct chat_rule *r)
{
	yyjson_val *v = yyjson_obj_get(o->v, "headers");
	struct str key_name = chat->auth == AUTH_HEADER ? chat->auth_name : STR_NONE;
	struct fixed_header *own;
	struct fixed_header *all;
	size_t n_own;
	size_t n = 0;

	if (!v)
		return true;
	if (!descriptor_parse_lines(o->s, v, strict_where(o->s, o->where, "headers"), key_name,
				    &own, &n_own))
		return false;
	all = arena_array(o->s->a, r->n_headers + n_own + 1, struct fixed_header);
	for (size_t i = 0; i < r->n_headers; i++)
		if (!has_line(own, n_own, r->headers[i].name))
			all[n++] = r->headers[i];
	for (size_t i = 0; i < n_own; i++)
		all[n++] = own[i];
	r->headers = all;
	r->n_headers = n;
	return true;
}

/* What an object says over what *r is. */
static bool parse_rule(const struct strict_obj *o, const struct chat *chat, struct chat_rule *r)
{
	return parse_form(o, &r->recipe) && parse_limit(o, &r->recipe) &&
	       strict_bool(o, "no_stream_options", false, &r->recipe.no_stream_options) &&
	       parse_add(o, &r->recipe) && parse_lines(o, chat, r);
}

/* ---- the models of their own ---- */

static bool parse_match(const struct strict_obj *o, struct chat_rule *r)
{
	struct str where = strict_where(o->s, o->where, "match");
	struct str *match;

	if (!strict_strs(o, "match", &match, &r->n_match))
		return false;
	for (size_t i = 0; i < r->n_match; i++)
		if (match[i].n == 0)
			return strict_fail(o->s, where, "holds a name without letters");
	r->match = match;
	return r->n_match > 0 || strict_fail(o->s, where, "missing");
}

static bool parse_model(const struct strict *s, yyjson_val *v, struct str where,
			const struct chat *chat, struct chat_rule *ret)
{
	static const char *const known[] = {
		"match", "chat",    "form", "limit", "limit_min", "limit_max", "no_stream_options",
		"add",   "headers", NULL
	};
	struct strict_obj o;

	*ret = chat->all;
	return strict_object(s, v, where, known, &o) && parse_match(&o, ret) &&
	       strict_bool(&o, "chat", false, &ret->chats) && parse_rule(&o, chat, ret);
}

static bool parse_models(const struct strict *s, yyjson_val *v, struct chat *chat)
{
	size_t n = yyjson_arr_size(v);
	struct chat_rule *models;

	if (!strict_list(s, v, STR("/chat/models")))
		return false;
	if (n > MODELS_MAX)
		return strict_fail(s, STR("/chat/models"), "holds too many");
	models = arena_array(s->a, n + 1, struct chat_rule);
	for (size_t i = 0; i < n; i++) {
		struct str where = strict_where_index(s, STR("/chat/models"), i);

		if (!parse_model(s, yyjson_arr_get(v, i), where, chat, &models[i]))
			return false;
	}
	chat->models = models;
	chat->n_models = n;
	return true;
}

static bool parse_auth(const struct strict_obj *o, const struct descriptor *d, struct chat *chat)
{
	struct str form = STR_NONE;

	if (!strict_str(o, "auth", false, &form))
		return false;
	if (str_is_none(form))
		return true;
	if (!descriptor_parse_form(o->s, form, STR("/chat/auth"), &chat->auth, &chat->auth_name))
		return false;
	return chat->auth == d->auth ||
	       (chat->auth != AUTH_GOOGLE && d->auth != AUTH_GOOGLE && d->auth != AUTH_NONE) ||
	       strict_fail(o->s, STR("/chat/auth"), "there is no such key");
}

static bool parse_url(const struct strict_obj *o, struct str *ret)
{
	return strict_str(o, "url", true, ret) &&
	       (str_starts(*ret, STR("https://")) ||
		strict_fail(o->s, STR("/chat/url"), "must begin with https://"));
}

bool descriptor_parse_chat(const struct strict *s, yyjson_val *v, struct descriptor *d)
{
	static const char *const known[] = {
		"url", "auth",    "form",   "limit", "limit_min", "limit_max", "no_stream_options",
		"add", "headers", "models", NULL
	};
	struct chat chat = { .auth = d->auth,
			     .auth_name = d->auth_name,
			     .all = { .chats = true,
				      .recipe = recipe_standard,
				      .headers = d->headers,
				      .n_headers = d->n_headers } };
	struct strict_obj o;

	if (!v)
		return true;
	if (!strict_object(s, v, STR("/chat"), known, &o) || !parse_url(&o, &chat.url) ||
	    !parse_auth(&o, d, &chat) || !parse_rule(&o, &chat, &chat.all) ||
	    !parse_models(s, yyjson_obj_get(v, "models"), &chat))
		return false;
	d->chat = chat;
	return true;
}

/* ---- asking it ---- */

/* '*' is any characters, none too; all others are themselves. */
static bool matches(struct str glob, struct str id)
{
	size_t star = SIZE_MAX; /* of the last '*', and from where on what is behind it was tried */
	size_t tried = 0;
	size_t g = 0;
	size_t i = 0;

	while (i < id.n) {
		if (g < glob.n && glob.at[g] == '*') {
			star = g++;
			tried = i;
		} else if (g < glob.n && glob.at[g] == id.at[i]) {
			g++;
			i++;
		} else if (star != SIZE_MAX) {
			g = star + 1;
			i = ++tried;
		} else {
			return false;
		}
	}
	while (g < glob.n && glob.at[g] == '*')
		g++;
	return g == glob.n;
}

static bool rule_matches(const struct chat_rule *r, struct str id)
{
	for (size_t i = 0; i < r->n_match; i++)
		if (matches(r->match[i], id))
			return true;
	return false;
}

const struct chat_rule *descriptor_recipe(const struct descriptor *d, struct str model_id)
{
	for (size_t i = 0; i < d->chat.n_models; i++)
		if (rule_matches(&d->chat.models[i], model_id))
			return &d->chat.models[i];
	return &d->chat.all;
}
