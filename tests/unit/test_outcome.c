#include "chatting.h"

#include "base/secret.h"
#include "base/utf8.h"

/* ---- the table ---- */

static void test_table(void **state)
{
	/* Whose fault each is, as it was agreed on. */
	static const char *const theirs[] = {
		"truncated",
		"empty",
		"not_found",
		"overloaded",
		"server_error",
		"protocol_error",
		"timeout_connect",
		"timeout_first_byte",
		"timeout_total",
		"connect",
		"tls",
		"reset",
	};
	static const char *const ours[] = { "length",           "bad_request", "unauthorized",
					    "payment_required", "forbidden",   "cancelled" };
	static const char *const nobodys[] = { "wrong_answer", "refused", "rate_limited", "dns" };
	size_t n[4] = { 0 };
	enum outcome o;

	(void)state;
	for (size_t i = 0; i < OUTCOMES; i++) {
		assert_non_null(outcomes[i].name);
		assert_true(strlen(outcomes[i].text) > 0);
		assert_true(outcome_parse(str_of(outcomes[i].name), &o) && o == i);
		n[outcomes[i].fault]++;
	}
	assert_true(n[FAULT_NONE] == 1 && outcomes[OUTCOME_OK].fault == FAULT_NONE);
	assert_true(n[FAULT_THEIRS] == LENGTH(theirs) && n[FAULT_OURS] == LENGTH(ours));
	for (size_t i = 0; i < LENGTH(theirs); i++)
		assert_true(outcome_parse(str_of(theirs[i]), &o) &&
			    outcomes[o].fault == FAULT_THEIRS);
	for (size_t i = 0; i < LENGTH(ours); i++)
		assert_true(outcome_parse(str_of(ours[i]), &o) && outcomes[o].fault == FAULT_OURS);
	for (size_t i = 0; i < LENGTH(nobodys); i++)
		assert_true(outcome_parse(str_of(nobodys[i]), &o) &&
			    outcomes[o].fault == FAULT_NOBODYS);
	assert_false(outcome_parse(STR("OK"), &o) || outcome_parse(STR(""), &o));
	assert_false(outcome_parse(STR("okay"), &o) || outcome_parse(STR_NONE, &o));
}

/* ---- classes ---- */

static enum outcome class_of(enum transport_end end, int64_t status, const char *body,
			     const char *expected, struct str *ret_answer, struct arena *a)
{
	struct chat_answer r;
	struct outcome_evidence v = { end, status, body ? &r : NULL, str_of(expected), false };

	if (body)
		read_answer(CHAT_OPENAI, body, false, a, &r);
	return outcome_of(&v, a, ret_answer);
}

/* Without a word each status has a class of its own; every number has one. */
static void test_statuses(void **state)
{
	static const struct {
		int64_t status;
		enum outcome outcome;
	} known[] = {
		{ 400, OUTCOME_BAD_REQUEST },
		{ 401, OUTCOME_UNAUTHORIZED },
		{ 402, OUTCOME_PAYMENT_REQUIRED },
		{ 403, OUTCOME_FORBIDDEN },
		{ 404, OUTCOME_NOT_FOUND },
		{ 406, OUTCOME_BAD_REQUEST },
		{ 408, OUTCOME_TIMEOUT_FIRST_BYTE },
		{ 413, OUTCOME_BAD_REQUEST },
		{ 415, OUTCOME_BAD_REQUEST },
		{ 418, OUTCOME_BAD_REQUEST },
		{ 422, OUTCOME_BAD_REQUEST },
		{ 429, OUTCOME_RATE_LIMITED },
		{ 500, OUTCOME_SERVER_ERROR },
		{ 501, OUTCOME_SERVER_ERROR },
		{ 502, OUTCOME_SERVER_ERROR },
		{ 503, OUTCOME_OVERLOADED },
		{ 504, OUTCOME_SERVER_ERROR },
		{ 520, OUTCOME_SERVER_ERROR },
		{ 522, OUTCOME_SERVER_ERROR },
		{ 529, OUTCOME_OVERLOADED },
		{ 599, OUTCOME_SERVER_ERROR },
		{ 100, OUTCOME_PROTOCOL_ERROR },
		{ 302, OUTCOME_PROTOCOL_ERROR },
		{ 600, OUTCOME_PROTOCOL_ERROR },
		{ 0, OUTCOME_PROTOCOL_ERROR },
		{ -1, OUTCOME_PROTOCOL_ERROR },
		{ INT64_MAX, OUTCOME_PROTOCOL_ERROR },
		{ INT64_MIN, OUTCOME_PROTOCOL_ERROR },
	};
	ARENA_AUTO(a);
	struct str answer;

	(void)state;
	for (size_t i = 0; i < LENGTH(known); i++) {
		assert_int_equal(class_of(TRANSPORT_COMPLETE, known[i].status, NULL, "1", &answer,
					  &a),
				 known[i].outcome);
		assert_true(str_is_none(answer));
	}
	for (int64_t status = 0; status < 1000; status++)
		assert_in_range(class_of(TRANSPORT_CUT, status, "{}", "1", &answer, &a), 0,
				OUTCOMES - 1);
}

/* An error's own words stand above the status only where they are believed. */
static void test_words(void **state)
{
	static const struct {
		int64_t status;
		const char *text;
		enum outcome outcome;
	} rows[] = {
		{ 400, "The parameter max_tokens is not available for this model",
		  OUTCOME_BAD_REQUEST },
		{ 400, "model m not found", OUTCOME_NOT_FOUND },
		{ 400, "Rate limit reached", OUTCOME_RATE_LIMITED },
		{ 401, "model m not found", OUTCOME_UNAUTHORIZED },
		{ 402, "rate limit", OUTCOME_PAYMENT_REQUIRED },
		{ 403, "Invalid API key", OUTCOME_UNAUTHORIZED },
		{ 403, "model m not found", OUTCOME_FORBIDDEN },
		{ 404, "Insufficient credits", OUTCOME_NOT_FOUND },
		{ 429, "Insufficient quota", OUTCOME_PAYMENT_REQUIRED },
		{ 429, "Quota exceeded: 20 requests per minute", OUTCOME_RATE_LIMITED },
		{ 429, "Rate limit reached, we are overloaded", OUTCOME_RATE_LIMITED },
		{ 429, "OVERLOADED", OUTCOME_OVERLOADED },
		{ 500, "Rate limit reached", OUTCOME_SERVER_ERROR },
		{ 500, "We are experiencing high demand", OUTCOME_OVERLOADED },
		{ 502, "overloaded", OUTCOME_SERVER_ERROR },
		{ 503, "Invalid API key", OUTCOME_OVERLOADED },
		{ 200, "Invalid API key provided", OUTCOME_UNAUTHORIZED },
		{ 200, "permission denied", OUTCOME_FORBIDDEN },
		{ 200, "you have used your quota", OUTCOME_PAYMENT_REQUIRED },
		{ 200, "Too many requests", OUTCOME_RATE_LIMITED },
		{ 200, "temperature is not supported", OUTCOME_BAD_REQUEST },
		{ 200, "oops", OUTCOME_SERVER_ERROR },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		ARENA_AUTO(a);
		struct str body = arena_printf(&a, "{'error':{'message':'%s'}}", rows[i].text);
		struct str answer;

		assert_int_equal(class_of(TRANSPORT_COMPLETE, rows[i].status, body.at, "1", &answer,
					  &a),
				 rows[i].outcome);
	}
}

static void test_transport(void **state)
{
	static const enum outcome want[] = {
		[TRANSPORT_COMPLETE] = OUTCOME_OK,
		[TRANSPORT_DNS] = OUTCOME_DNS,
		[TRANSPORT_CONNECT] = OUTCOME_CONNECT,
		[TRANSPORT_TLS] = OUTCOME_TLS,
		[TRANSPORT_TIMEOUT_CONNECT] = OUTCOME_TIMEOUT_CONNECT,
		[TRANSPORT_TIMEOUT_FIRST_BYTE] = OUTCOME_TIMEOUT_FIRST_BYTE,
		[TRANSPORT_TIMEOUT_TOTAL] = OUTCOME_TIMEOUT_TOTAL,
		[TRANSPORT_RESET] = OUTCOME_RESET,
		[TRANSPORT_CUT] = OUTCOME_OK, /* behind the end of the document */
		[TRANSPORT_PROTOCOL] = OUTCOME_PROTOCOL_ERROR,
		[TRANSPORT_CANCELLED] = OUTCOME_CANCELLED,
	};
	ARENA_AUTO(a);

	(void)state;
	for (size_t end = 0; end < LENGTH(want); end++) {
		struct str answer;

		assert_int_equal(class_of((enum transport_end)end, 200,
					  "{'choices':[{'message':{'content':'5'}}]}", "5", &answer,
					  &a),
				 want[end]);
		assert_str(answer, want[end] == OUTCOME_OK ? "5" : NULL);
	}
}

/* Without a result that is expected any text is an answer. */
static void test_nothing_expected(void **state)
{
	static const struct {
		const char *body;
		enum outcome outcome;
		const char *answer;
	} rows[] = {
		{ "{'choices':[{'message':{'content':'yes'}}]}", OUTCOME_OK, NULL },
		{ "{'choices':[{'message':{'content':'7.50'}}]}", OUTCOME_OK, "7.5" },
		{ "{'choices':[{'message':{'content':' '}}]}", OUTCOME_EMPTY, NULL },
		{ "{'choices':[{'message':{'content':'yes'},'finish_reason':'length'}]}",
		  OUTCOME_OK, NULL },
		{ "{'choices':[{'message':{'content':'7'},'finish_reason':'content_filter'}]}",
		  OUTCOME_REFUSED, "7" },
		{ "{'choices':[{'message':{'content':'7'},'finish_reason':'error'}]}",
		  OUTCOME_SERVER_ERROR, "7" },
		{ "{'choices':[{'message':{'tool_calls':[{}]},'finish_reason':'tool_calls'}]}",
		  OUTCOME_OK, NULL },
		{ "{'choices':[{'message':{'content':'','refusal':'no'},'finish_reason':'stop'}]}",
		  OUTCOME_REFUSED, NULL },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		ARENA_AUTO(a);
		struct str answer;

		assert_int_equal(class_of(TRANSPORT_COMPLETE, 200, rows[i].body, NULL, &answer, &a),
				 rows[i].outcome);
		assert_str(answer, rows[i].answer);
	}
}

/* Nothing was read of a 200: that is no answer. */
static void test_unread(void **state)
{
	ARENA_AUTO(a);
	struct str answer;
	struct outcome_evidence v = { .end = TRANSPORT_COMPLETE, .status = 200 };
	enum outcome o = outcome_of(&v, &a, &answer);

	(void)state;
	assert_int_equal(o, OUTCOME_PROTOCOL_ERROR);
	assert_str(outcome_line(&v, o, STR_NONE, &a), "protocol_error: an empty answer");
}

/* ---- lines ---- */

static struct str line_of(int64_t status, const char *message, struct arena *a)
{
	struct chat_answer r;
	struct outcome_evidence v = { TRANSPORT_COMPLETE, status, &r, STR_NONE, false };
	struct str answer;

	read_answer(CHAT_OPENAI, arena_printf(a, "{'error':'%s'}", message).at, false, a, &r);
	return outcome_line(&v, outcome_of(&v, a, &answer), STR_NONE, a);
}

/* One line of clean UTF-8, of a length that a table bears. */
static void test_line(void **state)
{
	ARENA_AUTO(a);
	struct outcome_evidence v = { .end = TRANSPORT_DNS, .status = -1 };
	char *words = arena_alloc(&a, 2000);
	struct str line;

	(void)state;
	assert_str(line_of(418, "a\\nb\\tc\\u001b[31m\\u007f", &a), "HTTP error 418: a b c [31m ");
	assert_str(line_of(503, "\\u0000x\xff", &a), "HTTP error 503: \xef\xbf\xbdx\xef\xbf\xbd");
	assert_str(outcome_line(&v, OUTCOME_DNS, STR_NONE, &a), "dns");
	assert_str(outcome_line(&v, OUTCOME_DNS, STR("no such\nname"), &a), "dns: no such name");
	/* Cut between characters wherever the limit falls. */
	for (size_t shift = 0; shift < 3; shift++) {
		memset(words, 'x', shift);
		for (size_t i = shift; i + 3 < 1000; i += 3)
			memcpy(words + i, "\xe2\x82\xac", 4);
		line = line_of(500, words, &a);
		assert_in_range(line.n, 300, 500);
		assert_true(utf8_is_clean(line) && str_ends(line, STR("€…")));
	}
}

/* What is cut off ends in no beginning of a key that the provider quotes. */
static void test_a_line_cut_within_a_secret(void **state)
{
	static const char key[] = "sk-cut-1234567890abcdefghij";
	static char words[2000];

	(void)state;
	secret_hide(STR(key));
	for (size_t before = 380; before < 402; before++) {
		ARENA_AUTO(a);
		struct str line;

		memset(words, 'x', before);
		(void)snprintf(words + before, sizeof(words) - before, "%s and more", key);
		line = line_of(401, words, &a);
		assert_true(str_ends(line, STR("…")));
		assert_null(memmem(line.at, line.n, key, SECRET_MIN));
	}
	secret_forget(STR(key));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_transport),
		cmocka_unit_test(test_nothing_expected),
		cmocka_unit_test(test_unread),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_a_line_cut_within_a_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
