/* Any bytes as a provider's document, read by each built-in descriptor and by some that use all there is. */
#include "fuzz.h"

#include "base/utf8.h"
#include "core/condition.h"
#include "core/decimal.h"
#include "provider/money.h"
#include "provider/reader.h"
#include "provider/registry.h"
#include "provider/row.h"

const char fuzz_name[] = "reader";

/* OpenRouter's shape with every other feature: a second list of the same rows, factors, noise, … */
static const char everything[] =
	"{\"slug\":\"all\",\"name\":\"All\",\"base_url\":\"https://a.test\",\"auth\":{\"form\":\"none\"},"
	"\"lists\":[{\"name\":\"one\",\"url\":\"https://a.test/1\",\"rows\":\"/data\","
	"\"fields\":{\"id\":[\"/id\",\"/canonical_slug\"],\"name\":\"/name\","
	"\"created\":{\"at\":\"/created\",\"format\":\"unix_ms\"},"
	"\"deprecated_at\":{\"at\":\"/expiration_date\",\"format\":\"rfc3339\"}},"
	"\"capabilities\":{\"vision\":\"/top_provider/is_moderated\"},"
	"\"keep\":{\"pricing\":\"/pricing\",\"row\":\"\"},"
	"\"price_defaults\":{\"unit\":\"USD per 1M tokens\",\"noise\":9,"
	"\"sentinels\":{\"-1\":\"dynamic\",\"0.1\":\"unpublished\",\"-2\":\"free\"}},"
	"\"prices\":[{\"meter\":\"input_token\",\"at\":\"/pricing/prompt\"},"
	"{\"meter\":\"output_token\",\"at\":\"/pricing/completion\",\"times\":\"/pricing/prompt\"},"
	"{\"meter\":\"cache_write_token\",\"at\":\"/pricing/input_cache_write\",\"condition\":\"[1h]\"},"
	"{\"meter\":\"audio_second\",\"at\":\"/pricing/audio\",\"unit\":\"0.01 USD per minute\"}],"
	"\"overrides\":{\"at\":\"/pricing/overrides\",\"keys_of\":\"/pricing\",\"conditions\":{"
	"\"at_least\":\"/min_prompt_tokens\","
	"\"window\":{\"from\":\"/utc_start\",\"to\":\"/utc_end\",\"format\":\"HHMM\"}}},"
	"\"closed\":[\"\",\"/pricing\"]},"
	"{\"name\":\"two\",\"url\":\"https://a.test/2\",\"required\":false,\"rows\":\"/data\","
	"\"fields\":{\"id\":\"/id\",\"name\":\"/description\",\"quantization\":\"/architecture/tokenizer\","
	"\"context_length\":\"/context_length\"},"
	"\"capabilities\":{\"reasoning\":{\"at\":\"/supported_parameters\",\"has\":\"reasoning\"}},"
	"\"prices\":[{\"meter\":\"request\",\"at\":\"/pricing/request\",\"unit\":\"USD per request\"}]}]}";

/* Rows inside rows, and all that a price may say of its row. */
static const char nested[] =
	"{\"slug\":\"nested\",\"name\":\"Nested\",\"base_url\":\"https://a.test\",\"auth\":{\"form\":\"none\"},"
	"\"lists\":[{\"name\":\"one\",\"url\":\"https://a.test/1\",\"each\":\"/flavors\","
	"\"fields\":{\"id\":\"/model_id\",\"name\":\"../name\","
	"\"modality\":{\"at\":\"../type\",\"words\":{\"text2text\":\"text->text\",\"embedding\":null}},"
	"\"created\":{\"at\":\"../created_at\",\"format\":\"unix_or_rfc3339\"},"
	"\"context_length\":{\"at\":\"/max_model_len\",\"absent\":[\"0\",\"1\"]}},"
	"\"capabilities\":{\"vision\":{\"at\":\"../type\",\"is\":\"image2text\"},"
	"\"reasoning\":{\"at\":\"../tags\",\"mentions\":\"image\"}},"
	"\"keep\":{\"status\":\"../status\",\"around\":\"../\"},"
	"\"price_defaults\":{\"unit\":\"USD per 1M tokens\",\"noise\":12},"
	"\"prices\":[{\"meter\":\"input_token\",\"at\":\"/input_price_per_million_tokens\","
	"\"tiers\":{\"at\":\"/tiers\",\"cost\":\"/cost\",\"from\":\"/min\",\"to\":\"/max\"}},"
	"{\"meter\":\"input_token\",\"at\":\"/input_price_per_million_tokens\",\"condition\":\"[discount]\","
	"\"less\":\"/output_price_per_million_tokens\",\"until\":{\"at\":\"../created_at\","
	"\"format\":\"unix_or_rfc3339\"}},"
	"{\"meter\":\"output_token\",\"at\":\"/output_price_per_million_tokens\","
	"\"when\":{\"at\":\"../type\",\"is\":[\"text2text\",\"image2text\"]}},"
	"{\"meter\":\"image_pixel_step\",\"at\":\"/input_price_per_million_tokens\",\"unit\":\"USD per pixel step\","
	"\"per\":[\"/max_model_len\",\"/max_model_len\"]}],"
	"\"closed\":[\"../license\",\"\"]}]}";

/* Named elements, ids and modalities of parts, other places of a price, modes, a list that adds. With
 * ' for ". */
static char selected[] =
	"{'slug':'selected','name':'Selected','base_url':'https://a.test','auth':{'form':'none'},"
	"'lists':[{'name':'one','url':'https://a.test/1','rows':['/models','/data'],'total':'/rows',"
	"'fields':{'id':{'at':['/id','/model_id'],'strip':'accounts/','put':'a/'},"
	"'name':{'at':'/url','strip':'https://hub.test/','words':{'acme/a':'A','acme/b':null}},"
	"'modality':{'inputs':['/in','/architecture/input_modalities'],'outputs':'/out','split':',ï¼',"
	"'words':{'pdf':'file','url':null}},"
	"'context_length':{'at':['/context','/context_length'],'absent':['0']},"
	"'max_output_tokens':{'at':'/limits/[of=output]/n','text':true},"
	"'created':{'at':'/made','format':'datetime'},'deprecated_at':{'at':'/end','format':'ymd'}},"
	"'modes':{'at':'/mode','words':{'standard':'','chat':'','fast':'[fast]','batch':'[batch]'}},"
	"'where':[{'at':'/open','present':true},{'at':'/kind','is':['offer','1','true']},"
	"{'at':'/pricing','present':true}],"
	"'capabilities':{'function_calling':{'at':'/features','mentions':['tools','thinking'],'split':','},"
	"'vision':{'at':'/in','has':['image','pdf'],'split':','}},"
	"'price_defaults':{'unit':'USD per 1M tokens','noise':12,'sentinels':{'-1':'dynamic'}},"
	"'prices':[{'meter':'input_token','at':'/pricing/[sku=input]/amount','money':true,'currency':'/currency',"
	"'when':{'at':'/pricing/[sku=input]/unit','is':'1M'},'or':[{'at':'/price','unit':'USD per token',"
	"'type':'number','within':['0.0000000001','0.001']},{'at':'/pricing/[sku=input]/n','type':'integer'}]},"
	"{'meter':'output_token','at':'/pricing/[sku=output]/amount','money':true,'type':'string'},"
	"{'meter':'cached_input_token','at':'/pricing/[sku=cached]/amount',"
	"'when':[{'at':'/pricing/[sku=cached]/unit','is':'1M'},{'at':'/kind','is':'offer'}]},"
	"{'meter':'input_token','at':'/long','above':'/from','sentinels':{'0':'unpublished'}},"
	"{'meter':'output_token','at':'/long','at_least':'/from','condition':'[batch]'},"
	"{'meter':'request','at':'/cost/amount','scale':'/cost/scale','unit':'USD per request'},"
	"{'meter':'reasoning_token','at':'/costs/think','or':[{'at':'/costs/reason'}]}],"
	"'overrides':{'at':'/more','keys_of':'/costs','conditions':{'above':'/above'}},"
	"'closed':['/cost',{'at':'/pricing','by':'sku'}],'ignore':'/pricing/[sku=old]'},"
	"{'name':'two','url':'https://a.test/2','required':false,'adds':true,'rows':['/items','/data'],"
	"'pages':{'form':'token','next':'/next','parameter':'after'},'each':'/sold',"
	"'fields':{'id':{'join':[{'at':['../id','../model_name']},':',{'at':['/by','/provider'],'strip':'by-'}]},"
	"'created':{'at':'../made','format':'datetime'}},"
	"'prices':[{'meter':'output_second','at':'/price','unit':'USD per second','currency':'/currency',"
	"'money':true,'when':{'at':'/per','is':['second','seconds']}},"
	"{'meter':'output_second','at':'/price','unit':'USD per minute','when':{'at':'/per','is':'minutes'}},"
	"{'meter':'output_video','at':'/price','unit':'USD per video','when':{'at':'/per','is':'videos'}}],"
	"'closed':''}]}";

enum { ALL_MAX = 64, OWN = 3, LISTS_MAX = 8 };

/* Read once: all live as long as the program. */
static size_t descriptors(const struct descriptor **ret)
{
	static struct arena a;
	static struct registry r;
	static struct descriptor own[OWN];
	struct err e;

	if (r.n == 0) {
		fuzz_check(registry_load(NULL, &a, &r, &e));
		fuzz_check(descriptor_parse(STR(everything), STR("all"), &a, &own[0], &e));
		fuzz_check(descriptor_parse(STR(nested), STR("nested"), &a, &own[1], &e));
		for (char *c = selected; *c; c++)
			*c = (char)(*c == '\'' ? '"' : *c);
		fuzz_check(descriptor_parse(str_of(selected), STR("selected"), &a, &own[2], &e));
		fuzz_check(r.n + OWN <= ALL_MAX);
	}
	for (size_t i = 0; i < OWN; i++)
		ret[i] = &own[i];
	for (size_t i = 0; i < r.n; i++)
		ret[OWN + i] = &r.items[i];
	return OWN + r.n;
}

static void check_text(struct str s)
{
	fuzz_check(str_is_none(s) || utf8_is_clean(s));
}

static void check_error(const struct err *e)
{
	fuzz_check(e->kind == ERR_PARSE || e->kind == ERR_DATA || e->kind == ERR_PARTIAL ||
		   e->kind == ERR_LIMIT);
	fuzz_check(e->text[0] != '\0' && utf8_is_clean(str_of(e->text)));
	fuzz_check(!strpbrk(e->text, "\n\r\t\x1b"));
}

static void check_price(const struct price *p)
{
	char text[DEC_TEXT_MAX];
	struct dec d;
	struct err e;

	fuzz_check(p->condition.at != NULL && condition_check(p->condition, &e));
	fuzz_check(money_is_currency(p->currency) && p->unit.n > 0 && p->source.n > 0);
	fuzz_check(p->raw.n > 0 && utf8_is_clean(p->raw));
	if (p->state == PRICE_DYNAMIC) {
		fuzz_check(str_is_none(p->amount));
		return;
	}
	fuzz_check(dec_parse(p->amount, &d, &e) && !d.negative);
	fuzz_check(dec_is_zero(&d) == (p->state == PRICE_FREE));
	(void)dec_print(&d, text);
	fuzz_check(str_eq(p->amount, str_of(text)));
}

static void check_model(const struct model *m)
{
	fuzz_check(m->id.n > 0 && m->id.n <= ROW_TEXT_MAX && utf8_is_clean(m->id));
	check_text(m->name);
	check_text(m->modality);
	check_text(m->quantization);
	check_text(m->replaced_by);
	check_text(m->description);
	check_text(m->architecture);
	check_text(m->hugging_face_id);
	check_text(m->metadata);
	fuzz_check(m->context_length >= MODEL_NO_COUNT && m->max_output_tokens >= MODEL_NO_COUNT);
	fuzz_check((m->capabilities.yes & ~m->capabilities.said) == 0);
	if (!str_is_none(m->metadata)) {
		JSON_DOC_AUTO(doc);
		struct err e;

		fuzz_check(json_read(m->metadata, &doc, &e));
		fuzz_check(yyjson_is_obj(yyjson_doc_get_root(doc)));
	}
	for (size_t i = 0; i < m->n_prices; i++) {
		check_price(&m->prices[i]);
		fuzz_check(i == 0 || price_cmp(&m->prices[i - 1], &m->prices[i]) < 0);
	}
}

static void check_skips(const struct reading *r)
{
	size_t nameless = 0;

	for (size_t i = 0; i < r->n_skips; i++) {
		const struct reader_skip *s = &r->skips[i];

		fuzz_check(s->reason.n > 0 && utf8_is_clean(s->reason));
		fuzz_check(!memchr(s->reason.at, '\n', s->reason.n));
		check_text(s->id);
		nameless += str_is_none(s->id) && !s->optional;
		for (size_t k = 0; !s->optional && k < r->catalog.n; k++)
			fuzz_check(!str_same(s->id, r->catalog.models[k].id));
	}
	fuzz_check(nameless == r->n_nameless);
	for (size_t i = 0; i < r->n_notes; i++)
		fuzz_check(r->notes[i].n > 0 && utf8_is_clean(r->notes[i]));
}

static void check_reading(const struct reading *r, struct arena *a)
{
	BUF_AUTO(text, SIZE_MAX / 2);
	struct snapshot s;
	struct hash h;

	fuzz_check(r->catalog.n <= r->rows);
	for (size_t i = 0; i < r->catalog.n; i++) {
		check_model(&r->catalog.models[i]);
		fuzz_check(i == 0 ||
			   model_cmp(&r->catalog.models[i - 1], &r->catalog.models[i]) < 0);
	}
	check_skips(r);
	snapshot_print(&r->catalog, &text);
	fuzz_check(utf8_is_clean(buf_str(&text)));
	snapshot_take(&r->catalog, a, &s);
	hash_bytes(text.at, text.n, &h);
	fuzz_check(hash_eq(&h, &s.hash));
}

/* The same document as every list; its values are gone before the result is looked at. */
static enum fuzz_outcome read_by(const struct descriptor *d, const uint8_t *data, size_t n)
{
	ARENA_AUTO(a);
	char *bytes = malloc(n + YYJSON_PADDING_SIZE);
	yyjson_doc *doc = NULL;
	struct reader_list lists[LISTS_MAX];
	struct reading r;
	struct err e;
	enum fuzz_outcome outcome = FUZZ_NO_JSON;

	fuzz_check(bytes != NULL && d->n_lists <= LISTS_MAX);
	if (n)
		memcpy(bytes, data, n);
	memset(bytes + n, 0, YYJSON_PADDING_SIZE);
	if (json_read_insitu(bytes, n, &doc, &e)) {
		for (size_t i = 0; i < d->n_lists; i++)
			lists[i] = (struct reader_list){ &doc, 1 };
		outcome = reader_read(d, lists, &a, &r, &e) ? FUZZ_READ : FUZZ_REFUSED;
		yyjson_doc_free(doc);
	}
	fuzz_check(a.taken < (16 << 20) + 2048 * n); /* memory in proportion to the input */
	if (outcome == FUZZ_READ)
		check_reading(&r, &a);
	else
		check_error(&e);
	free(bytes);
	return outcome;
}

/* The best that any of them makes of it. */
enum fuzz_outcome fuzz_reader(const uint8_t *data, size_t n)
{
	const struct descriptor *all[ALL_MAX];
	size_t count = descriptors(all);
	enum fuzz_outcome best = FUZZ_NO_JSON;

	for (size_t i = 0; i < count; i++) {
		enum fuzz_outcome outcome = read_by(all[i], data, n);

		best = outcome > best ? outcome : best;
	}
	return best;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	(void)fuzz_reader(data, n);
	return 0;
}
