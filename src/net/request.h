/*
 * request: what a fetch asks for, copied: the first URL, the header lines and
 * the body; of a body in a file, the open file.
 * The copies are overwritten when they are given back.
 */
#pragma once
#include "net/url.h"

#include <curl/curl.h>

struct request {
	struct url url;
	struct request_header *headers;
	size_t n_headers;
	char *post; /* or NULL */
	size_t post_n;
	int put_fd; /* -1: nothing to PUT */
	uint64_t put_offset, put_n;
	uint32_t timeout_ms; /* these as in struct fetch_request */
	bool once, direct, status_only, public_only;
};

/*
 * Adds Accept-Encoding (where there is no body) and the validators.  On failure (ERR_CONFIG;
 * ERR_IO: the file) release it all the same.
 */
bool request_init(struct request *q, const struct fetch_request *r, struct err *e);
/* The same for one whose URL was parsed before. */
bool request_init_at(struct request *q, const struct fetch_request *r, const struct url *parsed,
		     struct err *e);
void request_release(struct request *q);

/* It sends something: no redirect is followed with it. */
static inline bool request_has_body(const struct request *q)
{
	return q->post || q->put_fd >= 0;
}

/* For CURLOPT_HTTPHEADER, good until the next call or the release. */
struct curl_slist *request_headers(struct request *q, bool with_secrets);
