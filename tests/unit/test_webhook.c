/* What a webhook is signed with, what it holds, and when it is tried again. */
#include "unit.h"

#include "base/clock.h"
#include "base/json.h"
#include "sink/webhook.h"

#include <stdlib.h>

static struct str key_of(const char *secret, struct arena *a)
{
	struct str key = STR_NONE;
	struct err e;

	if (!webhook_key(str_of(secret), a, &key, &e))
		fail_msg("%s", e.text);
	return key;
}

static void check_signature(const char *secret, const char *id, int64_t at, const char *body,
			    const char *want)
{
	ARENA_AUTO(a);
	BUF_AUTO(out, 256);

	webhook_sign(key_of(secret, &a), str_of(id), at, str_of(body), &out);
	assert_string_equal(buf_str(&out).at, want);
}

/* The example of the Standard Webhooks specification; and openssl's word for a plain secret. */
static void test_published_signatures(void **state)
{
	(void)state;
	check_signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek",
			1614265330, "{\"test\": 2432232314}",
			"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
	/* printf 'a.1.{}' | openssl dgst -sha256 -hmac secret -binary | base64 */
	check_signature("secret", "a", 1, "{}", "v1,DH9+vItb05LF5AmGVxmIk2XJE76uu57Vhud93LDFWM4=");
}

static void test_secrets_that_are_none(void **state)
{
	static const char *const bad[] = { "", "whsec_", "whsec_*", "whsec_abcde", "whsec_YQ=" };
	ARENA_AUTO(a);
	struct str key;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(webhook_key(str_of(bad[i]), &a, &key, &e));
		assert_int_equal(e.kind, ERR_USAGE);
		assert_non_null(strstr(e.text, "ASSAY_WEBHOOK_SECRET"));
	}
	assert_false(webhook_key(STR_NONE, &a, &key, &e));
	assert_true(str_eq(key_of("whsec_YQ", &a), STR("a")));
	assert_true(str_eq(key_of("whsec_YQ==", &a), STR("a")));
}

/* Ten attempts; the waits between them are the specification's. */
static void test_the_waits(void **state)
{
	static const int64_t seconds[] = { 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400 };

	(void)state;
	for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++)
		assert_int_equal(webhook_wait_ms(i + 1), seconds[i] * 1000);
	assert_int_equal(webhook_wait_ms(10), CLOCK_NONE);
	assert_int_equal(webhook_wait_ms(11), CLOCK_NONE);
}

/* Of huge changes as many as fit: it stays JSON, and all are counted. */
static void test_a_body_is_bounded(void **state)
{
	enum { N = 50, SIZE = 40 * 1024 };
	static struct change change = { .kind = CHANGE_RENAMED, .field = { "name", 4 } };
	struct webhook_change changes[N];
	struct webhook_news news = { .id = STR("msg_1"),
				     .provider = STR("acme"),
				     .hash = STR("h"),
				     .changes = changes,
				     .n = N };
	BUF_AUTO(out, 4 << 20);
	JSON_DOC_AUTO(doc);
	ARENA_AUTO(a);
	char *name = arena_alloc(&a, SIZE);
	yyjson_val *data;
	struct err e;

	(void)state;
	memset(name, 'n', SIZE);
	change.new_value = (struct str){ name, SIZE };
	for (size_t i = 0; i < N; i++)
		changes[i] = (struct webhook_change){ (int64_t)i + 1, &change };
	webhook_format(&news, &out);
	assert_in_range(out.n, WEBHOOK_BODY_MAX - SIZE - 1024, WEBHOOK_BODY_MAX + 1024);
	assert_true(json_read(buf_str(&out), &doc, &e));
	data = yyjson_obj_get(yyjson_doc_get_root(doc), "data");
	assert_true(str_eq(json_raw(yyjson_obj_get(data, "total")), STR("50")));
	assert_int_equal(yyjson_arr_size(yyjson_obj_get(data, "changes")), 12);
	assert_true(yyjson_is_null(yyjson_obj_get(data, "prev_hash")));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published_signatures),
		cmocka_unit_test(test_secrets_that_are_none),
		cmocka_unit_test(test_the_waits),
		cmocka_unit_test(test_a_body_is_bounded),
	};

	return cmocka_run_group_tests_name("webhook", tests, NULL, NULL);
}
