/*
 * The fault matrix: tests/chat/faults.json, one row for each way in which a provider was seen
 * to answer, or not to.  The shapes are theirs (`like` says whose), the values ours.
 *
 *	{"name", "like", "form" (openai), "end" (complete), "status" (200), "type" (application/json),
 *	 "streamed", "cut", "words" (of the transport), and the body as one of
 *	 "json"  any JSON, sent as it stands here
 *	 "sse"   a list: objects are the data of an event, strings whole events
 *	 "text"  bytes,
 *	 "want": {"outcome", "fault", "answer", "line", "tokens": {"input", …}}}
 *
 * The task was the standard one: 1771.2.
 */
#include "chatting.h"

enum { ROWS_MIN = 40 };

static const char *const end_names[] = {
	"complete",      "dns",   "connect", "tls",      "timeout_connect", "timeout_first_byte",
	"timeout_total", "reset", "cut",     "protocol", "cancelled",
};
static const char *const form_names[] = { "openai", "anthropic", "cohere" };
static const char *const fault_words[] = { "none", "theirs", "ours", "nobodys" };

static size_t named(yyjson_val *v, const char *const *names, size_t n)
{
	size_t i = 0;

	if (!v)
		return 0;
	while (i < n && !str_eq(json_raw(v), str_of(names[i])))
		i++;
	assert_true(i < n);
	return i;
}
#define NAMED(v, names) named(v, names, LENGTH(names))

static int64_t number(yyjson_val *v, int64_t otherwise)
{
	int64_t n = otherwise;

	assert_true(!v || str_to_i64(json_raw(v), INT64_MIN, INT64_MAX, &n));
	return n;
}

static struct str text(yyjson_val *v)
{
	return yyjson_is_str(v) ? json_raw(v) : STR_NONE;
}

static void read_row(yyjson_val *row, struct buf *body, struct arena *a, struct chat_answer *ret)
{
	struct arrival whole;
	struct chat_read q;

	fault_body(row, body);
	if (text(yyjson_obj_get(row, "end")).n == 3) /* "cut": not even the last blank line came */
		while (body->n && body->at[body->n - 1] == '\n')
			body->n--;
	whole = (struct arrival){ body->n, 1000 };
	q = (struct chat_read){
		.form = (enum chat_form)NAMED(yyjson_obj_get(row, "form"), form_names),
		.streamed = yyjson_is_true(yyjson_obj_get(row, "streamed")),
		.content_type = text(yyjson_obj_get(row, "type")),
		.body = buf_str(body),
		.cut = yyjson_is_true(yyjson_obj_get(row, "cut")),
		.arrivals = &whole,
		.n_arrivals = 1,
	};
	chat_read(&q, a, ret);
}

/* 0 or 1 */
static size_t differs(const char *what, struct str got, struct str want)
{
	if (str_same(got, want))
		return 0;
	print_error("  %s: %.*s, not %.*s\n", what, STR_FMT(got),
		    STR_FMT(str_is_none(want) ? STR("absent") : want));
	return 1;
}

static size_t count_differs(const char *what, int64_t got, yyjson_val *want)
{
	if (got == number(want, -1))
		return 0;
	print_error("  %s: %lld\n", what, (long long)got);
	return 1;
}

static size_t tokens_differ(const struct tokens *t, yyjson_val *want)
{
	return count_differs("input", t->input, yyjson_obj_get(want, "input")) +
	       count_differs("output", t->output, yyjson_obj_get(want, "output")) +
	       count_differs("reasoning", t->reasoning, yyjson_obj_get(want, "reasoning")) +
	       count_differs("cached", t->cached, yyjson_obj_get(want, "cached"));
}

static bool check_row(yyjson_val *row, bool *ret_seen)
{
	ARENA_AUTO(a);
	BUF_AUTO(body, FAULT_BODY_MAX);
	yyjson_val *want = yyjson_obj_get(row, "want");
	struct chat_answer r;
	struct outcome_evidence v = {
		.end = (enum transport_end)NAMED(yyjson_obj_get(row, "end"), end_names),
		.status = number(yyjson_obj_get(row, "status"), 200),
		.chat = &r,
		.expected = STR("1771.2"),
		.cut = yyjson_is_true(yyjson_obj_get(row, "cut")),
	};
	struct str answer;
	enum outcome o;
	size_t wrong;

	read_row(row, &body, &a, &r);
	o = outcome_of(&v, &a, &answer);
	ret_seen[o] = true;
	wrong = differs("outcome", str_of(outcomes[o].name), text(yyjson_obj_get(want, "outcome")));
	wrong += differs("fault", str_of(fault_words[outcomes[o].fault]),
			 text(yyjson_obj_get(want, "fault")));
	wrong += differs("answer", answer, text(yyjson_obj_get(want, "answer")));
	wrong += differs("line", outcome_line(&v, o, text(yyjson_obj_get(row, "words")), &a),
			 text(yyjson_obj_get(want, "line")));
	wrong += tokens_differ(&r.tokens, yyjson_obj_get(want, "tokens"));
	if (wrong)
		print_error("  in \"%.*s\"\n", STR_FMT(text(yyjson_obj_get(row, "name"))));
	return wrong == 0;
}

static void test_matrix(void **state)
{
	JSON_DOC_AUTO(doc);
	bool seen[OUTCOMES] = { false };
	yyjson_val *row;
	size_t wrong = 0;
	size_t i, n;

	(void)state;
	doc = faults_load();
	assert_true(yyjson_arr_size(yyjson_doc_get_root(doc)) >= ROWS_MIN);
	yyjson_arr_foreach(yyjson_doc_get_root(doc), i, n, row) wrong += !check_row(row, seen);
	assert_int_equal(wrong, 0);
	for (size_t o = 0; o < OUTCOMES; o++)
		if (!seen[o])
			fail_msg("no row is %s", outcomes[o].name);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matrix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
