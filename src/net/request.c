#include "net/request.h"

#include <stdlib.h>

struct request_header {
	struct curl_slist node; /* .data: "Name: value"; libcurl reads it here, there is no copy */
	bool secret;
};

static bool has_control_char(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.at[i] < 0x20 && s.at[i] != '\t') || s.at[i] == 0x7f)
			return true;
	return false;
}

static bool add_header(struct request *q, struct fetch_header given, struct err *e)
{
	struct request_header *h = &q->headers[q->n_headers];
	/* libcurl drops "Name:"; "Name;" is how it sends an empty value. */
	const char *colon = given.value.n ? ": " : ";";

	if (given.name.n == 0 || has_control_char(given.name) || has_control_char(given.value))
		return err_set(e, ERR_CONFIG, "request header \"%s\" holds a control character",
			       err_quote(given.name.at, given.name.n));
	if (asprintf(&h->node.data, "%.*s%s%.*s", STR_FMT(given.name), colon,
		     STR_FMT(given.value)) < 0)
		abort();
	h->secret = given.secret;
	q->n_headers++;
	return true;
}

static bool add_headers(struct request *q, const struct fetch_request *r, struct err *e)
{
	const struct fetch_header ours[] = {
		/* Inflating would leave copies of an answer that may be a secret. */
		{ STR("Accept-Encoding"), str_is_none(r->post) ? STR("gzip") : STR_NONE, false },
		{ STR("If-None-Match"), r->if_none_match, false },
		{ STR("If-Modified-Since"), r->if_modified_since, false },
	};
	const size_t n_ours = sizeof(ours) / sizeof(*ours);

	q->headers = calloc(r->n_headers + n_ours, sizeof(*q->headers));
	if (!q->headers)
		abort();
	for (size_t i = 0; i < r->n_headers; i++)
		if (!add_header(q, r->headers[i], e))
			return false;
	for (size_t i = 0; i < n_ours; i++)
		if (!str_is_none(ours[i].value) && !add_header(q, ours[i], e))
			return false;
	return true;
}

static void copy_post(struct request *q, struct str post)
{
	if (str_is_none(post))
		return;
	q->post = malloc(post.n + 1);
	if (!q->post)
		abort();
	memcpy(q->post, post.at, post.n);
	q->post[post.n] = '\0';
	q->post_n = post.n;
}

bool request_init(struct request *q, const struct fetch_request *r, struct err *e)
{
	*q = (struct request){
		.timeout_ms = r->timeout_ms,
		.once = r->once,
		.direct = r->direct,
		.status_only = r->status_only,
		.public_only = r->public_only,
	};
	copy_post(q, r->post);
	return url_init(&q->url, r->url, e) && add_headers(q, r, e);
}

void request_release(struct request *q)
{
	for (size_t i = 0; i < q->n_headers; i++)
		wipe_free(q->headers[i].node.data);
	free(q->headers);
	if (q->post)
		explicit_bzero(q->post, q->post_n);
	free(q->post);
	url_release(&q->url);
	*q = (struct request){ 0 };
}

struct curl_slist *request_headers(struct request *q, bool with_secrets)
{
	struct curl_slist *first = NULL;
	struct curl_slist **last = &first;

	for (size_t i = 0; i < q->n_headers; i++) {
		struct request_header *h = &q->headers[i];

		if (h->secret && !with_secrets)
			continue;
		h->node.next = NULL;
		*last = &h->node;
		last = &h->node.next;
	}
	return first;
}
