#include "web/exchange.h"

#include "base/log.h"
#include "base/pack.h"

#include <stdlib.h>

enum { PACK_MIN = 1024, FLAT_MAX = 100 * 1024, NUMBER_MAX = 32 };
#define STREAM_RETRY "5" /* s */

static void add(struct MHD_Response *m, const char *name, const char *value)
{
	(void)MHD_add_response_header(m, name, value);
}

/* --- the body --- */

struct released {
	void (*release)(void *arg);
	void *arg;
};

static void release_pieces(void *arg)
{
	struct released *gone = arg;

	if (gone->release)
		gone->release(gone->arg);
	free(gone);
}

static struct MHD_Response *pieces_response(struct exchange *x)
{
	struct http_reply *r = &x->reply;
	struct MHD_IoVec *v = arena_array(&x->arena, r->n_pieces, struct MHD_IoVec);
	struct released *gone = malloc(sizeof(*gone));

	if (!gone)
		abort();
	*gone = (struct released){ r->release, r->release_arg };
	for (size_t i = 0; i < r->n_pieces; i++)
		v[i] = (struct MHD_IoVec){ r->pieces[i].at, r->pieces[i].n };
	struct MHD_Response *m =
		MHD_create_response_from_iovec(v, (unsigned)r->n_pieces, release_pieces, gone);
	if (m)
		r->release = NULL;
	else
		free(gone);
	return m;
}

static struct MHD_Response *buf_response(struct exchange *x)
{
	struct buf *b = &x->reply.body;
	struct MHD_Response *m =
		MHD_create_response_from_buffer(b->n, b->at, MHD_RESPMEM_MUST_FREE);

	if (m)
		*b = (struct buf){ 0 };
	return m;
}

static size_t body_size(const struct http_reply *r)
{
	size_t n = r->body.n;

	for (size_t i = 0; i < r->n_pieces; i++)
		n += r->pieces[i].n;
	return n;
}

/* Of pieces; malloc'd. */
static char *copy_body(const struct http_reply *r)
{
	char *out = malloc(body_size(r));
	size_t n = 0;

	if (!out)
		abort();
	for (size_t i = 0; i < r->n_pieces; i++) {
		memcpy(out + n, r->pieces[i].at, r->pieces[i].n);
		n += r->pieces[i].n;
	}
	return out;
}

/* In one block the body leaves with its head in one system call; pieces cost another, and each a little. */
static struct MHD_Response *flat_response(struct exchange *x)
{
	return MHD_create_response_from_buffer(body_size(&x->reply), copy_body(&x->reply),
					       MHD_RESPMEM_MUST_FREE);
}

static struct MHD_Response *packed_response(struct exchange *x)
{
	struct http_reply *r = &x->reply;
	char *whole = r->n_pieces ? copy_body(r) : NULL;
	struct str packed =
		pack(whole ? (struct str){ whole, body_size(r) } : buf_str(&r->body), &x->arena);

	free(whole);
	x->sent = packed.n;
	/* The arena lives until the library has told that the request is over. */
	return MHD_create_response_from_buffer(packed.n, (void *)(uintptr_t)packed.at,
					       MHD_RESPMEM_PERSISTENT);
}

/* --- who gets which form --- */

/* "q=0", "Q=0.00" */
static bool is_zero(struct str weight)
{
	if (weight.n < strlen("q=0") || (weight.at[0] | 0x20) != 'q' || weight.at[1] != '=' ||
	    weight.at[2] != '0')
		return false;
	for (size_t i = strlen("q=0"); i < weight.n; i++)
		if (weight.at[i] >= '1' && weight.at[i] <= '9')
			return false;
	return true;
}

/* RFC 9110, 12.5.3, as far as it is about gzip: named, or meant by "*", and not with a weight of 0. */
static bool takes_gzip(struct str accept)
{
	bool star = false;
	bool more = !str_is_none(accept);

	while (more) {
		struct str one;
		struct str coding;
		struct str weight;

		more = str_cut(&accept, ',', &one);
		weight = one;
		(void)str_cut(&weight, ';', &coding);
		coding = str_trim(coding);
		weight = str_trim(weight);
		bool no = is_zero(weight);
		if (str_eq_nocase(coding, STR("gzip")) || str_eq_nocase(coding, STR("x-gzip")))
			return !no;
		if (str_eq(coding, STR("*")))
			star = !no;
	}
	return star;
}

static bool packs(const struct exchange *x)
{
	const struct http_reply *r = &x->reply;

	return r->status == HTTP_OK &&
	       (r->stream ? r->stream_is_finite : body_size(r) >= PACK_MIN) &&
	       takes_gzip(x->accept_encoding);
}

/* --- the head --- */

static void add_cors(struct exchange *x, struct MHD_Response *m)
{
	const struct origin_rules *rules = &x->server->origins;

	if (!rules->cors.n || x->request.method != HTTP_GET)
		return;
	add(m, "Vary", "Origin");
	if (!origin_may_read(rules, x->origin))
		return;
	add(m, "Access-Control-Allow-Origin",
	    arena_cstr(&x->arena, str_eq(rules->cors, STR("*")) ? rules->cors : x->origin));
	add(m, "Access-Control-Expose-Headers", "ETag, Link, X-Total-Count");
	if (!strcmp(x->method_name, "OPTIONS")) {
		add(m, "Access-Control-Allow-Methods", "GET, HEAD, OPTIONS");
		add(m, "Access-Control-Allow-Headers", "If-None-Match, Last-Event-ID");
		add(m, "Access-Control-Max-Age", "3600");
	}
}

static void add_cache(struct exchange *x, struct MHD_Response *m)
{
	int64_t age = x->reply.max_age_s;
	char text[NUMBER_MAX];

	if (age > 0) {
		(void)snprintf(text, sizeof(text), "max-age=%lld", (long long)age);
		add(m, "Cache-Control", text);
	} else {
		add(m, "Cache-Control", age < 0 ? "no-store" : "no-cache");
	}
}

/* 304 names the form that the client would get, or has. */
static bool has_packed(const struct exchange *x)
{
	struct str tags = x->request.if_none_match;

	return tags.n && takes_gzip(x->accept_encoding) &&
	       memmem(tags.at, tags.n, HTTP_PACKED_TAG "\"", strlen(HTTP_PACKED_TAG "\""));
}

static void add_tag(struct exchange *x, struct MHD_Response *m, bool packed)
{
	struct str tag = x->reply.etag;
	struct str end = packed ? STR(HTTP_PACKED_TAG "\"") : STR("\"");
	char *text = arena_alloc(&x->arena, 1 + tag.n + end.n + 1), *at = text;

	*at++ = '"';
	at = mempcpy(at, tag.at, tag.n);
	at = mempcpy(at, end.at, end.n);
	*at = '\0';
	add(m, "ETag", text);
}

/* What is the same for everybody who gets this form. */
static void add_form(struct exchange *x, struct MHD_Response *m, bool packed)
{
	if (!str_is_none(x->reply.etag))
		add_tag(x, m, packed);
	add(m, "Vary", "Accept-Encoding");
	add(m, "X-Content-Type-Options", "nosniff");
	add_cache(x, m);
}

static void add_own(struct exchange *x, struct MHD_Response *m)
{
	struct http_reply *r = &x->reply;

	add_cors(x, m);
	for (size_t i = 0; i < r->n_headers; i++)
		add(m, r->headers[i].name, arena_cstr(&x->arena, r->headers[i].value));
	if (x->close || x->server->stopping)
		add(m, "Connection", "close");
}

static ssize_t nothing(void *arg, uint64_t at, char *out, size_t room)
{
	(void)arg, (void)at, (void)out, (void)room;
	return MHD_CONTENT_READER_END_WITH_ERROR;
}

/*
 * To HEAD of what is as long as it is: without a length, and the connection ends, for otherwise 0.9.75 sends the
 * last chunk of a body that there is not.
 */
static struct MHD_Response *head_of_stream(void)
{
	struct MHD_Response *m =
		MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1, nothing, NULL, NULL);

	if (m)
		(void)MHD_set_response_options(m, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
	return m;
}

static struct MHD_Response *make_body(struct exchange *x, bool packed)
{
	struct http_reply *r = &x->reply;

	if (r->stream && !strcmp(x->method_name, "HEAD"))
		return head_of_stream();
	if (r->stream)
		return stream_response(x, packed);
	if (r->status == HTTP_NOT_MODIFIED || r->status == HTTP_NO_CONTENT)
		return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	if (packed)
		return packed_response(x);
	x->sent = body_size(r);
	if (!r->n_pieces)
		return buf_response(x);
	return x->sent <= FLAT_MAX ? flat_response(x) : pieces_response(x);
}

/* What cannot be sent after all. */
static void check_reply(struct exchange *x)
{
	struct http_reply *r = &x->reply;

	if (x->wait.given_up) {
		http_fail(r, HTTP_UNAVAILABLE, "the service is stopping");
	} else if (r->stream && !stream_begin(x)) {
		http_fail(r, HTTP_UNAVAILABLE,
			  "there are as many streams as ASSAY_HTTP_STREAMS allows");
		http_header(r, "Retry-After", STR(STREAM_RETRY));
	} else if (!r->stream && (buf_overflowed(&r->body) ||
				  body_size(r) > x->server->web->conf.limits.reply_max))
		http_fail(
			r, HTTP_SERVER_ERROR,
			"the answer is larger than ASSAY_HTTP_REPLY_MAX_MIB allows: ask for less");
}

static void begin_reply(struct exchange *x)
{
	x->status = x->reply.status;
	sweep_enter(x->server, x->connection, x->reply.stream ? STAGE_STREAM : STAGE_REPLY);
}

static enum MHD_Result send_whole(struct exchange *x, bool packed)
{
	struct http_reply *r = &x->reply;
	bool has_body = r->status != HTTP_NOT_MODIFIED && (r->stream || body_size(r));
	struct MHD_Response *m = make_body(x, packed);

	if (!m)
		return MHD_NO;
	if (has_body)
		add(m, "Content-Type", r->type);
	if (packed)
		add(m, "Content-Encoding", "gzip");
	add_form(x, m, packed || (r->status == HTTP_NOT_MODIFIED && has_packed(x)));
	add_own(x, m);
	begin_reply(x);
	enum MHD_Result ok = MHD_queue_response(x->mhd, (unsigned)x->reply.status, m);
	MHD_destroy_response(m);
	return ok;
}

/*
 * Nothing of this reply is this client's own.  It says Content-Length: 0, which the library cannot leave out, and not
 * the length that a 200 would have, though that alone would be right (RFC 9110, 8.6): more than one client
 * waits for so many bytes.
 */
static bool is_anybodys(const struct exchange *x)
{
	return x->reply.status == HTTP_NOT_MODIFIED && !x->reply.n_headers &&
	       !x->server->origins.cors.n && !x->close && !x->server->stopping;
}

static enum MHD_Result send_unmoved(struct exchange *x)
{
	const struct http_reply *r = &x->reply;
	bool packed = has_packed(x);
	struct str key = { .n = sizeof(r->max_age_s) + 1 + r->etag.n };
	char *at = arena_alloc(&x->arena, key.n);
	enum MHD_Result ok;

	key.at = at;
	at = mempcpy(at, &r->max_age_s, sizeof(r->max_age_s));
	*at++ = (char)packed;
	memcpy(at, r->etag.at, r->etag.n);
	begin_reply(x);
	if (unmoved_queue(x->server->unmoved, key, x->mhd, &ok))
		return ok;
	struct MHD_Response *m = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	if (!m)
		return MHD_NO;
	add_form(x, m, packed);
	ok = MHD_queue_response(x->mhd, HTTP_NOT_MODIFIED, m);
	unmoved_keep(x->server->unmoved, key, m);
	return ok;
}

enum MHD_Result reply_send(struct exchange *x)
{
	check_reply(x);
	return is_anybodys(x) ? send_unmoved(x) : send_whole(x, packs(x));
}
