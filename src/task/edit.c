#include "task/edit.h"

#include "base/json.h"
#include "store/receipt.h"

#include <ctype.h>

enum { DETAIL_MAX = 1 << 20 };

/* What is written about no provider's rows waits for none of them. */
static const char turn[] = "audit";
/* What a message is sent to is not signed: taken once is taken for everybody. */
#define ANYBODY STR("*")

/* ---- the audit ---- */

static bool audit(struct store *s, const struct desk_hand *by, struct str action, struct str object,
		  struct str detail, struct err *e)
{
	const struct store_audit row = { by->now_ms, by->actor, action, object, detail };

	return store_save_audit(s, &row, e);
}

/* `done` is what came of what was written since store_begin(). */
static bool finish(struct store *s, bool done, struct err *e)
{
	if (done && store_commit(s, e))
		return true;
	store_rollback(s);
	return false;
}

bool edit_note(struct store *s, const struct desk_hand *by, struct str action, struct str object,
	       struct str detail, struct err *e)
{
	return store_begin(s, turn, e) && finish(s, audit(s, by, action, object, detail, e), e);
}

bool edit_take_message(struct store *s, const struct edit_message *m, const struct desk_hand *by,
		       bool *ret_new, struct err *e)
{
	if (!store_begin(s, turn, e))
		return false;
	return finish(s,
		      store_take_receipt(s, ANYBODY, m->id, by->now_ms, m->keep_ms, ret_new, e) &&
			      (!*ret_new || audit(s, by, m->action, m->provider, m->detail, e)),
		      e);
}

bool edit_drop_message(struct store *s, const struct edit_message *m, const struct desk_hand *by,
		       struct err *e)
{
	return store_begin(s, turn, e) &&
	       finish(s,
		      store_drop_receipt(s, ANYBODY, m->id, e) &&
			      audit(s, by, m->action, m->provider, m->detail, e),
		      e);
}

/* What an edit writes down about itself: {"changes":{FIELD:{"before":…,"after":…}}, …}. */
struct record {
	struct buf text;
	struct json_writer w;
	const struct edit *edit;
};

static void record_open(struct record *r, const struct edit *w)
{
	r->text = BUF_INIT(DETAIL_MAX);
	r->w = (struct json_writer){ .out = &r->text };
	r->edit = w;
	json_open(&r->w, '{');
	json_add_i64(&r->w, "id", w->id);
	json_key(&r->w, "changes");
	json_open(&r->w, '{');
}

static void record_add(struct record *r, struct str field, struct str before, struct str after)
{
	ARENA_AUTO(a);

	json_key(&r->w, arena_cstr(&a, field));
	json_open(&r->w, '{');
	json_add_str(&r->w, "before", before);
	json_add_str(&r->w, "after", after);
	json_close(&r->w, '}');
}

static struct str yes_no(bool yes)
{
	return yes ? STR("yes") : STR("no");
}

static bool record_save(struct record *r, struct store *s, const struct desk_hand *by,
			struct str object, struct err *e)
{
	json_close(&r->w, '}');
	json_add_str(&r->w, "reason", r->edit->reason);
	json_add_str(&r->w, "peer", r->edit->peer);
	json_close(&r->w, '}');
	return audit(s, by, r->edit->action, object, buf_str(&r->text), e);
}

/* ---- is_active, of either ---- */

static bool set_active(struct store *s, struct record *r, const struct store_active *w, bool before,
		       struct err *e)
{
	record_add(r, STR("is_active"), yes_no(before), yes_no(w->is_active));
	return store_save_active(s, w, e);
}

/* ---- a model ---- */

struct model_row {
	int64_t id, provider_id;
	struct str provider, provider_model_id;
	bool is_active, found;
	struct arena *a;
};

static bool take_model(void *arg, const struct store_shown_model *row, struct err *e)
{
	struct model_row *m = arg;

	(void)e;
	m->id = row->id;
	m->provider_id = row->provider_id;
	m->provider = arena_str(m->a, row->provider);
	m->provider_model_id = arena_str(m->a, row->provider_model_id);
	m->is_active = row->is_active;
	m->found = true;
	return true;
}

static bool find_model(struct store *s, int64_t id, struct model_row *ret, struct err *e)
{
	return id <= 0 || store_list_shown(s, 0, id, take_model, ret, e);
}

static bool lay_values(struct store *s, const struct model_row *m, const struct edit *w,
		       const struct desk_hand *by, struct record *r, struct arena *a, struct err *e)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct desk_wish wish = { .provider = m->provider,
						.model = m->provider_model_id,
						.field = w->values[i].field,
						.value = w->values[i].value,
						.reason = w->reason };
		struct str before;

		if (!desk_lay(s, m->provider_id, m->id, &wish, by, a, &before, e))
			return false;
		record_add(r, wish.field, before, wish.value);
	}
	return true;
}

static bool write_model(struct store *s, const struct model_row *m, const struct edit *w,
			const struct desk_hand *by, struct arena *a, struct err *e)
{
	const struct store_active active = { m->provider_id, m->id, by->now_ms, w->is_active > 0 };
	struct record r;
	bool ok;

	record_open(&r, w);
	ok = lay_values(s, m, w, by, &r, a, e) &&
	     (w->is_active < 0 || set_active(s, &r, &active, m->is_active, e)) &&
	     record_save(&r, s, by,
			 arena_printf(a, "%.*s:%.*s", STR_FMT(m->provider),
				      STR_FMT(m->provider_model_id)),
			 e);
	buf_release(&r.text);
	return ok;
}

bool edit_model(struct store *s, const struct edit *w, const struct desk_hand *by, struct arena *a,
		struct str *ret_provider, bool *ret_found, struct err *e)
{
	struct model_row m = { .a = a };

	/* Whose lock it needs; what it is then is looked at anew. */
	if (!find_model(s, w->id, &m, e))
		return false;
	*ret_found = m.found;
	if (!m.found)
		return true;
	*ret_provider = m.provider;
	return store_begin(s, m.provider.at, e) &&
	       finish(s, find_model(s, w->id, &m, e) && write_model(s, &m, w, by, a, e), e);
}

/* ---- a provider ---- */

static bool is_url_column(struct str name)
{
	return str_ends(name, STR("_url"));
}

/* These become links of pages and dashboards: no javascript: among them. */
static bool check_url(struct str name, struct str value, struct err *e)
{
	return str_starts(value, STR("https://")) || str_starts(value, STR("http://")) ||
	       err_set(e, ERR_USAGE, "%.*s begins with https:// or http://", STR_FMT(name));
}

static bool check_variable(struct str name, struct str value, struct err *e)
{
	bool ok = value.n > 0;

	for (size_t i = 0; i < value.n; i++)
		ok = ok && (isupper((unsigned char)value.at[i]) ||
			    isdigit((unsigned char)value.at[i]) || value.at[i] == '_');
	return ok || err_set(e, ERR_USAGE, "%.*s is the name of a variable, such as ACME_API_KEY",
			     STR_FMT(name));
}

static bool check_column(const struct edit_value *v, struct err *e)
{
	if (str_is_none(v->value))
		return true;
	if (v->value.n == 0)
		return err_set(e, ERR_USAGE, "%.*s: an empty text is none; null gives it back",
			       STR_FMT(v->field));
	if (is_url_column(v->field))
		return check_url(v->field, v->value, e);
	if (str_eq(v->field, STR("api_key_env_var")))
		return check_variable(v->field, v->value, e);
	return true;
}

/* Flags are kept as "1" and "0". */
static struct str column_value(struct str field, struct str typed)
{
	if (!str_starts(field, STR("supports_")))
		return typed;
	if (str_eq(typed, STR("yes")))
		return STR("1");
	return str_eq(typed, STR("no")) ? STR("0") : typed;
}

static bool write_columns(struct store *s, const struct store_shown_provider *p,
			  const struct edit *w, const struct desk_hand *by, struct record *r,
			  struct arena *a, struct err *e)
{
	struct store_column *columns = arena_array(a, w->n, struct store_column);
	struct store_column *before = arena_array(a, w->n, struct store_column);
	const struct store_provider_edit edit = { p->slug, by->now_ms, columns, w->n };
	bool found;

	for (size_t i = 0; i < w->n; i++) {
		if (!check_column(&w->values[i], e))
			return false;
		columns[i] = (struct store_column){
			w->values[i].field, column_value(w->values[i].field, w->values[i].value)
		};
	}
	if (w->n && !store_edit_provider(s, &edit, a, before, &found, e))
		return false;
	for (size_t i = 0; i < w->n; i++)
		record_add(r, columns[i].name, before[i].value, columns[i].value);
	return true;
}

static bool write_provider(struct store *s, const struct store_shown_provider *p,
			   const struct edit *w, const struct desk_hand *by, struct arena *a,
			   struct err *e)
{
	const struct store_active active = { p->id, 0, by->now_ms, w->is_active > 0 };
	struct record r;
	bool ok;

	record_open(&r, w);
	ok = write_columns(s, p, w, by, &r, a, e) &&
	     (w->is_active < 0 || set_active(s, &r, &active, p->is_active, e)) &&
	     record_save(&r, s, by, p->slug, e);
	buf_release(&r.text);
	return ok;
}

static bool find_provider(struct store *s, int64_t id, struct arena *a,
			  struct store_shown_provider *ret, bool *ret_found, struct err *e)
{
	struct store_shown_provider *all;
	size_t n;

	*ret_found = false;
	if (!store_load_shown_providers(s, STR_NONE, a, &all, &n, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (all[i].id != id)
			continue;
		*ret = all[i];
		*ret_found = true;
	}
	return true;
}

bool edit_provider(struct store *s, const struct edit *w, const struct desk_hand *by,
		   struct arena *a, struct str *ret_provider, bool *ret_found, struct err *e)
{
	struct store_shown_provider p = { 0 };

	if (!find_provider(s, w->id, a, &p, ret_found, e))
		return false;
	if (!*ret_found)
		return true;
	*ret_provider = p.slug;
	return store_begin(s, arena_cstr(a, p.slug), e) &&
	       finish(s,
		      find_provider(s, w->id, a, &p, ret_found, e) &&
			      (!*ret_found || write_provider(s, &p, w, by, a, e)),
		      e);
}
