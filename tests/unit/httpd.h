/*
 * httpd: a scripted HTTP/1.1 server on 127.0.0.1, in threads of the test.
 *
 * The nth request, over all connections, is answered by the nth step, all
 * further ones by the last.  Answers are raw bytes: whatever a broken server
 * could say can be said.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum httpd_then {
	HTTPD_KEEP,  /* read the next request */
	HTTPD_CLOSE, /* orderly */
	HTTPD_RESET,
	HTTPD_HANG, /* until the client goes away */
};

struct httpd_step {
	const char *answer;     /* NULL: nothing */
	size_t n;               /* its length; 0: strlen */
	size_t fill;            /* then this many 'x' */
	unsigned fill_every_ms; /* one at a time */
	unsigned delay_ms;      /* before all this */
	enum httpd_then then;
	bool unread; /* taken at accept: the request is not even read */
};

struct httpd;

struct httpd *httpd_start(void); /* without a script: 404 for everything */
void httpd_stop(struct httpd *h);
unsigned httpd_port(const struct httpd *h);

/* From now on; copies everything. */
void httpd_script(struct httpd *h, const struct httpd_step *steps, size_t n);

size_t httpd_requests(struct httpd *h);
size_t httpd_connections(struct httpd *h);
/* The ith request, head and body; good until httpd_stop(). */
const char *httpd_request(struct httpd *h, size_t i);
