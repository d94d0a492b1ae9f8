/* A sample becomes a row: columns, types, stamps, and nothing secret in it. */
#include "base/clock.h"
#include "base/mask.h"
#include "base/secret.h"
#include "sink/csv.h"

#include "unit.h"
#include <csv.h>
#include <stdlib.h>

enum { COLUMNS = 14 };

/* A row read back by libcsv, which did not write all of it. */
struct row {
	char *cell[COLUMNS + 1];
	size_t n, n_rows;
};

static void on_cell(void *cell, size_t n, void *arg)
{
	struct row *row = arg;

	assert_in_range(row->n, 0, COLUMNS);
	row->cell[row->n++] = strndup(cell ? cell : "", n);
}

static void on_row(int c, void *arg)
{
	struct row *row = arg;

	assert_int_equal(c, '\n');
	row->n_rows++;
}

static void row_parse(struct str text, struct row *ret)
{
	struct csv_parser p;

	*ret = (struct row){ 0 };
	assert_int_equal(csv_init(&p, CSV_STRICT | CSV_STRICT_FINI), 0);
	assert_int_equal(csv_parse(&p, text.at, text.n, on_cell, on_row, ret), text.n);
	assert_int_equal(csv_fini(&p, on_cell, on_row, ret), 0);
	csv_free(&p);
	assert_int_equal(ret->n_rows, 1);
	assert_int_equal(ret->n, COLUMNS);
}

static void row_release(struct row *row)
{
	for (size_t i = 0; i < row->n; i++)
		free(row->cell[i]);
}

static const struct sample answered = {
	.hf_model = { "org/Model-9B", 12 },
	.provider = { "slug", 4 },
	.provider_name = { "Provider-Name", 13 },
	.provider_model_id = { "vendor/model-9b", 15 },
	.url = { "https://router.example/chat", 27 },
	.cycle_at_ms = 1763747999000,
	.started_at_ms = 1763748000123,
	.stamps = { .end_us = 1234567 },
	.status = 200,
	.total_us = 9999999,
};

static struct csv_row row_of(const struct sample *s)
{
	return (struct csv_row){ .sample = s,
				 .request_body = STR("{\"model\":\"vendor/model-9b\"}"),
				 .request_headers = STR("{\"authorization\":\"Bearer [MASKED]\"}"),
				 .response_body = STR("{\"choices\":[]}"),
				 .response_headers = STR("{\"server\":\"s\"}") };
}

static const char *const want[COLUMNS] = {
	"2025-11-21T17:59:59.000Z",
	"org/Model-9B",
	"Provider-Name",
	"vendor/model-9b",
	"https://router.example/chat",
	"{\"model\":\"vendor/model-9b\"}",
	"{\"authorization\":\"Bearer [MASKED]\"}",
	"2025-11-21T18:00:00.123Z",
	"2025-11-21T18:00:01.358Z", /* 123 + 1234.567, to the nearest */
	"1234.567",
	"200",
	"{\"choices\":[]}",
	"{\"server\":\"s\"}",
	"",
};

static void columns_in_order(void **state)
{
	struct csv_row r = row_of(&answered);
	BUF_AUTO(out, 1 << 20);
	struct row row;

	(void)state;
	csv_format(&r, &out);
	row_parse(buf_str(&out), &row);
	for (size_t i = 0; i < COLUMNS; i++)
		assert_string_equal(row.cell[i], want[i]);
	row_release(&row);
}

static void the_very_bytes(void **state)
{
	struct csv_row r = row_of(&answered);
	BUF_AUTO(out, 1 << 20);

	(void)state;
	csv_format(&r, &out);
	assert_string_equal(out.at,
			    "2025-11-21T17:59:59.000Z,\"org/Model-9B\",\"Provider-Name\","
			    "\"vendor/model-9b\",\"https://router.example/chat\","
			    "\"{\"\"model\"\":\"\"vendor/model-9b\"\"}\","
			    "\"{\"\"authorization\"\":\"\"Bearer [MASKED]\"\"}\","
			    "2025-11-21T18:00:00.123Z,2025-11-21T18:00:01.358Z,1234.567,200,"
			    "\"{\"\"choices\"\":[]}\",\"{\"\"server\"\":\"\"s\"\"}\",\"\"\n");
}

static void the_header(void **state)
{
	struct row row;

	(void)state;
	row_parse(str_of(csv_header), &row);
	assert_string_equal(row.cell[0], "cycle_timestamp_iso");
	assert_string_equal(row.cell[9], "duration_ms");
	assert_string_equal(row.cell[13], "error_message");
	row_release(&row);
	/* Of the specification, to the letter. */
	assert_string_equal(
		csv_header,
		"cycle_timestamp_iso,model_id,provider_name,provider_model_id,request_url,request_body,"
		"request_headers_sanitized,request_start_iso,response_end_iso,duration_ms,"
		"response_status_code,response_body_raw,response_headers_sanitized,error_message\n");
}

static void assert_cell(const struct csv_row *r, size_t column, const char *text)
{
	BUF_AUTO(out, 1 << 24);
	struct row row;

	csv_format(r, &out);
	row_parse(buf_str(&out), &row);
	assert_string_equal(row.cell[column], text);
	row_release(&row);
}

enum { REQUEST_BODY = 5, REQUEST_HEADERS, STARTED, ENDED, DURATION, STATUS, BODY, HEADERS, ERROR };

static void durations(void **state)
{
	static const struct {
		int64_t us;
		const char *text, *end;
	} cases[] = {
		{ 0, "0.000", "2025-11-21T18:00:00.123Z" },
		{ 1, "0.001", "2025-11-21T18:00:00.123Z" },
		{ 499, "0.499", "2025-11-21T18:00:00.123Z" },
		{ 999, "0.999", "2025-11-21T18:00:00.124Z" },
		{ 1000, "1.000", "2025-11-21T18:00:00.124Z" },
		{ 120000050, "120000.050", "2025-11-21T18:02:00.123Z" },
		{ STAMP_NONE, "0.000", "2025-11-21T18:00:00.123Z" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sample s = answered;
		struct csv_row r = row_of(&s);

		s.stamps.end_us = cases[i].us;
		assert_cell(&r, DURATION, cases[i].text);
		assert_cell(&r, ENDED, cases[i].end);
	}
}

static void no_answer(void **state)
{
	struct sample s = answered;
	struct csv_row r = row_of(&s);

	(void)state;
	s.status = -1;
	s.error = STR("timeout_connect: no connection within 10 s");
	r.response_headers = STR_NONE;
	assert_cell(&r, STATUS, "-1");
	assert_cell(&r, BODY, ""); /* whatever is left of one */
	assert_cell(&r, HEADERS, "{}");
	assert_cell(&r, ERROR, "timeout_connect: no connection within 10 s");
	s.hf_model = STR_NONE;
	assert_cell(&r, 1, "");
}

static void bodies(void **state)
{
	struct csv_row r = row_of(&answered);

	(void)state;
	r.response_body = STR("a\"b\"\"c,\r\nd\n\r\"");
	assert_cell(&r, BODY, "a\"b\"\"c,\r\nd\n\r\"");
	r.response_body = STR("a\0b\xff\xe2\x82");
	assert_cell(&r, BODY,
		    "a\xef\xbf\xbd"
		    "b\xef\xbf\xbd\xef\xbf\xbd");
	r.response_body = STR(" spaced ");
	assert_cell(&r, BODY, " spaced ");
	r.response_body = STR("");
	assert_cell(&r, BODY, "");
	r.response_body = STR_NONE;
	assert_cell(&r, BODY, "");
}

static void a_cut_body_is_marked(void **state)
{
	struct sample s = answered;
	struct csv_row r = row_of(&s);

	(void)state;
	s.response_bytes = 123456;
	r.response_cut = true;
	r.response_body = STR("0123\xe2\x82");
	assert_cell(&r, BODY, "0123…[cut: 6 of 123456 bytes]");
	/* What began to be a secret, when there was no more room, is none to be read. */
	secret_hide(STR("hf_0123456789abcdef"));
	r.response_body = STR("the key hf_0123456789abcde");
	assert_cell(&r, BODY, "the key …[cut: 26 of 123456 bytes]");
	r.response_cut = false;
	assert_cell(&r, BODY, "the key hf_0123456789abcde");
}

static void secrets_in_every_cell(void **state)
{
	struct sample s = answered;
	struct csv_row r = row_of(&s);
	BUF_AUTO(out, 1 << 20);

	(void)state;
	secret_hide(STR("plan\"ted/secret"));
	s.hf_model = s.provider_name = s.provider_model_id = s.url = s.error =
		STR("<plan\"ted/secret>");
	r.request_body = r.request_headers = r.response_headers =
		STR("{\"k\":\"plan\\\"ted/secret\"}");
	r.response_body = STR("plan\"ted/secret plan\\\"ted\\/secret plan%22ted%2Fsecret");
	csv_format(&r, &out);
	assert_null(strstr(out.at, "ted"));
	assert_cell(&r, BODY, "[MASKED] [MASKED] [MASKED]");
	assert_cell(&r, ERROR, "<[MASKED]>");
	assert_cell(&r, HEADERS, "{\"k\":\"[MASKED]\"}");
}

/* As a prober does it: the headers it sends, and those it got. */
static void headers_are_masked_on_the_way(void **state)
{
	const struct mask_header sent[] = { { STR("Authorization"), STR("Bearer hf_zyxwvu") },
					    { STR("Content-Type"), STR("application/json") } };
	struct csv_row r = row_of(&answered);
	BUF_AUTO(request, 1 << 16);
	BUF_AUTO(response, 1 << 16);

	(void)state;
	mask_headers(sent, 2, &request);
	mask_header_block(STR("HTTP/1.1 200 OK\r\nSet-Cookie: id=17\r\n\r\n"), &response);
	r.request_headers = buf_str(&request);
	r.response_headers = buf_str(&response);
	assert_cell(
		&r, REQUEST_HEADERS,
		"{\"authorization\":\"Bearer [MASKED]\",\"content-type\":\"application/json\"}");
	assert_cell(&r, HEADERS, "{\"set-cookie\":\"[MASKED]\"}");
}

static void other_cells_are_bounded(void **state)
{
	static char text[200000];
	struct sample s = answered;
	struct csv_row r = row_of(&s);
	BUF_AUTO(out, 1 << 24);

	(void)state;
	memset(text, '"', sizeof(text));
	s.error = (struct str){ text, sizeof(text) };
	csv_format(&r, &out);
	assert_in_range(out.n, 131072, 132000); /* each quote twice */
	assert_true(str_ends(buf_str(&out), STR("\"\"…\"\n")));
}

/* A row goes behind what is there. */
static void rows_follow_each_other(void **state)
{
	struct csv_row r = row_of(&answered);
	BUF_AUTO(out, 1 << 20);
	size_t n;

	(void)state;
	csv_format(&r, &out);
	n = out.n;
	csv_format(&r, &out);
	assert_int_equal(out.n, 2 * n);
	assert_memory_equal(out.at, out.at + n, n);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_in_order),
		cmocka_unit_test(the_very_bytes),
		cmocka_unit_test(the_header),
		cmocka_unit_test(durations),
		cmocka_unit_test(no_answer),
		cmocka_unit_test(bodies),
		cmocka_unit_test(a_cut_body_is_marked),
		cmocka_unit_test(secrets_in_every_cell),
		cmocka_unit_test(headers_are_masked_on_the_way),
		cmocka_unit_test(other_cells_are_bounded),
		cmocka_unit_test(rows_follow_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
