#include "chatting.h"

#include "base/file.h"

struct str quoted(const char *text, const char *end, struct arena *a)
{
	BUF_AUTO(b, 1 << 20);

	for (; *text; text++) {
		if (*text == '\n')
			buf_add_str(&b, str_of(end));
		else
			buf_add_char(&b, *text == '\'' ? '"' : *text);
	}
	return arena_str(a, buf_str(&b));
}

/* Of the exact size, so that a sanitizer sees every byte that is read beyond. */
void read_arrived(enum chat_form form, struct str body, const struct arrival *arrivals, size_t n,
		  struct arena *a, struct chat_answer *ret)
{
	char *bytes = malloc(body.n ? body.n : 1);
	struct chat_read q = {
		.form = form,
		.streamed = n > 0,
		.content_type = n > 0 ? STR("text/event-stream") : STR("application/json"),
		.body = { bytes, body.n },
		.arrivals = arrivals,
		.n_arrivals = n,
	};

	assert_non_null(bytes);
	if (body.n)
		memcpy(bytes, body.at, body.n);
	chat_read(&q, a, ret);
	assert_true(body.n == 0 || memcmp(bytes, body.at, body.n) == 0);
	free(bytes);
}

void read_answer(enum chat_form form, const char *body, bool streamed, struct arena *a,
		 struct chat_answer *ret)
{
	struct str bytes = quoted(body, "\n", a);
	struct arrival whole = { bytes.n, 1000 };

	read_arrived(form, bytes, &whole, streamed, a, ret);
}

void assert_str(struct str got, const char *want)
{
	if (!str_same(got, str_of(want)))
		fail_msg("%.*s, not %s", STR_FMT(got), want ? want : "absent");
}

yyjson_doc *faults_load(void)
{
	ARENA_AUTO(a);
	struct str bytes;
	yyjson_doc *doc = NULL;
	struct err e;

	if (!file_read(TESTS_DIR "/chat/faults.json", 1 << 20, &a, &bytes, &e) ||
	    !json_read(bytes, &doc, &e))
		fail_msg("%s", e.text);
	return doc;
}

static void add_event(yyjson_val *event, struct buf *out)
{
	if (yyjson_is_str(event)) {
		buf_add_str(out, json_raw(event));
	} else {
		buf_add_str(out, STR("data: "));
		json_add_value(out, event);
	}
	buf_add_str(out, STR("\n\n"));
}

void fault_body(yyjson_val *row, struct buf *out)
{
	yyjson_val *json = yyjson_obj_get(row, "json");
	yyjson_val *event;
	size_t i, n;

	if (json)
		json_add_value(out, json);
	yyjson_arr_foreach(yyjson_obj_get(row, "sse"), i, n, event) add_event(event, out);
	buf_add_str(out, json_raw(yyjson_obj_get(row, "text")));
	assert_false(buf_overflowed(out));
}
