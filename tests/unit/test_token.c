/*
 * What stands at a price's place: its type, its band, its scale, its currency, and
 * what is read instead where it says nothing.
 */
#include "reading.h"

#define PRICE(meter, when, amount) "['" meter "','" when "','priced','" amount "','USD']"
#define INPUT_OF(amount)           "'prices':[" PRICE("input_token", "", amount) "]"
#define FREE_INPUT                 "'prices':[['input_token','','free','0','USD']]"

/* One list with these prices, per token. */
static const struct descriptor *prices(const char *prices, struct arena *a)
{
	return described(
		arena_printf(a,
			     "{" LIST("models") ",'fields':{'id':'/id'},"
						"'price_defaults':{'unit':'USD per token'},"
						"'prices':[%s]}",
			     prices)
			.at,
		a);
}

static void refused(const char *price, const char *sentence)
{
	ARENA_AUTO(a);

	assert_not_described(
		arena_printf(
			&a,
			"{" LIST(
				"models") ",'fields':{'id':'/id'},'prices':["
					  "{'meter':'input_token','at':'/p','unit':'USD per token',%s}]}",
			price)
			.at,
		arena_printf(&a, "/lists/0/prices%s", sentence).at);
}

static void test_type(void **state)
{
	ARENA_AUTO(a);
	static const char rows[] =
		"[{'id':'a','p':'2'},{'id':'b','p':2},{'id':'c','p':2.5},{'id':'d','p':2.0},"
		"{'id':'e','p':null},{'id':'f','p':true},{'id':'g','p':0},{'id':'h','p':'0'},"
		"{'id':'i','p':{}}]";

	(void)state;
	assert_reading(prices("{'meter':'input_token','at':'/p','type':'string'}", &a),
		       "\n{'id':'a'," INPUT_OF(
			       "2") "},\n{'id':'e'},\n{'id':'h'," FREE_INPUT
				    "}\n]}\nrows 9\nskip b: /p is a number, a string was expected\n"
				    "skip c: /p is a number, a string was expected\n"
				    "skip d: /p is a number, a string was expected\n"
				    "skip f: /p is a boolean, a string was expected\n"
				    "skip g: /p is a number, a string was expected\n"
				    "skip i: /p is an object, a string was expected\n",
		       rows);
	assert_reading(
		prices("{'meter':'input_token','at':'/p','type':'number'}", &a),
		"\n{'id':'b'," INPUT_OF("2") "},\n{'id':'c'," INPUT_OF(
			"2.5") "},"
			       "\n{'id':'d'," INPUT_OF(
				       "2") "},\n{'id':'e'},\n{'id':'g'," FREE_INPUT
					    "}\n]}\nrows 9\nskip a: /p is a string, a number was expected\n"
					    "skip f: /p is a boolean, a number was expected\n"
					    "skip h: /p is a string, a number was expected\n"
					    "skip i: /p is an object, a number was expected\n",
		rows);
	assert_reading(prices("{'meter':'input_token','at':'/p','type':'integer'}", &a),
		       "\n{'id':'b'," INPUT_OF("2") "},\n{'id':'d'," INPUT_OF(
			       "2") "},\n{'id':'e'},"
				    "\n{'id':'g'," FREE_INPUT
				    "}\n]}\nrows 9\nskip a: /p is a string, a number was expected\n"
				    "skip c: /p: 2.5 is not a whole number\n"
				    "skip f: /p is a boolean, a number was expected\n"
				    "skip h: /p is a string, a number was expected\n"
				    "skip i: /p is an object, a number was expected\n",
		       rows);
	refused("'type':'text'", "/0/type: expected string, number or integer");
	refused("'type':['string']", "/0/type is an array");
}

static void test_within(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_reading(
		prices("{'meter':'input_token','at':'/p','within':['0.001','1000'],"
		       "'unit':'USD per 1M tokens','noise':3,'sentinels':{'5000':'unpublished'}}",
		       &a),
		"\n{'id':'a'," INPUT_OF("0.000000001") "},\n{'id':'b'," INPUT_OF(
			"0.001") "},"
				 "\n{'id':'c'," FREE_INPUT "},\n{'id':'d'},\n{'id':'e'," INPUT_OF(
					 "0.001") "}"
						  "\n]}\nrows 8\n"
						  "skip f: /p: 0.00099 does not lie between 0.001 and 1000\n"
						  "skip g: /p: 1001 does not lie between 0.001 and 1000\n"
						  "skip h: /p: -1 does not lie between 0.001 and 1000\n",
		"[{'id':'a','p':0.001},{'id':'b','p':'1e3'},{'id':'c','p':0},{'id':'d','p':5000},"
		"{'id':'e','p':1000.0000001},{'id':'f','p':0.00099},{'id':'g','p':'1001'},"
		"{'id':'h','p':-1}]");
	refused("'within':'1'", "/0/within: expected the lowest and the highest");
	refused("'within':['1','2','3']", "/0/within: expected the lowest");
	refused("'within':['2','1']", "/0/within: nothing lies between them");
	refused("'within':['-1','1']", "/0/within: nothing lies between them");
	refused("'within':['a','1']", "/0/within: not a number");
	refused("'within':[0.1,1]", "/0/within is a number");
}

static void test_or(void **state)
{
	ARENA_AUTO(a);
	const struct descriptor *d = prices(
		"{'meter':'input_token','at':'/s','type':'string','sentinels':{'0':'unpublished'},"
		"'or':[{'at':'/n','type':'number','unit':'USD per 1M tokens','noise':3},"
		"{'at':'/i','unit':'0.01 USD per token','type':'integer','sentinels':{'1':'dynamic'}}]}",
		&a);

	(void)state;
	assert_reading(
		d,
		"\n{'id':'a'," INPUT_OF("3") "},\n{'id':'b'," INPUT_OF(
			"0.00000123") "},"
				      "\n{'id':'c'," INPUT_OF("0.00000123") "},\n{'id':'d'," INPUT_OF(
					      "0.04") "},"
						      "\n{'id':'e'},\n{'id':'f'},"
						      "\n{'id':'g','prices':[['input_token','','dynamic',null,'USD']]},"
						      "\n{'id':'h'," FREE_INPUT "}\n]}\nrows 10\n"
						      "skip i: /n is a string, a number was expected\n"
						      "skip j: /s is a number, a string was expected\n",
		"[{'id':'a','s':'3','n':9,'i':'x'},{'id':'b','n':1.2345},{'id':'c','s':'0','n':1.2345},"
		"{'id':'d','s':null,'n':null,'i':4},{'id':'e'},{'id':'f','s':'0.0','n':0},"
		"{'id':'g','i':1},{'id':'h','i':0},{'id':'i','n':'1'},{'id':'j','s':1,'n':2}]");
}

/* What no field reads is told of each place; required is what none of them says. */
static void test_or_and_when(void **state)
{
	ARENA_AUTO(a);
	const struct descriptor *d = prices(
		"{'meter':'input_token','at':'/s','required':true,'when':{'at':'/t','is':'x'},"
		"'or':[{'at':'/n'}]},"
		"{'meter':'output_token','at':'/n','when':{'at':'/t','is':'y'}}",
		&a);

	(void)state;
	assert_reading(
		d,
		"\n{'id':'a'," INPUT_OF("1") "},\n{'id':'b'," INPUT_OF(
			"2") "},"
			     "\n{'id':'c','prices':[" PRICE(
				     "output_token", "",
				     "2") "]},\n{'id':'d'}\n]}"
					  "\nrows 5\nskip e: /s is missing\n"
					  "note /s in 2 rows: no price that rows of this kind have, not read\n"
					  "note /n in 1 row: no price that rows of this kind have, not read\n",
		"[{'id':'a','t':'x','s':1,'n':2},{'id':'b','t':'x','n':2},"
		"{'id':'c','t':'y','s':1,'n':2},{'id':'d','t':'z','s':1,'n':2},{'id':'e','t':'x'}]");
	refused("'or':[]", "/0/or: expected at least one place");
	refused("'or':{'at':'/q'}", "/0/or is an object");
	refused("'or':[{'unit':'USD per token'}]", "/0/or/0/at: missing");
	refused("'or':[{'at':'/q','meter':'request'}]", "/0/or/0/meter is not a member");
	refused("'or':[{'at':'/q','or':[{'at':'/r'}]}]", "/0/or/0/or is not a member");
	refused("'or':[{'at':'/q','unit':'USD per image'}]", "/0/or/0: unit 'USD per image'");
	refused("'times':'/base','or':[{'at':'/q'}]",
		"/0: what is said of the number would be of two");
	refused("'times':'/base','type':'number'",
		"/0: what is said of the number would be of two");
}

/* The first tier must say what the first place that speaks says. */
static void test_or_and_tiers(void **state)
{
	ARENA_AUTO(a);
	const struct descriptor *d =
		prices("{'meter':'input_token','at':'/p','or':[{'at':'/q'}],"
		       "'tiers':{'at':'/t','cost':'/c','from':'/f','to':'/e'}}",
		       &a);

	(void)state;
	assert_reading(
		d,
		"\n{'id':'a','prices':[" PRICE("input_token", "", "1") "," PRICE(
			"input_token", "[>=9]",
			"2") "]}\n]}\nrows 2\nskip b: /t/0: the tier from 0 is not what /q says\n",
		"[{'id':'a','q':1,'t':[{'c':1,'e':9},{'c':2,'f':9}]},"
		"{'id':'b','q':2,'t':[{'c':1}]}]");
}

static void test_or_in_overrides(void **state)
{
	ARENA_AUTO(a);
	const struct descriptor *d = described(
		"{" LIST(
			"models") ",'fields':{'id':'/id'},'price_defaults':{'unit':'USD per token'},"
				  "'prices':[{'meter':'input_token','at':'/in','or':[{'at':'/p/think'},{'at':'/p/reason'}]}],"
				  "'overrides':{'at':'/more','keys_of':'/p','conditions':{'above':'/n'}}}",
		&a);

	(void)state;
	assert_reading(
		d,
		"\n{'id':'a','prices':[" PRICE("input_token", "", "1") "," PRICE(
			"input_token", "[>5]",
			"2") "," PRICE("input_token", "[>9]",
				       "3") "]}\n]}\nrows 2\n"
					    "skip b: /more/0: unknown key 'in'\n",
		"[{'id':'a','in':1,'more':[{'n':5,'think':2,'reason':7},{'n':9,'reason':3}]},"
		"{'id':'b','more':[{'n':5,'in':1}]}]");
}

/* A test may be a list of tests; prices of one key need them to exclude each other. */
static void test_when_any(void **state)
{
	ARENA_AUTO(a);
	const struct descriptor *d = prices(
		"{'meter':'input_token','at':'/p','when':[{'at':'/t','is':'x'},{'at':'/t','is':'y'}]},"
		"{'meter':'input_token','at':'/q','when':[{'at':'/t','is':'z'}]}",
		&a);

	(void)state;
	assert_reading(
		d,
		"\n{'id':'a'," INPUT_OF("1") "},\n{'id':'b'," INPUT_OF(
			"2") "},\n{'id':'c'}\n]}"
			     "\nrows 4\nskip d: /t is a number, a string was expected\n"
			     "note /p in 1 row: no price that rows of this kind have, not read\n",
		"[{'id':'a','t':'y','p':1},{'id':'b','t':'z','q':2},{'id':'c','p':1},"
		"{'id':'d','t':1,'p':1}]");
	refused("'when':[{'at':'/t','is':'x'},'/y']},"
		"{'meter':'input_token','at':'/q','unit':'USD per token','when':{'at':'/t','is':'z'}",
		": prices 0 and 1 have the same meter");
	refused("'when':[]", "/0/when: expected at least one test");
}

/* ---- money ---- */

static void test_money(void **state)
{
	ARENA_AUTO(a);
	const struct descriptor *d =
		prices("{'meter':'input_token','at':'/p','money':true,'type':'string'}", &a);

	(void)state;
	assert_reading(
		d,
		"\n{'id':'a'," INPUT_OF("1.4") "},\n{'id':'b'," INPUT_OF(
			"1.4") "},"
			       "\n{'id':'c','prices':[['input_token','','priced','0.000000001','EUR']]},"
			       "\n{'id':'d'," INPUT_OF(
				       "12") "},\n{'id':'e'," FREE_INPUT "}\n]}\nrows 17\n"
					     "skip f: /p: money without units and nanos\n"
					     "skip g: /p: money without units and nanos\n"
					     "skip h: /p: unknown key 'micros' in an amount of money\n"
					     "skip i: /p: units stands twice in an amount of money\n"
					     "skip j: /p: units is not that of an amount of money\n"
					     "skip k: /p: units is not that of an amount of money\n"
					     "skip l: /p: nanos is not that of an amount of money\n"
					     "skip m: /p: nanos is not that of an amount of money\n"
					     "skip n: /p: currencyCode is not that of an amount of money\n"
					     "skip o: /p: currencyCode is not that of an amount of money\n"
					     "skip p: /p is a number, a string was expected\n"
					     "skip q: /p is an array, a string was expected\n",
		"[{'id':'a','p':'1.4'},{'id':'b','p':{'currencyCode':'USD','units':'1','nanos':400000000}},"
		"{'id':'c','p':{'currencyCode':'EUR','nanos':1}},{'id':'d','p':{'units':12,'nanos':null}},"
		"{'id':'e','p':{'units':'0','nanos':0}},{'id':'f','p':{'currencyCode':'USD'}},"
		"{'id':'g','p':{}},{'id':'h','p':{'units':1,'micros':1}},{'id':'i','p':{'units':1,'units':1}},"
		"{'id':'j','p':{'units':'-1'}},{'id':'k','p':{'units':1.5}},{'id':'l','p':{'nanos':'1'}},"
		"{'id':'m','p':{'nanos':1000000000}},{'id':'n','p':{'units':1,'currencyCode':'usd'}},"
		"{'id':'o','p':{'units':1,'currencyCode':''}},{'id':'p','p':1},{'id':'q','p':[]}]");
	refused("'money':1", "/0/money is a number");
	refused("'money':true,'times':'/x'", "/0: what is said of the number would be of two");
}

/* What is kept as published is the object itself; elsewhere an object is no price. */
static void test_money_as_published(void **state)
{
	ARENA_AUTO(a);
	const struct descriptor *d = prices("{'meter':'input_token','at':'/p','money':true}", &a);
	DOCUMENTS_AUTO(docs);
	struct reading r = { .rows = 0 };
	struct err e;

	(void)state;
	assert_true(document_add(&docs, 0, STR("[{\"id\":\"a\",\"p\":{\"units\": \"1\"}}]"), &e));
	assert_true(reader_read(d, docs.lists, &a, &r, &e));
	documents_free_values(&docs);
	assert_string_equal(r.catalog.models[0].prices[0].raw.at, "{\"units\":\"1\"}");
	assert_reading(prices("{'meter':'input_token','at':'/p'}", &a),
		       "\n]}\nrows 1\nskip a: /p is an object, a number was expected\n",
		       "[{'id':'a','p':{'units':1}}]");
}

/* ---- scale, currency ---- */

static void test_scale(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_reading(
		prices("{'meter':'input_token','at':'/c/amount','scale':'/c/scale',"
		       "'within':['1','100']}",
		       &a),
		"\n{'id':'a'," INPUT_OF("0.000000012") "},\n{'id':'b'," INPUT_OF(
			"3") "},"
			     "\n{'id':'c'},\n{'id':'d'}\n]}\nrows 12\n"
			     "skip e: /c/amount: /c/scale, its scale, is missing\n"
			     "skip f: /c/amount: /c/scale, its scale, is missing\n"
			     "skip g: /c/amount: /c/scale is not a scale\n"
			     "skip h: /c/amount: /c/scale is not a scale\n"
			     "skip i: /c/amount: /c/scale is not a scale\n"
			     "skip j: /c/amount: /c/scale is not a scale\n"
			     "skip k: /c/amount: 1000 does not lie between 1 and 100\n"
			     "skip l: /c/amount: /c/scale, its scale, is missing\n",
		"[{'id':'a','c':{'amount':12,'scale':9}},{'id':'b','c':{'amount':3,'scale':0}},"
		"{'id':'c','c':{'scale':9}},{'id':'d','c':{'amount':null}},"
		"{'id':'e','c':{'amount':1}},{'id':'f','c':{'amount':1,'scale':null}},"
		"{'id':'g','c':{'amount':1,'scale':-9}},{'id':'h','c':{'amount':1,'scale':'9'}},"
		"{'id':'i','c':{'amount':1,'scale':0.5}},{'id':'j','c':{'amount':1,'scale':61}},"
		"{'id':'k','c':{'amount':1000,'scale':9}},{'id':'l','c':{'amount':0}}]");
	refused("'scale':9", "/0/scale is a number");
	refused("'scale':'s'", "/0/scale: 's' is not a JSON Pointer");
	refused("'scale':'/s','times':'/x'", "/0: what is said of the number would be of two");
}

static void test_currency(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_reading(
		prices("{'meter':'input_token','at':'/p','currency':'/c','sentinels':{'-1':'dynamic'},"
		       "'or':[{'at':'/q'}]}",
		       &a),
		"\n{'id':'a','prices':[['input_token','','priced','1','EUR']]},"
		"\n{'id':'b'," INPUT_OF("1") "},\n{'id':'c'," INPUT_OF(
			"1") "},"
			     "\n{'id':'d','prices':[['input_token','','free','0','CNY']]},"
			     "\n{'id':'e','prices':[['input_token','','dynamic',null,'CNY']]},"
			     "\n{'id':'f','prices':[['input_token','','priced','1','EUR']]},\n{'id':'g'}\n]}\nrows 11\n"
			     "skip h: /p: /c is not a currency\nskip i: /p: /c is not a currency\n"
			     "skip j: /p: /c is not a currency\nskip k: /q: /c is not a currency\n",
		"[{'id':'a','p':1,'c':'EUR'},{'id':'b','p':1,'c':null},{'id':'c','p':1},"
		"{'id':'d','p':0,'c':'CNY'},{'id':'e','p':-1,'c':'CNY'},{'id':'f','q':1,'c':'EUR'},"
		"{'id':'g','c':'$'},{'id':'h','p':1,'c':'eur'},{'id':'i','p':1,'c':''},"
		"{'id':'j','p':1,'c':1},{'id':'k','q':1,'c':'EURO'}]");
	/* money says its own */
	assert_reading(
		prices("{'meter':'input_token','at':'/p','currency':'/c','money':true}", &a),
		"\n{'id':'a','prices':[['input_token','','priced','1','CHF']]},"
		"\n{'id':'b','prices':[['input_token','','priced','1','EUR']]}\n]}\nrows 2\n",
		"[{'id':'a','p':{'units':1,'currencyCode':'CHF'},'c':'EUR'},"
		"{'id':'b','p':{'units':1},'c':'EUR'}]");
	refused("'currency':'EUR'", "/0/currency: 'EUR' is not a JSON Pointer");
}

/* ---- thresholds of the row ---- */

static void test_thresholds(void **state)
{
	ARENA_AUTO(a);
	const struct descriptor *d = prices(
		"{'meter':'input_token','at':'/p'},"
		"{'meter':'input_token','at':'/long','above':'/n','sentinels':{'0':'unpublished'}},"
		"{'meter':'input_token','at':'/b','at_least':'/m','condition':'[batch]'}",
		&a);

	(void)state;
	assert_reading(
		d,
		"\n{'id':'a','prices':[" PRICE("input_token", "", "1") "," PRICE(
			"input_token", "[>200000]",
			"2") "," PRICE("input_token", "[>=9][batch]",
				       "3") "]},\n{'id':'b'},\n{'id':'c'}\n]}\nrows 9\n"
					    "skip d: /long: /n, from where it is charged, is missing\n"
					    "skip e: /long: /n, from where it is charged, is missing\n"
					    "skip f: /long: /n is not a threshold of tokens\n"
					    "skip g: /long: /n is not a threshold of tokens\n"
					    "skip h: /long: /n is not a threshold of tokens\n"
					    "skip i: /long: /n is not a threshold of tokens\n",
		"[{'id':'a','p':1,'long':2,'n':200000.0,'b':3,'m':9},{'id':'b','long':0},"
		"{'id':'c','n':'x'},{'id':'d','long':2},{'id':'e','long':2,'n':null},"
		"{'id':'f','long':2,'n':0},{'id':'g','long':2,'n':-5},{'id':'h','long':2,'n':'5'},"
		"{'id':'i','long':2,'n':1.5}]");
}

/* Two places of thresholds that come to the same are two prices of one key. */
static void test_thresholds_that_meet(void **state)
{
	ARENA_AUTO(a);
	const struct descriptor *d = prices("{'meter':'input_token','at':'/p','above':'/n'},"
					    "{'meter':'input_token','at':'/q','above':'/m'}",
					    &a);

	(void)state;
	assert_reading(d,
		       "\n{'id':'a','prices':[" PRICE("input_token", "[>5]", "1") "," PRICE(
			       "input_token", "[>6]",
			       "2") "]}\n]}\nrows 2\nskip b: two prices of input_token [>5]\n",
		       "[{'id':'a','p':1,'n':5,'q':2,'m':6},{'id':'b','p':1,'n':5,'q':1,'m':5}]");
	refused("'above':'/n'},{'meter':'input_token','at':'/q','unit':'USD per token','above':'/n'",
		": prices 0 and 1 have the same meter");
	refused("'above':'/n','at_least':'/n'", "/0: either 'above' or 'at_least'");
	refused("'above':'/n','condition':'[>5]'", "/0: the condition has a threshold already");
	refused("'above':'/n','tiers':{'at':'/t','cost':'/c','from':'/f','to':'/e'}",
		"/0: tiers have their own thresholds");
	refused("'above':5", "/0/above is a number");
}

/* What has a threshold or a scale beside it is not what an entry repeats. */
static void test_overrides_and_thresholds(void **state)
{
	ARENA_AUTO(a);
	const struct descriptor *d = described(
		"{" LIST(
			"models") ",'fields':{'id':'/id'},'price_defaults':{'unit':'USD per token'},"
				  "'prices':[{'meter':'input_token','at':'/p/in'},"
				  "{'meter':'input_token','at':'/p/long','above':'/n'},"
				  "{'meter':'output_token','at':'/p/out','scale':'/s'}],"
				  "'overrides':{'at':'/more','keys_of':'/p','conditions':{'above':'/n'}}}",
		&a);

	(void)state;
	assert_reading(
		d,
		"\n]}\nrows 2\nskip a: /more/0: unknown key 'long'\n"
		"skip b: /more/0: unknown key 'out'\n",
		"[{'id':'a','more':[{'n':1,'long':2}]},{'id':'b','more':[{'n':1,'out':2}]}]");
}

/* ---- meters of what is made ---- */

static void test_meters(void **state)
{
	ARENA_AUTO(a);
	const struct descriptor *d = prices(
		"{'meter':'output_megapixel','at':'/p','unit':'USD per megapixel',"
		"'when':{'at':'/u','is':['megapixel','megapixels']}},"
		"{'meter':'output_second','at':'/p','unit':'USD per second','when':{'at':'/u','is':'seconds'}},"
		"{'meter':'output_second','at':'/p','unit':'USD per minute','when':{'at':'/u','is':'minutes'}},"
		"{'meter':'output_video','at':'/p','unit':'USD per 10 videos','when':{'at':'/u','is':'videos'}}",
		&a);

	(void)state;
	assert_reading(
		d,
		"\n{'id':'a','prices':[" PRICE(
			"output_megapixel", "",
			"6") "]},"
			     "\n{'id':'b','prices':[" PRICE(
				     "output_second", "",
				     "6") "]},"
					  "\n{'id':'c','prices':[" PRICE(
						  "output_second", "",
						  "0.1") "]},"
							 "\n{'id':'d','prices':[" PRICE(
								 "output_video", "",
								 "0.6") "]},\n{'id':'e'}\n]}\nrows 5\n"
									"note /p in 1 row: no price that rows of this kind have, not read\n",
		"[{'id':'a','p':6,'u':'megapixel'},{'id':'b','p':6,'u':'seconds'},"
		"{'id':'c','p':6,'u':'minutes'},{'id':'d','p':6,'u':'videos'},"
		"{'id':'e','p':6,'u':'frames'}]");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_type),
		cmocka_unit_test(test_within),
		cmocka_unit_test(test_or),
		cmocka_unit_test(test_or_and_when),
		cmocka_unit_test(test_or_and_tiers),
		cmocka_unit_test(test_or_in_overrides),
		cmocka_unit_test(test_when_any),
		cmocka_unit_test(test_money),
		cmocka_unit_test(test_money_as_published),
		cmocka_unit_test(test_scale),
		cmocka_unit_test(test_currency),
		cmocka_unit_test(test_thresholds),
		cmocka_unit_test(test_thresholds_that_meet),
		cmocka_unit_test(test_overrides_and_thresholds),
		cmocka_unit_test(test_meters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
