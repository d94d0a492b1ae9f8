#include "task/export.h"

#include "base/json.h"
#include "store/view.h"
#include "task/desk.h"

#include <stdlib.h>

enum { STEP = 64, ROWS_MIN = 64 };

/* A model to be exported. */
struct listed {
	int64_t id, first_seen_ms, updated_ms;
	struct str canonical_id;
};

struct exporter {
	struct arena arena; /* the providers */
	struct export_writer writer;
	int64_t *ids; /* of the providers */
	size_t n, at; /* providers, and which one is next or open */
	bool is_open;
	/* The open one's, in the order of their ids. */
	struct arena rows_arena;
	struct listed *rows;
	size_t n_rows, room, at_row;
};

/* ---- which providers ---- */

static bool is_asked(const struct export_query *q, struct str slug)
{
	for (size_t i = 0; i < q->n_providers; i++)
		if (str_eq(q->providers[i], slug))
			return true;
	return q->n_providers == 0;
}

static bool all_are_known(const struct export_query *q, const struct store_shown_provider *rows,
			  size_t n, struct err *e)
{
	for (size_t i = 0; i < q->n_providers; i++) {
		bool known = false;

		for (size_t k = 0; k < n; k++)
			known = known || str_eq(rows[k].slug, q->providers[i]);
		if (!known)
			return err_set(e, ERR_DATA, "provider \"%s\" was never synced",
				       err_quote(q->providers[i].at, q->providers[i].n));
	}
	return true;
}

static bool load_providers(struct exporter *x, struct store *s, const struct export_query *q,
			   struct buf *out, struct err *e)
{
	struct export_provider *providers;
	struct store_shown_provider *rows;
	size_t n;

	if (!store_load_shown_providers(s, STR_NONE, &x->arena, &rows, &n, e) ||
	    !all_are_known(q, rows, n, e))
		return false;
	providers = arena_array(&x->arena, n, struct export_provider);
	x->ids = arena_array(&x->arena, n, int64_t);
	for (size_t i = 0; i < n; i++) {
		if (!rows[i].is_active || !is_asked(q, rows[i].slug))
			continue;
		x->ids[x->n] = rows[i].id;
		providers[x->n++] = (struct export_provider){
			.slug = rows[i].slug,
			.name = rows[i].name,
			.base_url = rows[i].base_url,
			.api_key_env_var = rows[i].api_key_env_var,
			.doc_url = rows[i].site_url,
		};
	}
	export_begin(&x->writer, q->format, providers, x->n, clock_now_ms(), out);
	return true;
}

bool exporter_create(struct exporter **ret, struct store *s, const struct export_query *q,
		     struct buf *out, struct err *e)
{
	struct arena arena = ARENA_INIT;
	struct exporter *x = arena_new(&arena, struct exporter);

	x->arena = arena;
	if (!load_providers(x, s, q, out, e)) {
		exporter_destroy(x);
		return false;
	}
	*ret = x;
	return true;
}

void exporter_destroy(struct exporter *x)
{
	struct arena arena;

	if (!x)
		return;
	arena_release(&x->rows_arena);
	/* It lies in its own arena. */
	arena = x->arena;
	arena_release(&arena);
}

/* ---- which models ---- */

static int64_t instant_of(struct str text)
{
	struct err ignored;
	int64_t ms;

	return clock_parse(text, &ms, &ignored) ? ms : 0;
}

static bool take_row(void *arg, const struct store_shown_model *row, struct err *e)
{
	struct exporter *x = arg;

	(void)e;
	if (!row->is_active || !str_is_none(row->missing_since))
		return true;
	if (x->n_rows == x->room) {
		size_t room = x->room ? 2 * x->room : ROWS_MIN;
		struct listed *rows = arena_array(&x->rows_arena, room, struct listed);

		if (x->n_rows)
			memcpy(rows, x->rows, x->n_rows * sizeof(*rows));
		x->rows = rows;
		x->room = room;
	}
	x->rows[x->n_rows++] = (struct listed){
		.id = row->id,
		.first_seen_ms = instant_of(row->first_seen_at),
		.updated_ms = instant_of(row->updated_at),
		.canonical_id = arena_str(&x->rows_arena, row->canonical_id),
	};
	return true;
}

static bool open_provider(struct exporter *x, struct store *s, struct err *e)
{
	arena_release(&x->rows_arena);
	x->rows_arena = ARENA_INIT;
	x->rows = NULL;
	x->n_rows = x->room = x->at_row = 0;
	if (!store_list_shown(s, x->ids[x->at], 0, take_row, x, e))
		return false;
	export_open(&x->writer, x->at);
	x->is_open = true;
	return true;
}

/* ---- models ---- */

/* What the store has in the metadata alone. */
static void take_metadata(struct model *m, struct arena *a)
{
	JSON_DOC_AUTO(doc);
	struct err ignored;
	yyjson_val *root;
	struct str text;

	if (str_is_none(m->metadata) || !json_read(m->metadata, &doc, &ignored))
		return;
	root = yyjson_doc_get_root(doc);
	text = json_str(yyjson_obj_get(root, MODEL_CREATED_KEY), a);
	if (str_is_none(text) || !clock_parse(text, &m->created_ms, &ignored))
		m->created_ms = CLOCK_NONE;
	/* Copied: the document ends here. */
	m->hugging_face_id =
		arena_str(a, json_str(yyjson_obj_get(root, MODEL_HUGGING_FACE_KEY), a));
}

static void add_model(struct exporter *x, const struct listed *row, const struct model *shown,
		      struct arena *a)
{
	struct model model = *shown;
	struct catalog sorted = { .models = &model, .n = 1 };
	struct export_model m = {
		.model = &model,
		.canonical_id = row->canonical_id,
		.first_seen_ms = row->first_seen_ms,
		.updated_ms = row->updated_ms,
	};

	take_metadata(&model, a);
	/* As in table `models`. */
	if (str_is_none(model.name))
		model.name = model.id;
	catalog_sort(&sorted);
	export_add(&x->writer, &m);
}

static bool add_models(struct exporter *x, struct store *s, struct err *e)
{
	const struct listed *rows = &x->rows[x->at_row];
	size_t left = x->n_rows - x->at_row, n = left < STEP ? left : STEP;
	const struct model **shown;
	ARENA_AUTO(a);
	int64_t *ids;

	shown = arena_array(&a, n, const struct model *);
	ids = arena_array(&a, n, int64_t);
	for (size_t i = 0; i < n; i++)
		ids[i] = rows[i].id;
	if (!desk_load_shown(s, x->ids[x->at], ids, n, &a, shown, e))
		return false;
	for (size_t i = 0; i < n; i++)
		add_model(x, &rows[i], shown[i], &a);
	x->at_row += n;
	return true;
}

bool exporter_step(struct exporter *x, struct store *s, bool *ret_more, struct err *e)
{
	*ret_more = x->at < x->n;
	if (x->at == x->n) {
		export_end(&x->writer);
		return true;
	}
	if (!x->is_open && !open_provider(x, s, e))
		return false;
	if (x->n_rows && !add_models(x, s, e))
		return false;
	if (x->at_row == x->n_rows) {
		export_close(&x->writer);
		x->is_open = false;
		x->at++;
	}
	return true;
}
