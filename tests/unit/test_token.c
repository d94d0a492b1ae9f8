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
	assert_reading(
		prices("{'meter':'input_token','at':'/p','type':'string'}", &a),
		"\n{'id':'a'," INPUT_OF(
			"2") "},\n{'id':'e'},\n{'id':'h'," FREE_INPUT
			     "}\n]}\nrows 9\nskip b: /p: is a number, a string was expected\n"
			     "skip c: /p: is a number, a string was expected\n"
			     "skip d: /p: is a number, a string was expected\n"
			     "skip f: /p: is a boolean, a string was expected\n"
			     "skip g: /p: is a number, a string was expected\n"
			     "skip i: /p: is an object, a string was expected\n",
		rows);
	assert_reading(
		prices("{'meter':'input_token','at':'/p','type':'number'}", &a),
		"\n{'id':'b'," INPUT_OF("2") "},\n{'id':'c'," INPUT_OF(
			"2.5") "},"
			       "\n{'id':'d'," INPUT_OF(
				       "2") "},\n{'id':'e'},\n{'id':'g'," FREE_INPUT
					    "}\n]}\nrows 9\nskip a: /p: is a string, a number was expected\n"
					    "skip f: /p: is a boolean, a number was expected\n"
					    "skip h: /p: is a string, a number was expected\n"
					    "skip i: /p: is an object, a number was expected\n",
		rows);
	assert_reading(
		prices("{'meter':'input_token','at':'/p','type':'integer'}", &a),
		"\n{'id':'b'," INPUT_OF("2") "},\n{'id':'d'," INPUT_OF(
			"2") "},\n{'id':'e'},"
			     "\n{'id':'g'," FREE_INPUT
			     "}\n]}\nrows 9\nskip a: /p: is a string, a number was expected\n"
			     "skip c: /p: 2.5 is not a whole number\n"
			     "skip f: /p: is a boolean, a number was expected\n"
			     "skip h: /p: is a string, a number was expected\n"
			     "skip i: /p: is an object, a number was expected\n",
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
						      "skip i: /n: is a string, a number was expected\n"
						      "skip j: /s: is a number, a string was expected\n",
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
			"2") "]}\n]}\nrows 2\nskip b: /t: the tier from 0 is not what /q says\n",
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

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_type),         cmocka_unit_test(test_within),
		cmocka_unit_test(test_or),           cmocka_unit_test(test_or_and_when),
		cmocka_unit_test(test_or_and_tiers), cmocka_unit_test(test_or_in_overrides),
		cmocka_unit_test(test_when_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
