/*
 * fetching: the world of a test of net/fetch: a loop, a fetcher, a scripted
 * server, and what came of the last fetch.
 */
#pragma once
#include "net/fetch.h"

#include "httpd.h"

#include "unit.h"

#define OK_2        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
#define UNAVAILABLE "HTTP/1.1 503 Unavailable\r\nContent-Length: 4\r\n\r\nbusy"
#define KEY         "sk-very-secret"
#define SCRIPT(h, ...)                                                \
	httpd_script((h), (const struct httpd_step[]){ __VA_ARGS__ }, \
		     sizeof((struct httpd_step[]){ __VA_ARGS__ }) / sizeof(struct httpd_step))

/* One test's client, server and what came of its last fetch. */
struct world {
	struct loop *loop;
	struct fetcher *fetcher;
	struct httpd *server;
	char url[128]; /* of the server, with a query that holds a key */

	unsigned calls;
	struct err error; /* kind ERR_NONE: a response */
	struct fetch_response response;
	char body[256];
	char etag[64], last_modified[64], content_type[64], link[128];
};

enum { MUCH_MS = 60 * 1000 }; /* of time: no test is about haste, for the machine may be busy */

struct fetch_conf quick(void); /* small bodies, two retries at once, time for everything */
void open_world(struct world *w, struct fetch_conf conf);
void close_world(struct world *w);
/* Another fetcher for the same world. */
void use_conf(struct world *w, struct fetch_conf conf);

/* A fetch_fn whose argument is a world: notes everything, and that no sentence shows the key. */
void on_done(void *arg, struct fetch_response *r, const struct err *e);

/* One fetch, to its end; get() and get_url() send KEY as a secret and X-Plain as no secret. */
void get(struct world *w);
void get_url(struct world *w, const char *url);
void get_request(struct world *w, struct fetch_request r);

void check_status(const struct world *w, long status);
void check_error(const struct world *w, enum err_kind kind, const char *words);
bool request_has(struct world *w, size_t i, const char *line);

int closed_port(unsigned *ret_port); /* bound, nobody listens */
uint64_t ms_since(uint64_t then_us);
