#include "sink/export_form.h"

enum { MS_PER_S = 1000 };

static void begin(struct export_writer *w)
{
	json_open(&w->json, '{');
	json_add_str(&w->json, "object", STR("list"));
	json_key(&w->json, "data");
	json_open(&w->json, '[');
}

/* The id says at whom: the same id is sold by many. */
static void put_id(struct export_writer *w, struct str id)
{
	BUF_AUTO(text, 1 << 16);

	buf_add_str(&text, w->provider->slug);
	buf_add_char(&text, '/');
	buf_add_str(&text, id);
	json_add_str(&w->json, "id", buf_str(&text));
}

/* As GET /v1/models of ours says it: created is since when it is on offer here. */
static void add(struct export_writer *w, const struct export_model *m)
{
	json_open(&w->json, '{');
	put_id(w, m->model->id);
	json_add_str(&w->json, "object", STR("model"));
	json_add_i64(&w->json, "created", m->first_seen_ms / MS_PER_S);
	json_add_str(&w->json, "owned_by", w->provider->slug);
	json_close(&w->json, '}');
}

static void end(struct export_writer *w)
{
	json_close(&w->json, ']');
	json_close(&w->json, '}');
	buf_add_char(w->json.out, '\n');
}

const struct export_form export_form_openai = { .begin = begin, .add = add, .end = end };
