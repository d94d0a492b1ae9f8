#include "web/http.h"

#include "base/query.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "web/route.h"

#include <assert.h>
#include <stdarg.h>

const char *const http_method_names[HTTP_METHODS] = { "GET", "POST", "PATCH", "DELETE" };

enum { DETAIL_MAX = 2048, FAIL_BODY_MAX = 4 * DETAIL_MAX };

struct str http_param(const struct http_request *q, const char *name)
{
	for (size_t i = 0; i < q->n_params; i++)
		if (str_eq(q->params[i].name, str_of(name)))
			return q->params[i].value;
	return STR_NONE;
}

static size_t commas(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.at[i] == ',';
	return n;
}

size_t http_params(const struct http_request *q, const char *name, struct str **ret)
{
	size_t room = 0;
	size_t n = 0;

	for (size_t i = 0; i < q->n_params; i++)
		room += commas(q->params[i].value) + 1;
	*ret = arena_array(q->arena, room, struct str);
	for (size_t i = 0; i < q->n_params; i++) {
		struct str rest = q->params[i].value;
		bool more = str_eq(q->params[i].name, str_of(name));

		while (more) {
			struct str one;

			more = str_cut(&rest, ',', &one);
			one = str_trim(one);
			if (one.n)
				(*ret)[n++] = one;
		}
	}
	return n;
}

static const struct param *declared(const struct http_request *q, const char *name)
{
	const struct param *p = q->route->params;

	while (p && p->name && strcmp(p->name, name) != 0)
		p++;
	assert(p && p->name); /* a handler asks for what its route declares */
	return p;
}

int64_t http_param_int(const struct http_request *q, const char *name)
{
	const struct param *p = declared(q, name);
	struct str text = http_param(q, name);
	int64_t n = p->default_int;

	if (!str_is_none(text))
		(void)str_to_i64(text, p->min, p->max, &n); /* checked before the handler ran */
	return n;
}

bool http_param_bool(const struct http_request *q, const char *name)
{
	struct str text = http_param(q, name);

	if (str_is_none(text))
		return declared(q, name)->default_int != 0;
	return str_eq_nocase(text, STR("true")) || str_eq(text, STR("1"));
}

int64_t http_param_time(const struct http_request *q, const char *name)
{
	struct str text = http_param(q, name);
	int64_t ms = CLOCK_NONE;
	struct err e;

	if (!str_is_none(text))
		(void)clock_parse(text, &ms, &e); /* checked before the handler ran */
	return ms;
}

void http_header(struct http_reply *r, const char *name, struct str value)
{
	assert(r->n_headers < HTTP_HEADERS_MAX);
	for (size_t i = 0; i < value.n; i++)
		assert((unsigned char)value.at[i] >= ' ' && value.at[i] != '\x7f');
	r->headers[r->n_headers].name = name;
	r->headers[r->n_headers++].value = value;
}

void http_reply_drop(struct http_reply *r)
{
	buf_release(&r->body);
	if (r->release)
		r->release(r->release_arg);
	if (r->stream_end)
		r->stream_end(r->stream_arg);
	*r = HTTP_REPLY_INIT;
}

void http_fail(struct http_reply *r, int status, const char *format, ...)
{
	char detail[DETAIL_MAX], masked[DETAIL_MAX];
	struct str said = { .at = masked };
	va_list args;
	bool cut;

	va_start(args, format);
	(void)vsnprintf(detail, sizeof(detail), format, args);
	va_end(args);
	/* Whoever wrote the sentence masks what may be in it; this is for the one that was forgotten. */
	said.n = secret_mask_into(str_of(detail), masked, sizeof(masked), &cut);
	http_reply_drop(r);
	r->status = status;
	r->max_age_s = -1;
	r->body = BUF_INIT(FAIL_BODY_MAX);
	struct json_writer w = { .out = &r->body };
	json_open(&w, '{');
	json_add_str(&w, "detail", utf8_whole(said));
	json_close(&w, '}');
}

void http_fail_err(struct http_reply *r, const struct err *e)
{
	switch (e->kind) {
	case ERR_BUSY:
		http_fail(r, HTTP_UNAVAILABLE, "%s", e->text);
		return;
	case ERR_DATA:
		http_fail(r, HTTP_NOT_FOUND, "%s", e->text);
		return;
	case ERR_USAGE:
		http_fail(r, HTTP_UNPROCESSABLE, "%s", e->text);
		return;
	default:
		http_fail(r, HTTP_SERVER_ERROR, "%s", e->text);
	}
}

/* --- paging --- */

static void add_link(const struct http_request *q, struct buf *out, const char *rel,
		     uint64_t offset, uint64_t limit)
{
	buf_printf(out, "%s<%.*s?", out->n ? ", " : "", STR_FMT(q->path));
	for (size_t i = 0; i < q->n_params; i++) {
		const struct http_param *p = &q->params[i];

		if (str_eq(p->name, STR("limit")) || str_eq(p->name, STR("offset")))
			continue;
		buf_add_str(out, query_encoded(p->name, q->arena));
		buf_add_char(out, '=');
		buf_add_str(out, query_encoded(p->value, q->arena));
		buf_add_char(out, '&');
	}
	buf_printf(out, "limit=%llu&offset=%llu>; rel=\"%s\"", (unsigned long long)limit,
		   (unsigned long long)offset, rel);
}

void http_link_pages(const struct http_request *q, struct http_reply *r, uint64_t offset,
		     uint64_t limit, bool more)
{
	BUF_AUTO(out, HTTP_LINK_MAX);

	if (more)
		add_link(q, &out, "next", offset + limit, limit);
	if (offset) {
		add_link(q, &out, "prev", offset > limit ? offset - limit : 0, limit);
		add_link(q, &out, "first", 0, limit);
	}
	if (out.n && !buf_overflowed(&out))
		http_header(r, "Link", arena_str(q->arena, buf_str(&out)));
}

/* --- tags --- */

/* One of If-None-Match's: weak ones match, too (RFC 9110, 13.1.2), and the packed form is the same content. */
static bool tag_is(struct str given, struct str etag)
{
	given = str_trim(given);
	if (str_eq(given, STR("*")))
		return true;
	if (str_starts(given, STR("W/")))
		given = (struct str){ given.at + 2, given.n - 2 };
	if (given.n < 2 || given.at[0] != '"' || given.at[given.n - 1] != '"')
		return false;
	given = (struct str){ given.at + 1, given.n - 2 };
	if (str_ends(given, STR(HTTP_PACKED_TAG)))
		given.n -= strlen(HTTP_PACKED_TAG);
	return str_eq(given, etag);
}

bool http_is_fresh(const struct http_request *q, struct http_reply *r, struct str etag)
{
	struct str rest = q->if_none_match;
	bool more = !str_is_none(rest);

	r->etag = etag;
	while (more) {
		struct str one;

		more = str_cut(&rest, ',', &one);
		if (tag_is(one, etag)) {
			r->status = HTTP_NOT_MODIFIED;
			return true;
		}
	}
	return false;
}
