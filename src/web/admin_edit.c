/*
 * Operators' edits of models and providers (task/edit.h): PATCH with a JSON object of fields, and the two words for
 * is_active.  The answer is the row as it is shown from now on.
 */
#include "base/json.h"
#include "task/edit.h"
#include "web/admin.h"
#include "web/handlers.h"
#include "web/reply.h"
#include "web/row.h"
#include "web/shelf.h"

#include <inttypes.h>

struct edit_task {
	struct edit edit;
	struct str provider; /* slug of whose row it is */
	bool found;
	bool of_model;
};

/* ---- what is asked for ---- */

static bool refuse_value(struct http_reply *r, struct str field, const char *what)
{
	http_fail(r, HTTP_UNPROCESSABLE, "%s: %s", err_quote(field.at, field.n), what);
	return false;
}

/* As an operator would type it. */
static bool read_value(struct http_request *q, struct http_reply *r, struct str field,
		       yyjson_val *v, struct str *ret)
{
	*ret = STR_NONE;
	if (yyjson_is_null(v))
		return true;
	if (yyjson_is_bool(v))
		*ret = yyjson_get_bool(v) ? STR("yes") : STR("no");
	else if (yyjson_is_str(v))
		*ret = arena_str(q->arena, json_str(v, q->arena));
	else
		*ret = arena_str(q->arena, json_raw(v));
	return !str_is_none(*ret) ||
	       refuse_value(r, field, "a text, a number, true, false, or null to give it back");
}

static bool has_field(const struct edit *w, struct str field)
{
	for (size_t i = 0; i < w->n; i++)
		if (str_eq(w->values[i].field, field))
			return true;
	return false;
}

static bool read_member(struct http_request *q, struct http_reply *r, yyjson_val *key,
			yyjson_val *v, struct edit *w)
{
	struct edit_value *values = (struct edit_value *)(uintptr_t)w->values;
	struct str field = arena_str(q->arena, json_str(key, q->arena));

	if (str_eq(field, STR("is_active"))) {
		w->is_active = yyjson_is_true(v);
		return yyjson_is_bool(v) || refuse_value(r, field, "true or false");
	}
	if (str_eq(field, STR("reason"))) {
		w->reason = arena_str(q->arena, json_str(v, q->arena));
		return yyjson_is_str(v) || refuse_value(r, field, "a text");
	}
	if (has_field(w, field))
		return refuse_value(r, field, "it is there twice");
	values[w->n].field = field;
	return read_value(q, r, field, v, &values[w->n++].value);
}

static bool read_members(struct http_request *q, struct http_reply *r, yyjson_val *root,
			 struct edit *w)
{
	yyjson_obj_iter it = yyjson_obj_iter_with(root);
	yyjson_val *key;

	w->values = arena_array(q->arena, yyjson_obj_size(root), struct edit_value);
	while ((key = yyjson_obj_iter_next(&it)))
		if (!read_member(q, r, key, yyjson_obj_iter_get_val(key), w))
			return false;
	if (w->n || w->is_active >= 0)
		return true;
	http_fail(r, HTTP_UNPROCESSABLE, "there is nothing in it to be changed");
	return false;
}

static bool read_body(struct http_request *q, struct http_reply *r, struct edit *w)
{
	JSON_DOC_AUTO(doc);
	struct err e;

	if (!q->body.n) {
		http_fail(r, HTTP_UNPROCESSABLE, "the body is a JSON object of fields");
		return false;
	}
	if (!json_read(q->body, &doc, &e)) {
		http_fail(r, HTTP_UNPROCESSABLE, "the body is no JSON: %s", e.text);
		return false;
	}
	if (yyjson_is_obj(yyjson_doc_get_root(doc)))
		return read_members(q, r, yyjson_doc_get_root(doc), w);
	http_fail(r, HTTP_UNPROCESSABLE, "the body is %s instead of a JSON object of fields",
		  json_type(yyjson_doc_get_root(doc)));
	return false;
}

/* ---- the answer ---- */

struct model_print {
	struct buf *out;
	struct str provider;
	struct arena *a;
};

static bool print_model(void *arg, const struct store_shown_model *row, struct err *e)
{
	struct model_print *p = arg;

	(void)e;
	(void)row_model(p->out, row, true);
	p->provider = arena_str(p->a, row->provider);
	return true;
}

static bool print_row(struct store *s, struct admin_task *t, struct err *e)
{
	const struct edit_task *w = t->data;
	struct model_print p = { .out = reply_begin(t->q, &t->reply), .a = t->q->arena };
	struct store_shown_provider *provider;
	size_t n;

	if (!store_load_shown_providers(s, w->provider, t->q->arena, &provider, &n, e) ||
	    (w->of_model && !store_list_shown(s, 0, w->edit.id, print_model, &p, e)))
		return false;
	if (n && w->of_model)
		row_tail(p.out, &provider[0]);
	else if (n)
		row_provider(p.out, &provider[0]);
	return true;
}

/* ---- the way ---- */

static bool write_edit(struct store *s, struct admin_task *t, struct err *e)
{
	struct edit_task *w = t->data;
	const struct desk_hand by = admin_hand(t->q);
	bool (*edit)(struct store * s, const struct edit *w, const struct desk_hand *by,
		     struct arena *a, struct str *ret_provider, bool *ret_found, struct err *e) =
		w->of_model ? edit_model : edit_provider;

	return edit(s, &w->edit, &by, t->q->arena, &w->provider, &w->found, e) &&
	       (!w->found || print_row(s, t, e));
}

static void written(struct admin_task *t)
{
	const struct edit_task *w = t->data;

	if (t->failed) {
		admin_refuse_err(t);
		return;
	}
	if (!w->found) {
		admin_refuse(t, HTTP_NOT_FOUND, "there is no %s %" PRId64,
			     w->of_model ? "model" : "provider", w->edit.id);
		return;
	}
	view_refresh(t->web->conf.views, w->provider);
	admin_when_shown(t, admin_answer);
}

static void to_store(struct admin_task *t)
{
	admin_on_store(t, write_edit, written);
}

static void begin(struct http_request *q, struct http_reply *r, const char *action, int is_active)
{
	struct edit_task *w = arena_new(q->arena, struct edit_task);

	w->edit =
		(struct edit){ .is_active = is_active, .action = str_of(action), .peer = q->peer };
	w->of_model = str_starts(str_of(action), STR("api.model."));
	if (shelf_path_id(q, r, &w->edit.id) && (is_active >= 0 || read_body(q, r, &w->edit)))
		admin_begin(q, w, to_store);
}

/* PATCH /admin/models/{id} */
void admin_model_patch(struct http_request *q, struct http_reply *r)
{
	begin(q, r, "api.model.patch", -1);
}

/* POST /admin/models/{id}/activate */
void admin_model_activate(struct http_request *q, struct http_reply *r)
{
	begin(q, r, "api.model.activate", 1);
}

/* POST /admin/models/{id}/deactivate */
void admin_model_deactivate(struct http_request *q, struct http_reply *r)
{
	begin(q, r, "api.model.deactivate", 0);
}

/* PATCH /admin/providers/{id} */
void admin_provider_patch(struct http_request *q, struct http_reply *r)
{
	begin(q, r, "api.provider.patch", -1);
}

/* POST /admin/providers/{id}/activate */
void admin_provider_activate(struct http_request *q, struct http_reply *r)
{
	begin(q, r, "api.provider.activate", 1);
}

/* POST /admin/providers/{id}/deactivate */
void admin_provider_deactivate(struct http_request *q, struct http_reply *r)
{
	begin(q, r, "api.provider.deactivate", 0);
}
