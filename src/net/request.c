#include "net/request.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

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

/* libcurl asks before it sends a large body, and waits a second for who does not answer that. */
static void expect_nothing(struct request *q)
{
	char *line = request_has_body(q) ? strdup("Expect:") : NULL;

	if (line)
		q->headers[q->n_headers++].node.data = line;
	else if (request_has_body(q))
		abort();
}

static bool add_headers(struct request *q, const struct fetch_request *r, struct err *e)
{
	const struct fetch_header ours[] = {
		/* Inflating would leave copies of an answer that may be a secret. */
		{ STR("Accept-Encoding"), request_has_body(q) ? STR_NONE : STR("gzip"), false },
		{ STR("If-None-Match"), r->if_none_match, false },
		{ STR("If-Modified-Since"), r->if_modified_since, false },
	};
	const size_t n_ours = sizeof(ours) / sizeof(*ours);

	q->headers = calloc(r->n_headers + n_ours + 1, sizeof(*q->headers));
	if (!q->headers)
		abort();
	expect_nothing(q);
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

static bool open_put(struct request *q, const struct fetch_file *file, struct err *e)
{
	char *path;

	if (str_is_none(file->path))
		return true;
	path = strndup(file->path.at, file->path.n);
	if (!path)
		abort();
	q->put_fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	q->put_offset = file->offset;
	q->put_n = file->n;
	if (q->put_fd < 0)
		(void)err_errno(e, ERR_IO, errno, "%s", path);
	free(path);
	return q->put_fd >= 0;
}

static bool copy_members(struct request *q, const struct fetch_request *r, struct err *e)
{
	*q = (struct request){
		.put_fd = -1,
		.timeout_ms = r->timeout_ms,
		.once = r->once,
		.direct = r->direct,
		.status_only = r->status_only,
		.public_only = r->public_only,
	};
	copy_post(q, r->post);
	return open_put(q, &r->put, e);
}

bool request_init(struct request *q, const struct fetch_request *r, struct err *e)
{
	return copy_members(q, r, e) && url_init(&q->url, r->url, e) && add_headers(q, r, e);
}

bool request_init_at(struct request *q, const struct fetch_request *r, const struct url *parsed,
		     struct err *e)
{
	if (!copy_members(q, r, e))
		return false;
	url_copy(&q->url, parsed);
	return add_headers(q, r, e);
}

void request_release(struct request *q)
{
	for (size_t i = 0; i < q->n_headers; i++)
		wipe_free(q->headers[i].node.data);
	free(q->headers);
	if (q->post)
		explicit_bzero(q->post, q->post_n);
	free(q->post);
	if (q->put_fd >= 0)
		(void)close(q->put_fd);
	url_release(&q->url);
	*q = (struct request){ .put_fd = -1 };
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
