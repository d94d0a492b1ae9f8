#include "fetching.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

struct fetch_conf quick(void)
{
	return (struct fetch_conf){
		.connect_timeout_ms = 20000,
		.total_timeout_ms = 60000,
		.stall_timeout_ms = 30000,
		.body_max = 1 << 20,
		.retries = 2,
		.backoff_ms = 1,
		.user_agent = STR("assay/test (+https://assay.example)"),
	};
}

void use_conf(struct world *w, struct fetch_conf conf)
{
	struct err e;

	fetcher_destroy(w->fetcher);
	if (!fetcher_create(&w->fetcher, w->loop, &conf, &e))
		fail_msg("%s", e.text);
}

void open_world(struct world *w, struct fetch_conf conf)
{
	*w = (struct world){ .loop = loop_create(), .server = httpd_start() };
	use_conf(w, conf);
	(void)snprintf(w->url, sizeof(w->url), "http://127.0.0.1:%u/v1/models?key=" KEY,
		       httpd_port(w->server));
}

void close_world(struct world *w)
{
	fetcher_destroy(w->fetcher);
	loop_destroy(w->loop);
	httpd_stop(w->server);
}

static void copy_text(char *to, size_t size, struct str s)
{
	(void)snprintf(to, size, "%.*s", STR_FMT(s));
}

void on_done(void *arg, struct fetch_response *r, const struct err *e)
{
	static const unsigned char zeros[FETCH_PADDING];
	struct world *w = arg;

	w->calls++;
	assert_non_null(r);
	w->error = e ? *e : (struct err){ 0 };
	w->response = (struct fetch_response){ 0 };
	if (e) {
		assert_null(strstr(e->text, KEY));
		assert_null(r->body);
		return;
	}
	assert_non_null(r->body);
	assert_memory_equal(r->body + r->body_n, zeros, FETCH_PADDING);
	w->response = *r;
	w->response.body = NULL;
	copy_text(w->body, sizeof(w->body), (struct str){ (char *)r->body, r->body_n });
	copy_text(w->etag, sizeof(w->etag), r->etag);
	copy_text(w->last_modified, sizeof(w->last_modified), r->last_modified);
	copy_text(w->content_type, sizeof(w->content_type), r->content_type);
	copy_text(w->link, sizeof(w->link), r->link);
}

void get_request(struct world *w, struct fetch_request r)
{
	unsigned before = w->calls;

	fetch_start(w->fetcher, &r, on_done, w);
	assert_int_equal(w->calls, before); /* never from inside */
	loop_run(w->loop);
	assert_int_equal(w->calls, before + 1);
}

void get_url(struct world *w, const char *url)
{
	const struct fetch_header headers[] = {
		{ STR("Authorization"), STR("Bearer " KEY), true },
		{ STR("X-Plain"), STR("yes"), false },
	};

	get_request(w, (struct fetch_request){
			       .url = str_of(url), .headers = headers, .n_headers = 2 });
}

void get(struct world *w)
{
	get_url(w, w->url);
}

void check_status(const struct world *w, long status)
{
	if (w->error.kind != ERR_NONE)
		fail_msg("%s", w->error.text);
	assert_int_equal(w->response.status, status);
}

void check_error(const struct world *w, enum err_kind kind, const char *words)
{
	if (w->error.kind != kind || !strstr(w->error.text, words))
		fail_msg("%s: \"%s\" (status %ld)", err_kind_name(w->error.kind), w->error.text,
			 w->response.status);
	assert_true(str_starts(str_of(w->error.text), STR("127.0.0.1: ")));
}

bool request_has(struct world *w, size_t i, const char *line)
{
	return strstr(httpd_request(w->server, i), line) != NULL;
}

int closed_port(unsigned *ret_port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
	*ret_port = ntohs(at.sin_port);
	return fd;
}

uint64_t ms_since(uint64_t then_us)
{
	return (clock_mono_us() - then_us) / 1000;
}
