/*
 * Which rows and which elements: selectors in pointers, arrays closed by name, rows
 * that are no offers, lists that add models.
 */
#include "reading.h"

#define PRICE(meter, amount) "['" meter "','','priced','" amount "','USD']"

/* ---- elements by name ---- */

static const char by_name[] = "{" LIST(
	"models") ",'fields':{'id':'/id','context_length':'/limits/[of=a~1b]/n'},"
		  "'price_defaults':{'unit':'USD per token'},'prices':["
		  "{'meter':'input_token','at':'/pricing/[sku=in (new)]/amount'},"
		  "{'meter':'output_token','at':'/pricing/[sku=out=x]/amount'}],"
		  "'closed':[{'at':'/pricing','by':'sku'}],'ignore':['/pricing/[sku=old]']}";

static void test_selectors(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_reading(
		described(by_name, &a),
		"\n{'id':'a','context_length':7,'prices':[" PRICE("input_token", "1") "," PRICE(
			"output_token",
			"2") "]},\n{'id':'b'},\n{'id':'c'},\n{'id':'d'},\n{'id':'e'},"
			     "\n{'id':'f','prices':[" PRICE(
				     "input_token",
				     "3") "]}\n]}\nrows 6\n"
					  "note unknown key 'in' under /pricing in 2 rows: not read\n"
					  "note unknown key 'IN (NEW)' under /pricing in 1 row: not read\n",
		"[{'id':'a','limits':[1,{'of':'x','n':'y'},{'of':1},{'n':7,'of':'a/b'}],'pricing':["
		"{'sku':'out=x','amount':2},{'sku':'old','amount':9},{'amount':1,'sku':'in (new)'}]},"
		"{'id':'b','pricing':[]},{'id':'c','pricing':null},{'id':'d','limits':[]},"
		"{'id':'e','pricing':[{'sku':'in','amount':1},{'sku':'IN (NEW)'}]},"
		"{'id':'f','pricing':[{'sku':'in'},{'sku':'in (new)','amount':3}]}]");
}

/* What is not what the descriptor says leaves the row out, by name. */
static void test_selectors_that_do_not_select(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_reading(
		described(by_name, &a),
		"\n]}\nrows 9\nskip a: /pricing/[sku=in (new)] stands twice\n"
		"skip b: /pricing is an object, an array was expected\n"
		"skip c: /pricing is a string, an array was expected\n"
		"skip d: an element of /pricing has no name in sku\n"
		"skip e: an element of /pricing has no name in sku\n"
		"skip f: an element of /pricing has no name in sku\n"
		"skip g: key sku stands twice in an element of /pricing\n"
		"skip h: key /pricing/[sku=in (new)]/amount stands twice\n"
		"skip i: key of stands twice in an element of /limits\n",
		"[{'id':'a','pricing':[{'sku':'in (new)','amount':1},{'sku':'in (new)','amount':1}]},"
		"{'id':'b','pricing':{'sku':'in (new)'}},{'id':'c','pricing':'x'},"
		"{'id':'d','pricing':[{'amount':1}]},{'id':'e','pricing':[{'sku':7}]},"
		"{'id':'f','pricing':['in (new)']},{'id':'g','pricing':[{'sku':'x','sku':'y'}]},"
		"{'id':'h','pricing':[{'sku':'in (new)','amount':1,'amount':1}]},"
		"{'id':'i','limits':[{'of':'x','of':'a/b'}]}]");
}

/* Arrays inside selected elements; a number that no field takes is told by its place. */
static void test_selectors_inside(void **state)
{
	ARENA_AUTO(a);
	const struct descriptor *d = described(
		"{" LIST("models") ",'fields':{'id':'/id',"
				   "'context_length':{'at':'/p/[k=context]/v','text':true}},"
				   "'price_defaults':{'unit':'USD per 1M tokens'},'prices':["
				   "{'meter':'input_token','at':'/p/[k=price]/v/[unit=in]/usd',"
				   "'when':{'at':'/p/[k=price]/v/[unit=in]/per','is':'M'}}],"
				   "'closed':{'at':'/p/[k=price]/v','by':'unit'}}",
		&a);

	(void)state;
	assert_reading(
		d,
		"\n{'id':'a','context_length':8,'prices':[" PRICE(
			"input_token",
			"0.000001") "]},\n{'id':'b'},\n{'id':'c'}\n]}\nrows 4\n"
				    "skip d: /p/[k=price]/v is a string, an array was expected\n"
				    "note unknown key 'out' under /p/[k=price]/v in 1 row: not read\n"
				    "note /p/[k=price]/v/[unit=in]/usd in 1 row: no price that rows of this kind have, not read\n",
		"[{'id':'a','p':[{'k':'context','v':'8'},{'k':'price','v':[{'unit':'in','usd':1,'per':'M'}]},"
		"{'k':'other','v':{}}]},{'id':'b','p':[{'k':'price','v':[{'unit':'out','usd':5}]}]},"
		"{'id':'c','p':[{'k':'price','v':[{'unit':'in','usd':5,'per':'k'}]}]},"
		"{'id':'d','p':[{'k':'price','v':'free'}]}]");
}

static void test_selectors_refused(void **state)
{
	(void)state;
	assert_not_described("{" LIST("models") ",'fields':{'id':'/a/[b]'}}",
			     "/lists/0/fields/id: '/a/[b]' is not a JSON Pointer");
	assert_not_described("{" LIST("models") ",'fields':{'id':'/a/[=b]'}}",
			     "/lists/0/fields/id: '/a/[=b]' is not a JSON Pointer");
	assert_not_described("{" LIST("models") ",'rows':'/a/[b=c]','fields':{'id':'/a'}}",
			     "/lists/0/rows: selects an element");
	assert_not_described("{" LIST("models") ",'fields':{'id':'/a'},'closed':[{'at':'/p'}]}",
			     "/lists/0/closed/0/by: missing");
	assert_not_described(
		"{" LIST("models") ",'fields':{'id':'/a'},'closed':[{'at':'/p','by':'k','x':1}]}",
		"/lists/0/closed/0/x is not a member");
	assert_not_described(
		"{" LIST("models") ",'fields':{'id':'/a'},'closed':[{'at':'p','by':'k'}]}",
		"/lists/0/closed/0: 'p' is not a JSON Pointer");
	assert_not_described("{" LIST("models") ",'fields':{'id':'/a'},'closed':[7]}",
			     "/lists/0/closed/0: expected a JSON Pointer");
}

/* ---- rows that are offers ---- */

static void test_where(void **state)
{
	ARENA_AUTO(a);
	const struct descriptor *d = described(
		"{" LIST(
			"models") ",'rows':'/data','total':'/n','fields':{'id':'/id'},"
				  "'where':[{'at':'/open','present':true},{'at':'/kind','is':'offer'}]}",
		&a);

	(void)state;
	assert_reading(d,
		       "\n{'id':'a'},\n{'id':'b'}\n]}\nrows 8\n"
		       "skip f: /kind is a number, a string was expected\nskip: no id\n",
		       "{'n':8,'data':[{'id':'a','open':{}},{'id':'b','kind':'offer'},{'id':'c'},"
		       "{'id':'d','kind':'other','open':null},{'kind':'other'},"
		       "{'id':'f','kind':1,'open':{}},{'kind':'offer'},{'id':7}]}");
	assert_not_described("{" LIST("models") ",'fields':{'id':'/id'},'where':[]}",
			     "/lists/0/where: expected at least one test");
	assert_not_described("{" LIST("models") ",'fields':{'id':'/id'},'where':['/x',{'is':'y'}]}",
			     "/lists/0/where/1/at: missing");
	assert_not_described("{" LIST("models") ",'fields':{'id':'/id'},'where':1}",
			     "/lists/0/where is a number");
}

/* Where the array may stand in two places, the first that is one. */
static void test_rows_of_two_places(void **state)
{
	ARENA_AUTO(a);
	const struct descriptor *d =
		described("{" LIST("models") ",'rows':['/data',''],'fields':{'id':'/id'}}", &a);
	DOCUMENTS_AUTO(docs);
	struct reading r = { .rows = 0 };
	struct err e;

	(void)state;
	assert_reading(d, "\n{'id':'a'}\n]}\nrows 1\n", "{'data':[{'id':'a'}]}");
	assert_reading(d, "\n{'id':'a'}\n]}\nrows 1\n", "[{'id':'a'}]");
	assert_true(document_add(&docs, 0, STR("{\"data\":{\"0\":{}}}"), &e));
	assert_false(reader_read(d, docs.lists, &a, &r, &e));
	assert_int_equal(e.kind, ERR_DATA);
	assert_string_equal(e.text,
			    "list models: /data is an object, the list of models was expected");
	assert_not_described("{" LIST("models") ",'rows':[],'fields':{'id':'/id'}}",
			     "/lists/0/rows: expected a JSON Pointer");
	assert_not_described("{" LIST("models") ",'rows':['/a','b'],'fields':{'id':'/id'}}",
			     "/lists/0/rows: 'b' is not a JSON Pointer");
	assert_not_described(
		"{" LIST("models") ",'rows':['/a','/b','/c','/d','/e'],'fields':{'id':'/id'}}",
		"/lists/0/rows: more alternatives");
}

/* ---- modes ---- */

static const char modes[] = "{" LIST(
	"models") ",'fields':{'id':'/id','name':'/name'},"
		  "'modes':{'at':'/mode','words':{'standard':'','default':'','fast':'[fast]','priority':'[priority]','batch':'[batch]'}},"
		  "'price_defaults':{'unit':'USD per token'},'prices':["
		  "{'meter':'input_token','at':'/p'},{'meter':'input_token','at':'/b','condition':'[batch]'},"
		  "{'meter':'input_token','at':'/l','above':'/n'},"
		  "{'meter':'request','at':'/f','unit':'USD per request','condition':'[fast]'}]}";

#define INPUT_AT(when, amount) "['input_token','" when "','priced','" amount "','USD']"

static void test_modes(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_reading(
		described(modes, &a),
		"\n{'id':'a','name':'A','prices':[" INPUT_AT("", "1") "," INPUT_AT("[>9][fast]", "7") "," INPUT_AT(
			"[batch]",
			"2") "," INPUT_AT("[batch][fast]",
					  "4") "," INPUT_AT("[fast]",
							    "3") "," INPUT_AT("[priority]",
									      "5") "]},"
										   "\n{'id':'b','name':'fast B','prices':[" INPUT_AT(
											   "[fast]",
											   "1") "," INPUT_AT("[priority]",
													     "2") "]},\n{'id':'c','name':'C'}\n]}\nrows 8\n",
		"[{'id':'a','name':'fast A','mode':'fast','p':3,'b':4,'l':7,'n':9},"
		"{'id':'b','name':'fast B','mode':'fast','p':1},{'id':'c','mode':'fast','name':'no'},"
		"{'id':'a','name':'A','mode':'standard','p':1,'b':2},"
		"{'id':'a','name':'A','mode':'default','p':1,'b':2},"
		"{'id':'b','name':'B','mode':'priority','p':2},{'id':'c','name':'C','mode':'default'},"
		"{'id':'a','mode':'priority','p':5}]");
}

/* A row whose mode is not known might be any of its model's; rows of one mode that disagree are none. */
static void test_modes_that_are_none(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_reading(
		described(modes, &a),
		"\n{'id':'z','prices':[" INPUT_AT(
			"",
			"1") "]}\n]}\nrows 12\n"
			     "skip a: /mode: 'turbo' is not a mode known here\n"
			     "skip b: /mode is missing\nskip c: /mode is missing\n"
			     "skip d: /mode is a number, a string was expected\n"
			     "skip e: mode [fast]: condition [fast] beside [fast]\n"
			     "skip f: duplicate id\nskip f: duplicate id\nskip f: duplicate id\n"
			     "skip g: duplicate id\nskip g: duplicate id\n",
		"[{'id':'a','mode':'standard','p':1},{'id':'a','mode':'turbo','p':2},"
		"{'id':'b','p':1},{'id':'c','mode':null},{'id':'d','mode':1},"
		"{'id':'e','mode':'fast','f':1},"
		"{'id':'f','mode':'standard','p':1},{'id':'f','mode':'fast','p':2},"
		"{'id':'f','mode':'default','p':3},"
		"{'id':'g','mode':'standard','b':1},{'id':'g','mode':'batch','p':2},"
		"{'id':'z','mode':'standard','p':1}]");
}

/* The order of what stands inside a row makes no difference. */
static void test_equal_rows_of_a_mode(void **state)
{
	ARENA_AUTO(a);
	const struct descriptor *d = described(
		"{" LIST(
			"models") ",'fields':{'id':'/id'},'modes':{'at':'/mode','words':{'x':''}},"
				  "'price_defaults':{'unit':'USD per token'},'prices':[{'meter':'input_token','at':'/p/in'}],"
				  "'overrides':{'at':'/more','keys_of':'/p','conditions':{'above':'/n'}}}",
		&a);

	(void)state;
	assert_reading(d,
		       "\n{'id':'a','prices':[" INPUT_AT("[>1]", "1") "," INPUT_AT(
			       "[>2]", "2") "]}\n]}\nrows 2\n",
		       "[{'id':'a','mode':'x','more':[{'n':1,'in':1},{'n':2,'in':2}]},"
		       "{'id':'a','mode':'x','more':[{'n':2,'in':2},{'n':1,'in':1}]}]");
}

static void test_modes_refused(void **state)
{
	static const struct {
		const char *modes, *sentence;
	} cases[] = {
		{ "{'at':'/m','words':{'x':'fast'}}", "/words/x: " },
		{ "{'at':'/m','words':{'x':'[Fast]'}}", "/words/x: " },
		{ "{'at':'/m','words':{'x':null}}", "/words/x: expected a condition" },
		{ "{'at':'/m','words':{}}", "/words: expected at least one mode" },
		{ "{'at':'/m'}", "/words is nothing, expected an object" },
		{ "{'words':{'x':''}}", "/at: missing" },
		{ "{'at':'m','words':{'x':''}}", ": 'm' is not a JSON Pointer" },
		{ "{'at':'/m','words':{'x':''},'y':1}", "/y is not a member" },
		{ "'/m'", " is a string, expected an object" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		ARENA_AUTO(a);

		assert_not_described(
			arena_printf(&a, "{" LIST("models") ",'fields':{'id':'/id'},'modes':%s}",
				     cases[i].modes)
				.at,
			arena_printf(&a, "/lists/0/modes%s", cases[i].sentence).at);
	}
	assert_not_described("{" LIST("models") ",'fields':{'id':'/id'},"
						"'pages':{'form':'url','next':'/next'},"
						"'modes':{'at':'/m','words':{'x':''}}}",
			     "/lists/0/modes: cannot be in a list that comes in pages");
}

/* ---- lists that add ---- */

static const char adding[] = "{" LIST(
	"one") ",'fields':{'id':'/id','name':'/name'}},"
	       "{" LIST(
		       "two") ",'required':false,'adds':true,'fields':{'id':'/id','name':'/name'}},"
			      "{" LIST(
				      "three") ",'required':false,'fields':{'id':'/id','quantization':'/q'}}";

static void test_adds(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_reading(described(adding, &a),
		       "\n{'id':'a','name':'A','quantization':'fp8'},\n{'id':'b','name':'B'},"
		       "\n{'id':'c','name':'C','quantization':'fp4'}\n]}\nrows 4\n",
		       "[{'id':'b'},{'id':'a','name':'A'}]",
		       "[{'id':'c','name':'C'},{'id':'b','name':'B'}]",
		       "[{'id':'c','q':'fp4'},{'id':'a','q':'fp8'},{'id':'d','q':'int8'}]");
	assert_not_described("{" LIST("one") ",'adds':true,'fields':{'id':'/id'}}",
			     "/lists/0/adds: the first list makes the models");
	assert_not_described("{" LIST("one") ",'fields':{'id':'/id'}},{" LIST(
				     "two") ",'adds':1,'fields':{'id':'/id'}}",
			     "/lists/1/adds is a number");
}

/* Which models a list of its own could not name, no longer costs them; see task/sync_merge.c. */
static void test_adding_list_that_fails(void **state)
{
	static const struct {
		const char *two;
		bool lacks_any;
		const char *skipped; /* ids of rows that cost a model what was observed of it */
		const char *gaps;    /* models that keep what the list said of them */
	} cases[] = {
		{ NULL, true, "", "ab" },
		{ "[{\"id\":\"c\"}]", false, "", "" },
		{ "[{\"id\":\"c\",\"name\":1},{\"id\":\"a\"}]", false, "c", "" },
		{ "[{\"id\":\"a\",\"name\":1},{\"id\":\"b\"}]", false, "", "a" },
		{ "[{\"id\":7},{\"id\":\"a\"}]", true, "", "b" },
		{ "[{\"id\":\"c\",\"name\":\"x\"},{\"id\":\"c\",\"name\":\"y\"},{\"id\":\"a\"}]",
		  false, "cc", "" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		ARENA_AUTO(a);
		BUF_AUTO(skipped, 10);
		BUF_AUTO(gaps, 10);
		DOCUMENTS_AUTO(docs);
		struct reading r = { .rows = 0 };
		struct str *ids;
		struct err e;
		size_t n;

		assert_true(document_add(&docs, 0, STR("[{\"id\":\"a\"},{\"id\":\"b\"}]"), &e));
		if (cases[i].two)
			assert_true(document_add(&docs, 1, str_of(cases[i].two), &e));
		assert_true(document_add(&docs, 2, STR("[{\"id\":\"a\"},{\"id\":\"b\"}]"), &e));
		assert_true(reader_read(described(adding, &a), docs.lists, &a, &r, &e));
		assert_int_equal(reader_may_lack_any(&r), cases[i].lacks_any);
		ids = reader_skipped_ids(&r, &a, &n);
		for (size_t k = 0; k < n; k++)
			buf_add_str(&skipped, ids[k]);
		for (const char *id = "ab"; *id; id++)
			if (r.n_gaps && reader_gap_concerns(&r.gaps[0], (struct str){ id, 1 }))
				buf_add_char(&gaps, *id);
		assert_true(str_eq(buf_str(&skipped), str_of(cases[i].skipped)));
		assert_true(str_eq(buf_str(&gaps), str_of(cases[i].gaps)));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_selectors),
		cmocka_unit_test(test_selectors_that_do_not_select),
		cmocka_unit_test(test_selectors_inside),
		cmocka_unit_test(test_selectors_refused),
		cmocka_unit_test(test_where),
		cmocka_unit_test(test_rows_of_two_places),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_modes_that_are_none),
		cmocka_unit_test(test_equal_rows_of_a_mode),
		cmocka_unit_test(test_modes_refused),
		cmocka_unit_test(test_adds),
		cmocka_unit_test(test_adding_list_that_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
