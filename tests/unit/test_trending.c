/*
 * trending: who is asked.  The cases of the tracker's specification first: parseModelsApiResponse
 * and filterLiveProviders.  Documents are written with ' for ".
 */
#include "unit.h"

#include "base/buf.h"
#include "provider/trending.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static struct str quoted(const char *text, struct arena *a)
{
	char *copy = arena_cstr(a, str_of(text));

	for (char *at = copy; *at; at++)
		if (*at == '\'')
			*at = '"';
	return str_of(copy);
}

static void put_word(struct buf *out, const char *name, struct str s)
{
	if (!str_is_none(s))
		buf_printf(out, " %s=%.*s", name, STR_FMT(s));
}

/* "id: name=providerId model=live …;", a line a model. */
static struct str told(const struct trending_model *models, size_t n, struct arena *a)
{
	BUF_AUTO(out, 1 << 16);

	for (size_t i = 0; i < n; i++) {
		buf_printf(&out, "%s%.*s:", i ? "\n" : "", STR_FMT(models[i].id));
		for (size_t k = 0; k < models[i].n; k++) {
			const struct trending_provider *p = &models[i].providers[k];

			buf_printf(&out, " %.*s=%.*s", STR_FMT(p->name), STR_FMT(p->provider_id));
			put_word(&out, "model", p->model_status);
			put_word(&out, "provider", p->provider_status);
			put_word(&out, "task", p->task);
			buf_add_char(&out, ';');
		}
	}
	return arena_str(a, buf_str(&out));
}

static void assert_told(const char *document, size_t max, const char *want)
{
	ARENA_AUTO(a);
	struct trending_model *models;
	struct err e;
	size_t n;

	if (!trending_parse(quoted(document, &a), max, &a, &models, &n, &e))
		fail_msg("%s\n%s", document, e.text);
	assert_string_equal(told(models, n, &a).at, want);
}

static void assert_refused(struct str document, const char *sentence)
{
	ARENA_AUTO(a);
	struct trending_model *models = NULL;
	struct err e;
	size_t n = 77;

	assert_false(trending_parse(document, 5, &a, &models, &n, &e));
	assert_int_equal(e.kind, ERR_DATA);
	if (!str_starts(str_of(e.text), str_of(sentence)))
		fail_msg("%s", e.text);
	assert_null(models);
	assert_int_equal(n, 77);
}

/* ---- the tracker's specification: parseModelsApiResponse ---- */

static void test_parse_models_api_response_valid(void **state)
{
	(void)state;
	assert_told(
		"{'models':["
		"{'id':'deepseek-ai/DeepSeek-V3-0324','availableInferenceProviders':["
		"{'name':'novita','providerId':'deepseek/deepseek-v3-0324','modelStatus':'live',"
		"'providerStatus':'live'}]},"
		"{'id':'org/two','availableInferenceProviders':[]},"
		"{'id':'org/three'}]}",
		5,
		"deepseek-ai/DeepSeek-V3-0324: novita=deepseek/deepseek-v3-0324 model=live "
		"provider=live;\norg/two:\norg/three:");
}

static void test_parse_models_api_response_count(void **state)
{
	const char *seven = "{'models':[{'id':'a'},{'id':'b'},{'id':'c'},{'id':'d'},{'id':'e'},"
			    "{'id':'f'},{'id':'g'}]}";

	(void)state;
	assert_told(seven, 5, "a:\nb:\nc:\nd:\ne:");
	assert_told(seven, 7, "a:\nb:\nc:\nd:\ne:\nf:\ng:");
	assert_told(seven, 100, "a:\nb:\nc:\nd:\ne:\nf:\ng:");
	assert_told(seven, 1, "a:");
}

static void test_parse_models_api_response_empty_models(void **state)
{
	(void)state;
	assert_told("{'models':[]}", 5, "");
	assert_told("[]", 5, "");
}

static void test_parse_models_api_response_invalid_json(void **state)
{
	(void)state;
	assert_refused(STR(""), "not valid JSON");
	assert_refused(STR("{\"models\":[{\"id\":\"a\"}"), "not valid JSON");
	assert_refused(STR("<html>429</html>"), "not valid JSON");
}

static void test_parse_models_api_response_no_models_key(void **state)
{
	(void)state;
	assert_refused(STR("{\"error\":\"busy\"}"),
		       "no list of models: an object without \"models\"");
	assert_refused(STR("{}"), "no list of models: an object without \"models\"");
	assert_refused(STR("{\"models\":{}}"),
		       "no list of models: \"models\" is an object, expected an array");
	assert_refused(STR("{\"models\":null}"),
		       "no list of models: \"models\" is null, expected an array");
	assert_refused(STR("\"models\""),
		       "no list of models: the document is a string, expected an array");
	assert_refused(STR("null"), "no list of models: the document is null, expected an array");
	assert_refused(STR("5"), "no list of models: the document is a number, expected an array");
}

/* ---- the tracker's specification: filterLiveProviders ---- */

static void assert_live(const char *providers, const char *want)
{
	ARENA_AUTO(a);
	struct str document = quoted(
		arena_printf(&a, "[{'id':'m','inferenceProviderMapping':%s}]", providers).at, &a);
	struct trending_model *models;
	struct err e;
	size_t n;

	if (!trending_parse(document, 1, &a, &models, &n, &e))
		fail_msg("%s\n%s", providers, e.text);
	models->n = trending_live(models->providers, models->n);
	for (size_t i = 0; i < models->n; i++) {
		models->providers[i].model_status = STR_NONE;
		models->providers[i].provider_status = STR_NONE;
		models->providers[i].task = STR_NONE;
	}
	assert_string_equal(told(models, 1, &a).at, want);
}

#define LIVE(name) "{'provider':'" name "','providerId':'" name "/1','status':'live'}"

static void test_filter_live_providers_all(void **state)
{
	(void)state;
	assert_live("[" LIVE("a") "," LIVE("b") "," LIVE("c") "]", "m: a=a/1; b=b/1; c=c/1;");
}

static void test_filter_live_providers_some(void **state)
{
	(void)state;
	assert_live(
		"[{'provider':'a','providerId':'1','modelStatus':'error','providerStatus':'live'},"
		"{'provider':'b','providerId':'2','modelStatus':'live','providerStatus':'live'},"
		"{'provider':'c','providerId':'3','modelStatus':'live','providerStatus':'staging'},"
		"{'provider':'d','providerId':'4','status':'staging'},"
		"{'provider':'e','providerId':'5','status':'live'},"
		"{'provider':'f','providerId':'6','status':5}]",
		"m: b=2; e=5;");
}

static void test_filter_live_providers_none_given(void **state)
{
	(void)state;
	assert_live("[]", "m:");
	assert_live("{}", "m:");
	assert_live("null", "m:");
	assert_int_equal(trending_live(NULL, 0), 0);
}

static void test_filter_case_and_absence(void **state)
{
	(void)state;
	assert_live(
		"[{'provider':'a','providerId':'1','modelStatus':'LIVE','providerStatus':'Live'},"
		"{'provider':'b','providerId':'2'},"
		"{'provider':'c','providerId':'3','modelStatus':null,'status':'live'},"
		"{'provider':'d','providerId':'4','modelStatus':null,'status':'error'},"
		"{'provider':'e','providerId':'5','modelStatus':'live '}]",
		"m: a=1; b=2; c=3;");
}

static void test_filter_task(void **state)
{
	(void)state;
	assert_live("[{'provider':'a','providerId':'1','task':'conversational'},"
		    "{'provider':'b','providerId':'2','task':'text-generation'},"
		    "{'provider':'c','providerId':'3','task':null},"
		    "{'provider':'d','providerId':'4','task':'Conversational'},"
		    "{'provider':'e','providerId':'5','task':''},"
		    "{'provider':'f','providerId':'6','task':['conversational']}]",
		    "m: a=1; c=3; d=4;");
}

/* Asked once; two ids of one provider are two. */
static void test_filter_twice(void **state)
{
	(void)state;
	assert_live(
		"[" LIVE("a") "," LIVE("b") "," LIVE("a") ","
							  "{'provider':'a','providerId':'a/2'}]",
		"m: a=a/1; b=b/1; a=a/2;");
}

/* ---- the forms ---- */

/* One market, as each document says it. */
static const char *const forms[] = {
	"{'models':["
	"{'author':'org','id':'org/one','gated':false,'availableInferenceProviders':["
	"{'provider':'novita','modelStatus':'live','providerStatus':'live','providerId':'org/one-n',"
	"'task':'conversational','features':{'toolCalling':true},'tokensPerSecond':91.93},"
	"{'provider':'hf-inference','modelStatus':'error','providerStatus':'error',"
	"'providerId':'org/one','task':'text-generation'}]},"
	"{'id':'org/two','availableInferenceProviders':[{'provider':'zai-org','modelStatus':'live',"
	"'providerStatus':'live','providerId':'two','task':'conversational'}]}],"
	"'numItemsPerPage':30,'numTotalItems':2,'pageIndex':0}",

	"{'models':["
	"{'id':'org/one','availableInferenceProviders':["
	"{'name':'novita','status':'live','providerId':'org/one-n','task':'conversational'},"
	"{'name':'hf-inference','status':'error','providerId':'org/one','task':'text-generation'}]},"
	"{'id':'org/two','availableInferenceProviders':{'zai-org':{'status':'live',"
	"'providerId':'two','task':'conversational'}}}]}",

	"[{'_id':'1','id':'org/one','inferenceProviderMapping':["
	"{'provider':'novita','providerId':'org/one-n','status':'live','task':'conversational',"
	"'isModelAuthor':false},"
	"{'provider':'hf-inference','providerId':'org/one','status':'error',"
	"'task':'text-generation'}]},"
	"{'_id':'2','id':'org/two','inferenceProviderMapping':["
	"{'provider':'zai-org','providerId':'two','status':'live','task':'conversational'}]}]",

	"[{'id':'org/one','inferenceProviderMapping':{"
	"'novita':{'status':'live','providerId':'org/one-n','task':'conversational'},"
	"'hf-inference':{'status':'error','providerId':'org/one','task':'text-generation'}}},"
	"{'id':'org/two','inferenceProviderMapping':{"
	"'zai-org':{'status':'live','providerId':'two','task':'conversational'}}}]",
};

static void test_forms_are_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(forms); i++)
		assert_told(
			forms[i], 5,
			"org/one: novita=org/one-n model=live provider=live task=conversational; "
			"hf-inference=org/one model=error provider=error task=text-generation;\n"
			"org/two: zai-org=two model=live provider=live task=conversational;");
}

static void test_fallback_url(void **state)
{
	char url[256];

	(void)state;
	(void)snprintf(url, sizeof(url), TRENDING_FALLBACK_URL, (size_t)5);
	assert_string_equal(url, "https://huggingface.co/api/models?inference_provider=all"
				 "&pipeline_tag=text-generation&sort=trendingScore&limit=5"
				 "&expand%5B%5D=inferenceProviderMapping");
}

/* ---- what is left out ---- */

static void test_left_out(void **state)
{
	(void)state;
	/* models: no object, no id, an id that is none; they do not count */
	assert_told(
		"{'models':[7,null,'a',{},{'id':''},{'id':5},{'id':null},{'id':'a b'},"
		"{'id':'a\\u0000b'},{'id':'a\\nb'},{'id':'a\xff.b'},{'id':'ok'},{'id':'\\u20ac'}]}",
		2, "ok:\n\xe2\x82\xac:");
	/* providers */
	assert_told("{'models':[{'id':'m','availableInferenceProviders':[1,null,'x',{},[],"
		    "{'provider':'a'},{'providerId':'b'},{'provider':'','providerId':'b'},"
		    "{'provider':'c','providerId':''},{'provider':5,'providerId':'d'},"
		    "{'provider':'e','providerId':{}},{'provider':'f\\r\\ng','providerId':'x'},"
		    "{'provider':'ok','providerId':'x'}]}]}",
		    5, "m: ok=x;");
	assert_told("[{'id':'m','inferenceProviderMapping':{'a':1,'b':null,'':{'providerId':'x'},"
		    "'ok':{'providerId':'y'}}}]",
		    5, "m: ok=y;");
	assert_told("[{'id':'m','inferenceProviderMapping':'novita'}]", 5, "m:");
}

static void test_long_id(void **state)
{
	ARENA_AUTO(a);
	char *id = arena_zalloc(&a, 1, 514);

	(void)state;
	memset(id, 'x', 512);
	assert_told(arena_printf(&a, "[{'id':'%s'}]", id).at, 1, arena_printf(&a, "%s:", id).at);
	id[512] = 'x';
	assert_told(arena_printf(&a, "[{'id':'%s'}]", id).at, 1, "");
}

/* No document makes us hold more than it has, nor more providers of a model than there are. */
static void test_large(void **state)
{
	BUF_AUTO(out, 1 << 24);
	ARENA_AUTO(a);
	struct trending_model *models;
	struct err e;
	size_t n;

	(void)state;
	buf_add_str(&out, STR("[{\"id\":\"m\",\"inferenceProviderMapping\":["));
	for (int i = 0; i < 100000; i++)
		buf_printf(&out, "%s{\"provider\":\"p%d\",\"providerId\":\"x\"}", i ? "," : "", i);
	buf_add_str(&out, STR("]}]"));
	assert_true(trending_parse(buf_str(&out), SIZE_MAX, &a, &models, &n, &e));
	assert_int_equal(n, 1);
	assert_int_equal(models->n, 256);
	assert_true(a.taken < (1 << 20));
	buf_clear(&out);
	for (int i = 0; i < 100000; i++)
		buf_add_char(&out, '[');
	assert_refused(buf_str(&out), "not valid JSON");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_models_api_response_valid),
		cmocka_unit_test(test_parse_models_api_response_count),
		cmocka_unit_test(test_parse_models_api_response_empty_models),
		cmocka_unit_test(test_parse_models_api_response_invalid_json),
		cmocka_unit_test(test_parse_models_api_response_no_models_key),
		cmocka_unit_test(test_filter_live_providers_all),
		cmocka_unit_test(test_filter_live_providers_some),
		cmocka_unit_test(test_filter_live_providers_none_given),
		cmocka_unit_test(test_filter_case_and_absence),
		cmocka_unit_test(test_filter_task),
		cmocka_unit_test(test_filter_twice),
		cmocka_unit_test(test_forms_are_one),
		cmocka_unit_test(test_fallback_url),
		cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_long_id),
		cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
