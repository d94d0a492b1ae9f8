/*
 * Fields of a row: texts with a prefix, ids of parts, modalities from lists, tests,
 * counts, dates.
 */
#include "reading.h"

/* One list whose fields besides the id are these. */
static const struct descriptor *fields(const char *more, struct arena *a)
{
	return described(arena_printf(a, "{" LIST("models") ",'fields':{'id':'/id',%s}}", more).at,
			 a);
}

static const struct descriptor *id(const char *how, struct arena *a)
{
	return described(arena_printf(a, "{" LIST("models") ",'fields':{'id':%s}}", how).at, a);
}

static void refused(const char *field, const char *sentence)
{
	ARENA_AUTO(a);

	assert_not_described(
		arena_printf(&a, "{" LIST("models") ",'fields':{'id':'/id',%s}}", field).at,
		arena_printf(&a, "/lists/0/fields%s", sentence).at);
}

/* ---- texts ---- */

static void test_strip(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_reading(
		fields("'name':{'at':['/url','/link'],'strip':'https://hub.test/'}", &a),
		"\n{'id':'a','name':'acme/one'},\n{'id':'b','name':'two'},"
		"\n{'id':'c'},\n{'id':'d'},\n{'id':'e'},\n{'id':'f'}\n]}\nrows 7\n"
		"skip g: /url is a number, a string was expected\n"
		"note /url in 2 rows: does not begin with 'https://hub.test/', taken as not said\n",
		"[{'id':'a','url':'https://hub.test/acme/one'},"
		"{'id':'b','url':null,'link':'https://hub.test/two'},"
		"{'id':'c','url':'https://hub.test/'},{'id':'d','url':''},"
		"{'id':'e','url':'http://hub.test/x'},{'id':'f','url':'https://hub.test'},"
		"{'id':'g','url':1}]");
}

/* First the prefix, then the words. */
static void test_strip_and_words(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_reading(fields("'quantization':{'at':'/q','strip':'q/','put':'Q-',"
			      "'words':{'Q-8':'int8','Q-x':null}}",
			      &a),
		       "\n{'id':'a','quantization':'int8'},\n{'id':'b'},\n{'id':'c'},\n{'id':'d'}"
		       "\n]}\nrows 4\n"
		       "note unknown word 'Q-9' at /q in 1 row: taken as not said\n"
		       "note /q in 1 row: does not begin with 'q/', taken as not said\n",
		       "[{'id':'a','q':'q/8'},{'id':'b','q':'q/x'},{'id':'c','q':'q/9'},"
		       "{'id':'d','q':'8'}]");
}

static void test_strip_refused(void **state)
{
	(void)state;
	refused("'name':{'at':'/n','put':'x'}", "/name/put: stands in the place");
	refused("'name':{'at':'/n','strip':''}", "/name/strip is a string, expected a string with");
	refused("'name':{'at':'/n','strip':1}", "/name/strip is a number");
	refused("'name':{'at':'/n','strips':'x'}", "/name/strips is not a member");
	refused("'name':{'strip':'x'}", "/name: a text needs an 'at'");
	refused("'name':{'at':'/n'}", "/name: expected 'words' or 'strip' besides");
}

/* ---- ids ---- */

static void test_id_with_prefix(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_reading(id("{'at':'/name','strip':'models/','put':'acme/'}", &a),
		       "\n{'id':'acme/one'}\n]}\nrows 6\n"
		       "skip: /name 'one' does not begin with 'models/'\n"
		       "skip: /name 'models/' is no more than a prefix\n"
		       "skip: no id\nskip: no id\n"
		       "skip: /name is a number, a string was expected\n",
		       "[{'name':'models/one'},{'name':'one'},{'name':'models/'},{'name':''},{},"
		       "{'name':1}]");
}

static void test_id_of_parts(void **state)
{
	ARENA_AUTO(a);
	const struct descriptor *d = described(
		"{" LIST("models") ",'each':'/sold','fields':{'id':{'join':[{'at':'../id'},':',"
				   "{'at':['/by','/seller'],'strip':'by-'}]},'name':'../name'}}",
		&a);

	(void)state;
	assert_reading(
		d,
		"\n{'id':'m:x','name':'Em'},\n{'id':'m:y','name':'Em'}\n]}\nrows 6\n"
		"skip: no id: /by says nothing\nskip: /by 'z' does not begin with 'by-'\n"
		"skip: no id: ../id says nothing\n"
		"skip: ../id is a number, a string was expected\n",
		"[{'id':'m','name':'Em','sold':[{'by':'by-x'},{'seller':'by-y'},{},{'by':'z'}]},"
		"{'sold':[{'by':'by-x'}]},{'id':1,'sold':[{'by':'by-x'}]},{'id':'n','sold':[]}]");
}

/* A row that is left out half-way is named only by an id that is whole and stands once. */
static void test_id_of_a_row_left_out(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_reading(
		id("{'join':[{'at':'/who/is'},'/',{'at':'/model'}]}", &a),
		"\n{'id':'x/m'}\n]}\nrows 5\nskip: key /model stands twice\n"
		"skip: key /who stands twice\nskip: key /who/is stands twice\n"
		"skip: /who is a string, an object was expected\n",
		"[{'model':'m','who':{'is':'x'}},{'who':{'is':'x'},'model':'n','model':'n'},"
		"{'model':'o','who':{'is':'x'},'who':{}},{'model':'p','who':{'is':'x','is':'y'}},"
		"{'model':'q','who':'x'}]");
}

static void test_long_id(void **state)
{
	ARENA_AUTO(a);
	BUF_AUTO(text, 10000);

	(void)state;
	buf_printf(&text, "[{'a':'%0600d','b':'%0600d'},{'a':'x','b':'y'}]", 0, 0);
	assert_reading(id("{'join':[{'at':'/a'},{'at':'/b'}]}", &a),
		       "\n{'id':'xy'}\n]}\nrows 2\nskip: the id is longer than 1024 bytes\n",
		       text.at);
}

static void test_id_refused(void **state)
{
	static const struct {
		const char *how, *sentence;
	} cases[] = {
		{ "{'join':[{'at':'/a'}]}", "/id/join: expected two parts" },
		{ "{'join':'/a'}", "/id/join is a string, expected a list" },
		{ "{'join':['x',':']}", "/id/join: needs a part that stands in the row" },
		{ "{'join':[{'at':'/a'},'']}", "/id/join/1: expected text or a place" },
		{ "{'join':[{'at':'/a'},1]}", "/id/join/1 is a number" },
		{ "{'join':[{'at':'/a'},{'at':'/b','words':{}}]}", "/id/join/1/words is not a" },
		{ "{'join':[{'at':'/a'},{'at':'b'}]}", "/id/join/1/at: 'b' is not a JSON Pointer" },
		{ "{'join':[{'at':'/a'},':'],'at':'/b'}", "/id/at is not a member" },
		{ "{'at':'/a','words':{'x':'y'}}", "/id/words is not a member" },
		{ "{'strip':'x'}", "/id: a text needs an 'at'" },
		{ "[]", ": a list needs an 'id'" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		ARENA_AUTO(a);

		assert_not_described(arena_printf(&a, "{" LIST("models") ",'fields':{'id':%s}}",
						  cases[i].how)
					     .at,
				     arena_printf(&a, "/lists/0/fields%s", cases[i].sentence).at);
	}
	assert_not_described(
		"{" LIST("models") ",'each':'/x','fields':{'id':{'at':'../id','strip':'a'}}}",
		"/lists/0/fields/id: an id cannot stand in the row around");
	assert_not_described(
		"{" LIST("models") ",'each':'/x','fields':{'id':{'join':[{'at':'../id'},'x']}}}",
		"/lists/0/fields/id/join: needs a part that stands in the row itself");
}

/* ---- modality ---- */

static void test_modality(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_reading(
		fields("'modality':{'inputs':['/in','/old/in'],'outputs':'/out',"
		       "'words':{'pdf':'file','url':null,'text':'text'}}",
		       &a),
		"\n{'id':'a','modality':'text+image+file->text'},"
		"\n{'id':'b','modality':'text->image+audio+video+embedding+rerank'},"
		"\n{'id':'c'},\n{'id':'d'},\n{'id':'e'},\n{'id':'f'},\n{'id':'g'}\n]}\nrows 10\n"
		"skip h: /in is a string, an array was expected\nskip i: /out holds what is no string\n"
		"skip j: /out is an object, an array was expected\n"
		"note unknown word 'smell' at /in in 1 row: taken as not said\n"
		"note unknown word 'Text' at /out in 1 row: taken as not said\n",
		"[{'id':'a','in':['file','image','text','pdf','image'],'out':['text']},"
		"{'id':'b','old':{'in':['text']},'out':['rerank','embedding','video','audio','image']},"
		"{'id':'c','in':['text','smell'],'out':['Text']},{'id':'d','in':[],'out':['text']},"
		"{'id':'e','in':['text'],'out':null},{'id':'f','in':['url'],'out':['text']},"
		"{'id':'g','out':['text']},{'id':'h','in':'text','out':['text']},"
		"{'id':'i','in':['text'],'out':['text',null]},{'id':'j','in':[],'out':{}}]");
}

static void test_modality_split(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_reading(
		fields("'modality':{'inputs':'/in','outputs':'/out','split':',\xef\xbc\x8c'}", &a),
		"\n{'id':'a','modality':'text+image->text'},"
		"\n{'id':'b','modality':'text+audio->text'},\n{'id':'c'},\n{'id':'d'}"
		"\n]}\nrows 5\n"
		"skip e: /in is a number, an array or a string was expected\n"
		"note unknown word 'te xt' at /in in 1 row: taken as not said\n",
		"[{'id':'a','in':' image ,,text\xef\xbc\x8c','out':'text'},"
		"{'id':'b','in':'audio\xef\xbc\x8ctext','out':['text']},"
		"{'id':'c','in':' , ','out':'text'},{'id':'d','in':'te xt','out':'text'},"
		"{'id':'e','in':1,'out':'text'}]");
}

static void test_modality_refused(void **state)
{
	(void)state;
	refused("'modality':{'inputs':'/in'}", "/modality: expected 'inputs' and 'outputs'");
	refused("'modality':{'outputs':'/out'}", "/modality: expected 'inputs' and 'outputs'");
	refused("'modality':{'inputs':'/i','outputs':'/o','words':{'x':'smell'}}",
		"/modality/words: means what is not text");
	refused("'modality':{'inputs':'/i','outputs':'/o','strip':'x'}",
		"/modality/strip is not a member");
	refused("'modality':{'inputs':'/i','outputs':'/o','split':1}",
		"/modality/split is a number");
	refused("'modality':{'inputs':'i','outputs':'/o'}", "/modality/inputs: 'i' is not a JSON");
	refused("'modality':{'at':'/i','split':','}", "/modality/split is not a member");
}

/* ---- tests ---- */

static const struct descriptor *asks(const char *test, struct arena *a)
{
	return described(arena_printf(a,
				      "{" LIST("models") ",'fields':{'id':'/id'},"
							 "'capabilities':{'vision':%s}}",
				      test)
				 .at,
			 a);
}

static void test_present(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_reading(
		asks("{'at':'/v','present':true}", &a),
		"\n{'id':'a','capabilities':['vision']},\n{'id':'b','capabilities':['vision']},"
		"\n{'id':'c'},\n{'id':'d'}\n]}\nrows 4\n",
		"[{'id':'a','v':{}},{'id':'b','v':false},{'id':'c','v':null},{'id':'d'}]");
}

static void test_lists_of_words(void **state)
{
	ARENA_AUTO(a);
	static const char rows[] =
		"[{'id':'a','v':['x','image']},{'id':'b','v':['sight',1]},{'id':'c','v':['x']},"
		"{'id':'d','v':'image'}]";

	(void)state;
	assert_reading(
		asks("{'at':'/v','has':['image','sight']}", &a),
		"\n{'id':'a','capabilities':['vision']},\n{'id':'b','capabilities':['vision']},"
		"\n{'id':'c','capabilities':['!vision']}\n]}\nrows 4\n"
		"skip d: /v is a string, an array was expected\n",
		rows);
	assert_reading(
		asks("{'at':'/v','mentions':['image','sight']}", &a),
		"\n{'id':'a','capabilities':['vision']},\n{'id':'b','capabilities':['vision']},"
		"\n{'id':'c'}\n]}\nrows 4\n"
		"skip d: /v is a string, an array was expected\n",
		rows);
}

static void test_split(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_reading(
		asks("{'at':'/v','has':'image','split':';\xef\xbc\x8c'}", &a),
		"\n{'id':'a','capabilities':['vision']},\n{'id':'b','capabilities':['vision']},"
		"\n{'id':'c','capabilities':['!vision']},\n{'id':'d','capabilities':['!vision']},"
		"\n{'id':'e','capabilities':['vision']},\n{'id':'g'}\n]}\nrows 7\n"
		"skip f: /v is a number, an array or a string was expected\n",
		"[{'id':'a','v':'text; image'},{'id':'b','v':'text\xef\xbc\x8cimage'},"
		"{'id':'c','v':'image,text'},{'id':'d','v':''},{'id':'e','v':['image']},"
		"{'id':'f','v':3},{'id':'g','v':null}]");
}

/* A number or a boolean can only be one of the words where one of those is such. */
static void test_is(void **state)
{
	ARENA_AUTO(a);
	static const char rows[] =
		"[{'id':'a','v':'1.5'},{'id':'b','v':1.5},{'id':'c','v':1.50},{'id':'d','v':true},"
		"{'id':'e','v':'true'},{'id':'f','v':false},{'id':'g','v':[]}]";

	(void)state;
	assert_reading(
		asks("{'at':'/v','is':['1.5','true']}", &a),
		"\n{'id':'a','capabilities':['vision']},\n{'id':'b','capabilities':['vision']},"
		"\n{'id':'c','capabilities':['!vision']},\n{'id':'d','capabilities':['vision']},"
		"\n{'id':'e','capabilities':['vision']},\n{'id':'f','capabilities':['!vision']}"
		"\n]}\nrows 7\nskip g: /v is an array, a string was expected\n",
		rows);
	assert_reading(asks("{'at':'/v','is':'yes'}", &a),
		       "\n{'id':'a','capabilities':['!vision']},"
		       "\n{'id':'e','capabilities':['!vision']}\n]}\nrows 7\n"
		       "skip b: /v is a number, a string was expected\n"
		       "skip c: /v is a number, a string was expected\n"
		       "skip d: /v is a boolean, a string was expected\n"
		       "skip f: /v is a boolean, a string was expected\n"
		       "skip g: /v is an array, a string was expected\n",
		       rows);
}

static void test_tests_refused(void **state)
{
	static const struct {
		const char *test, *sentence;
	} cases[] = {
		{ "{'at':'/v','present':false}", "/present: can only be true" },
		{ "{'at':'/v','present':'yes'}", "/present is a string" },
		{ "{'at':'/v','present':true,'is':'x'}", ": one question at a time" },
		{ "{'at':'/v','split':','}", "/split: cuts words apart" },
		{ "{'at':'/v','is':'x','split':','}", "/split: cuts words apart" },
		{ "{'at':'/v','has':'x','split':''}", "/split is a string, expected" },
		{ "{'at':'/v','mentions':[]}", "/mentions: expected a word" },
		{ "['/v']", " is an array" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		ARENA_AUTO(a);

		assert_not_described(
			arena_printf(&a,
				     "{" LIST("models") ",'fields':{'id':'/id'},"
							"'capabilities':{'vision':%s}}",
				     cases[i].test)
				.at,
			arena_printf(&a, "/lists/0/capabilities/vision%s", cases[i].sentence).at);
	}
}

/* ---- counts ---- */

static void test_whole_counts(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_reading(
		fields("'context_length':{'at':'/n','absent':['0']}", &a),
		"\n{'id':'a','context_length':128000},\n{'id':'b','context_length':128000},"
		"\n{'id':'c'},\n{'id':'d'}\n]}\nrows 7\n"
		"skip e: /n: 0.5 is not a whole number in range\n"
		"skip f: /n: 1e30 is not a whole number in range\n"
		"skip g: /n is a string, a whole number was expected\n",
		"[{'id':'a','n':128000.0},{'id':'b','n':1.28e5},{'id':'c','n':0.0},"
		"{'id':'d','n':0},{'id':'e','n':0.5},{'id':'f','n':1e30},{'id':'g','n':'1'}]");
	assert_reading(
		fields("'context_length':{'at':'/n','text':true,'absent':['-','']}", &a),
		"\n{'id':'a','context_length':8192},\n{'id':'b','context_length':1},"
		"\n{'id':'c'},\n{'id':'d'}\n]}\nrows 6\n"
		"skip e: /n: 8k is not a whole number in range\n"
		"skip f: /n is a boolean, a whole number was expected\n",
		"[{'id':'a','n':'8192'},{'id':'b','n':1},{'id':'c','n':'-'},{'id':'d','n':''},"
		"{'id':'e','n':'8k'},{'id':'f','n':true}]");
	refused("'context_length':{'at':'/n','text':1}", "/context_length/text is a number");
}

/* ---- dates ---- */

static void test_dates(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_reading(
		fields("'deprecated_at':{'at':'/d','format':'datetime'}", &a),
		"\n{'id':'a','deprecated_at':'2025-08-05T10:27:29.131Z'},"
		"\n{'id':'b','deprecated_at':'2025-08-05T10:27:29.000Z'}\n]}\nrows 7\n"
		"skip c: /d: '2025-08-05' is not a day and a time\n"
		"skip d: /d: '2025-08-05T10:27:29Z' is not a day and a time\n"
		"skip e: /d: '2025-08-05T10:27:29ZZ' is not an RFC 3339 time\n"
		"skip f: /d: '2025-13-05T10:27:29Z' is not a day of the calendar\n"
		"skip g: /d: a number is not a date\n",
		"[{'id':'a','d':'2025-08-05 10:27:29.131'},{'id':'b','d':'2025-08-05 10:27:29'},"
		"{'id':'c','d':'2025-08-05'},{'id':'d','d':'2025-08-05T10:27:29Z'},"
		"{'id':'e','d':'2025-08-05 10:27:29Z'},{'id':'f','d':'2025-13-05 10:27:29'},"
		"{'id':'g','d':1}]");
	assert_reading(
		fields("'deprecated_at':{'at':'/d','format':'ymd'}", &a),
		"\n{'id':'a','deprecated_at':'2026-02-03T00:00:00.000Z'},\n{'id':'b'}"
		"\n]}\nrows 6\n"
		"skip c: /d: '2026-02-30' is not a day of the calendar\nskip d: /d: nothing is not the day of a date\n"
		"skip e: /d: a number is not the month of a date\n"
		"skip f: /d: a string is not a date\n",
		"[{'id':'a','d':{'year':2026,'month':2,'day':3}},{'id':'b','d':null},"
		"{'id':'c','d':{'year':2026,'month':2,'day':30}},"
		"{'id':'d','d':{'year':2026,'month':2}},"
		"{'id':'e','d':{'year':2026,'month':0,'day':1}},{'id':'f','d':'2026-02-03'}]");
	refused("'created':{'at':'/d','format':'dmy'}", "/created/format: expected unix");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strip),
		cmocka_unit_test(test_strip_and_words),
		cmocka_unit_test(test_strip_refused),
		cmocka_unit_test(test_id_with_prefix),
		cmocka_unit_test(test_id_of_parts),
		cmocka_unit_test(test_id_of_a_row_left_out),
		cmocka_unit_test(test_long_id),
		cmocka_unit_test(test_id_refused),
		cmocka_unit_test(test_modality),
		cmocka_unit_test(test_modality_split),
		cmocka_unit_test(test_modality_refused),
		cmocka_unit_test(test_present),
		cmocka_unit_test(test_lists_of_words),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_is),
		cmocka_unit_test(test_tests_refused),
		cmocka_unit_test(test_whole_counts),
		cmocka_unit_test(test_dates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
