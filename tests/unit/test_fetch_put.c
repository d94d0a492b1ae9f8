/* A part of a file that is sent, and what the Hub's headers say. */
#include "fetching.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { FILE_BYTES = 40000 };

/* A file of lines that all differ; its name is in `path`. */
static char *make_file(char path[32])
{
	char *bytes = malloc(FILE_BYTES + 64);
	size_t n = 0;
	int fd;

	assert_non_null(bytes);
	while (n < FILE_BYTES)
		n += (size_t)snprintf(bytes + n, 64, "line %zu\n", n);
	bytes[FILE_BYTES] = '\0';
	(void)snprintf(path, 32, "/tmp/assay-put-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, FILE_BYTES), FILE_BYTES);
	(void)close(fd);
	return bytes;
}

static void put(struct world *w, const char *path, uint64_t offset, uint64_t n)
{
	get_request(w, (struct fetch_request){
			       .url = str_of(w->url),
			       .put = { .path = str_of(path), .offset = offset, .n = n },
		       });
}

static struct str sent(struct world *w, size_t i)
{
	const char *head = strstr(httpd_request(w->server, i), "\r\n\r\n");

	assert_non_null(head);
	return str_of(head + 4);
}

static void a_range_of_a_file_is_sent_and_nothing_else(void **state)
{
	char path[32];
	char *bytes = make_file(path);
	struct world w;

	(void)state;
	open_world(&w, quick());
	SCRIPT(w.server, { .answer = OK_2 });
	put(&w, path, 1000, 30000);
	check_status(&w, 200);
	assert_true(request_has(&w, 0, "PUT /v1/models?key=" KEY " HTTP/1.1\r\n"));
	assert_true(request_has(&w, 0, "\r\nContent-Length: 30000\r\n"));
	assert_false(request_has(&w, 0, "Transfer-Encoding"));
	assert_false(request_has(&w, 0, "Expect"));
	assert_false(request_has(&w, 0, "Accept-Encoding"));
	assert_int_equal(sent(&w, 0).n, 30000);
	assert_memory_equal(sent(&w, 0).at, bytes + 1000, 30000);
	put(&w, path, 0, 0);
	check_status(&w, 200);
	assert_true(request_has(&w, 1, "\r\nContent-Length: 0\r\n"));
	(void)unlink(path);
	close_world(&w);
	free(bytes);
}

static void it_is_sent_anew_at_each_attempt(void **state)
{
	char path[32];
	char *bytes = make_file(path);
	struct world w;

	(void)state;
	open_world(&w, quick());
	SCRIPT(w.server, { .answer = UNAVAILABLE }, { .then = HTTPD_RESET }, { .answer = OK_2 });
	put(&w, path, 0, FILE_BYTES);
	check_status(&w, 200);
	assert_int_equal(w.response.attempts, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(sent(&w, i).n, FILE_BYTES);
		assert_memory_equal(sent(&w, i).at, bytes, FILE_BYTES);
	}
	(void)unlink(path);
	close_world(&w);
	free(bytes);
}

static void a_file_that_is_not_what_was_said_is_no_request(void **state)
{
	char path[32];
	char *bytes = make_file(path);
	struct world w;

	(void)state;
	open_world(&w, quick());
	SCRIPT(w.server, { .answer = OK_2 });
	put(&w, path, 0, FILE_BYTES + 1);
	check_error(&w, ERR_IO, "the file that is sent, behind 40000 bytes");
	assert_int_equal(w.response.attempts, 0);
	(void)unlink(path);
	put(&w, path, 0, 1);
	assert_int_equal(w.error.kind, ERR_IO);
	assert_non_null(strstr(w.error.text, path));
	close_world(&w);
	free(bytes);
}

static void a_put_goes_nowhere_else(void **state)
{
	char path[32];
	char *bytes = make_file(path);
	struct world w;

	(void)state;
	open_world(&w, quick());
	SCRIPT(w.server, { .answer = "HTTP/1.1 307 Temporary\r\nLocation: /other\r\n"
				     "Content-Length: 0\r\n\r\n" });
	put(&w, path, 0, 10);
	check_error(&w, ERR_HTTP, "it redirects a PUT, which is not followed");
	assert_int_equal(httpd_requests(w.server), 1);
	(void)unlink(path);
	close_world(&w);
	free(bytes);
}

/* More than libcurl sends without asking first, and than the sockets hold. */
static void what_is_on_its_way_out_is_not_silence(void **state)
{
	enum { LARGE = 4 << 20 };
	struct fetch_conf conf = quick();
	char *large = malloc(LARGE);
	struct world w;

	(void)state;
	assert_non_null(large);
	memset(large, 'x', LARGE);
	conf.stall_timeout_ms = 300;
	conf.retries = 0;
	open_world(&w, conf);
	/* Nothing is read and nothing said: the stall is seen, if a little later. */
	SCRIPT(w.server, { .unread = true, .then = HTTPD_HANG });
	get_request(&w, (struct fetch_request){ .url = str_of(w.url),
						.post = (struct str){ large, LARGE } });
	check_error(&w, ERR_TIMEOUT, "no byte for 0.3 s");
	close_world(&w);
	free(large);
}

struct hub_words {
	char request_id[64], error_code[64], error_message[64], rate_limit[64];
};

static void note_words(void *arg, struct fetch_response *r, const struct err *e)
{
	struct hub_words *to = arg;

	assert_null(e);
	(void)snprintf(to->request_id, 64, "%.*s", STR_FMT(r->request_id));
	(void)snprintf(to->error_code, 64, "%.*s", STR_FMT(r->error_code));
	(void)snprintf(to->error_message, 64, "%.*s", STR_FMT(r->error_message));
	(void)snprintf(to->rate_limit, 64, "%.*s", STR_FMT(r->rate_limit));
}

static void the_hubs_headers_are_handed_over(void **state)
{
	struct hub_words words = { 0 };
	struct fetch_request r;
	struct world w;

	(void)state;
	open_world(&w, quick());
	SCRIPT(w.server, { .answer = "HTTP/1.1 404 No\r\nX-Request-Id: Root=1-6a\r\n"
				     "X-Error-Code: RepoNotFound\r\n"
				     "X-Error-Message: Repository not found\r\n"
				     "RateLimit: \"api\";r=9;t=300\r\nContent-Length: 0\r\n\r\n" });
	r = (struct fetch_request){ .url = str_of(w.url), .once = true };
	fetch_start(w.fetcher, &r, note_words, &words);
	loop_run(w.loop);
	assert_string_equal(words.request_id, "Root=1-6a");
	assert_string_equal(words.error_code, "RepoNotFound");
	assert_string_equal(words.error_message, "Repository not found");
	assert_string_equal(words.rate_limit, "\"api\";r=9;t=300");
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_range_of_a_file_is_sent_and_nothing_else),
		cmocka_unit_test(it_is_sent_anew_at_each_attempt),
		cmocka_unit_test(a_file_that_is_not_what_was_said_is_no_request),
		cmocka_unit_test(a_put_goes_nowhere_else),
		cmocka_unit_test(what_is_on_its_way_out_is_not_silence),
		cmocka_unit_test(the_hubs_headers_are_handed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
