#include "provider/trending.h"

#include "base/json.h"
#include "base/utf8.h"

enum { ID_MAX = 512, MODELS_MAX = 1000, PROVIDERS_MAX = 256 };

/* A string that may stand in a URL, a row, a log: else absent. */
static struct str text_of(yyjson_val *v, struct arena *a)
{
	struct str s = yyjson_is_str(v) ? json_raw(v) : STR_NONE;

	if (s.n == 0 || s.n > ID_MAX || !utf8_is_clean(s))
		return STR_NONE;
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.at[i] <= 0x20 || s.at[i] == 0x7f)
			return STR_NONE;
	return arena_str(a, s);
}

/* The first of two members that says something. */
static yyjson_val *either(yyjson_val *object, const char *one, const char *other)
{
	yyjson_val *v = yyjson_obj_get(object, one);

	return v && !yyjson_is_null(v) ? v : yyjson_obj_get(object, other);
}

/* Null says nothing; what is there and no word is none of the words that are looked for. */
static struct str word_of(yyjson_val *v, struct arena *a)
{
	if (!v || yyjson_is_null(v))
		return STR_NONE;
	return yyjson_is_str(v) ? arena_str(a, json_str(v, a)) : STR("unreadable");
}

/* `key`: under which it stands, or NULL in an array. */
static bool read_provider(yyjson_val *v, yyjson_val *key, struct arena *a,
			  struct trending_provider *ret)
{
	*ret = (struct trending_provider){
		.name = text_of(key ? key : either(v, "provider", "name"), a),
		.provider_id = text_of(yyjson_obj_get(v, "providerId"), a),
		.model_status = word_of(either(v, "modelStatus", "status"), a),
		.provider_status = word_of(either(v, "providerStatus", "status"), a),
		.task = word_of(yyjson_obj_get(v, "task"), a),
	};
	return yyjson_is_obj(v) && ret->name.n > 0 && ret->provider_id.n > 0;
}

static void read_providers(yyjson_val *list, struct arena *a, struct trending_model *m)
{
	bool keyed = yyjson_is_obj(list);
	size_t max = keyed ? yyjson_obj_size(list) : yyjson_arr_size(list);
	size_t i;
	size_t n;
	yyjson_val *key;
	yyjson_val *v;

	max = max > PROVIDERS_MAX ? PROVIDERS_MAX : max;
	m->providers = arena_array(a, max + 1, struct trending_provider);
	if (keyed) {
		yyjson_obj_foreach(list, i, n, key, v)
		{
			if (m->n < max && read_provider(v, key, a, &m->providers[m->n]))
				m->n++;
		}
	} else {
		yyjson_arr_foreach(list, i, n, v)
		{
			if (m->n < max && read_provider(v, NULL, a, &m->providers[m->n]))
				m->n++;
		}
	}
}

static bool read_model(yyjson_val *v, struct arena *a, struct trending_model *ret)
{
	*ret = (struct trending_model){ .id = text_of(yyjson_obj_get(v, "id"), a) };
	if (ret->id.n == 0)
		return false;
	read_providers(either(v, "availableInferenceProviders", "inferenceProviderMapping"), a,
		       ret);
	return true;
}

/* models-json: {"models":[…]}; the Hub API: […]. */
static bool find_models(yyjson_val *root, yyjson_val **ret, struct err *e)
{
	yyjson_val *models = yyjson_is_obj(root) ? yyjson_obj_get(root, "models") : root;

	if (!models)
		return err_set(e, ERR_DATA, "no list of models: an object without \"models\"");
	if (!yyjson_is_arr(models))
		return err_set(e, ERR_DATA, "no list of models: %s is %s, expected an array",
			       models == root ? "the document" : "\"models\"", json_type(models));
	*ret = models;
	return true;
}

bool trending_parse(struct str json, size_t max, struct arena *a, struct trending_model **ret,
		    size_t *ret_n, struct err *e)
{
	JSON_DOC_AUTO(doc);
	struct trending_model *models;
	size_t kept = 0;
	yyjson_val *list;
	yyjson_val *v;
	size_t i;
	size_t n;

	if (!json_read(json, &doc, e)) {
		e->kind = ERR_DATA;
		return false;
	}
	if (!find_models(yyjson_doc_get_root(doc), &list, e))
		return false;
	max = max > MODELS_MAX ? MODELS_MAX : max;
	max = max > yyjson_arr_size(list) ? yyjson_arr_size(list) : max;
	models = arena_array(a, max + 1, struct trending_model);
	yyjson_arr_foreach(list, i, n, v)
	{
		if (kept < max && read_model(v, a, &models[kept]))
			kept++;
	}
	*ret = models;
	*ret_n = kept;
	return true;
}

/* ---- who is asked ---- */

static bool is_or_absent(struct str said, struct str wanted)
{
	return str_is_none(said) || str_eq_nocase(said, wanted);
}

static bool is_live(const struct trending_provider *p)
{
	return is_or_absent(p->model_status, STR("live")) &&
	       is_or_absent(p->provider_status, STR("live")) &&
	       is_or_absent(p->task, STR("conversational"));
}

static bool is_there(const struct trending_provider *providers, size_t n,
		     const struct trending_provider *p)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(providers[i].name, p->name) &&
		    str_eq(providers[i].provider_id, p->provider_id))
			return true;
	return false;
}

size_t trending_live(struct trending_provider *providers, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (is_live(&providers[i]) && !is_there(providers, kept, &providers[i]))
			providers[kept++] = providers[i];
	return kept;
}
