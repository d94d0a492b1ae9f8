#include "web/exchange.h"
#include "web/frame.h"
#include "web/query.h"
#include "web/route.h"

#include "base/log.h"

#include <stddef.h>

enum { HEADERS_ROOM = 128 };

/* --- the head --- */

struct gathering {
	struct frame_header *headers;
	size_t n, room;
};

static enum MHD_Result gather(void *arg, enum MHD_ValueKind kind, const char *name, size_t n_name,
			      const char *value, size_t n_value)
{
	struct gathering *g = arg;

	(void)kind;
	if (g->n == g->room)
		return MHD_NO;
	g->headers[g->n++] =
		(struct frame_header){ { name, n_name }, { value ? value : "", n_value } };
	return MHD_YES;
}

/* Where those headers go that somebody asks for. */
static const struct wanted {
	const char *name;
	size_t at;
	bool is_list; /* may come twice: joined with a comma */
} wanted[] = {
	{ "accept", offsetof(struct exchange, request.accept), true },
	{ "accept-encoding", offsetof(struct exchange, accept_encoding), true },
	{ "authorization", offsetof(struct exchange, authorization), false },
	{ "content-length", offsetof(struct exchange, content_length), false },
	{ "content-type", offsetof(struct exchange, request.content_type), false },
	{ "host", offsetof(struct exchange, host), false },
	{ "if-none-match", offsetof(struct exchange, request.if_none_match), true },
	{ "last-event-id", offsetof(struct exchange, request.last_event_id), false },
	{ "origin", offsetof(struct exchange, origin), false },
	{ "transfer-encoding", offsetof(struct exchange, transfer_encoding), false },
	{ "webhook-id", offsetof(struct exchange, request.webhook_id), false },
	{ "webhook-signature", offsetof(struct exchange, request.webhook_signature), false },
	{ "webhook-timestamp", offsetof(struct exchange, request.webhook_timestamp), false },
};

static bool keep_header(struct exchange *x, const struct wanted *w, struct str value)
{
	struct str *at = (struct str *)(void *)((char *)x + w->at);

	if (str_is_none(*at)) {
		*at = arena_str(&x->arena, value);
		return true;
	}
	if (!w->is_list)
		return false;
	*at = arena_printf(&x->arena, "%.*s, %.*s", STR_FMT(*at), STR_FMT(value));
	return true;
}

static bool refuse(struct exchange *x, int status, const char *sentence)
{
	http_fail(&x->reply, status, "%s", sentence);
	x->close = true;
	return false;
}

static bool keep_headers(struct exchange *x, const struct frame *f)
{
	for (size_t i = 0; i < f->n_headers; i++) {
		const struct frame_header *h = &f->headers[i];

		for (size_t k = 0; k < sizeof(wanted) / sizeof(wanted[0]); k++) {
			if (!str_eq_nocase(h->name, str_of(wanted[k].name)))
				continue;
			if (keep_header(x, &wanted[k], str_trim(h->value)))
				break;
			http_fail(&x->reply, HTTP_BAD_REQUEST, "there is more than one header %s",
				  wanted[k].name);
			x->close = true;
			return false;
		}
	}
	return true;
}

/* From 1.0 on it refuses by itself what it let through before, and leaves another trace in its buffer. */
static bool library_is_lenient(void)
{
	return strncmp(MHD_get_version(), "0.", 2) == 0;
}

static bool check_frame(struct exchange *x, const char *method, const char *version)
{
	const struct web_limits *l = &x->server->web->conf.limits;
	struct frame_header headers[HEADERS_ROOM];
	struct gathering g = { .headers = headers, .room = HEADERS_ROOM };
	struct frame f = {
		.method = method, .version = version, .n_target = x->target.n, .headers = headers
	};
	const char *wrong;

	f.n_head = MHD_get_connection_info(x->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)
			   ->header_size;
	if (f.n_head - strlen(method) - x->target.n > l->headers_max)
		return refuse(x, HTTP_HEADERS_TOO_LARGE, "the headers are too large");
	(void)MHD_get_connection_values_n(x->mhd, MHD_HEADER_KIND, gather, &g);
	f.n_headers = g.n;
	if (g.n == g.room)
		return refuse(x, HTTP_HEADERS_TOO_LARGE, "there are too many headers");
	wrong = library_is_lenient() ? frame_check_layout(&f) : NULL;
	if (!wrong)
		wrong = frame_check_headers(&f);
	if (wrong)
		return refuse(x, HTTP_BAD_REQUEST, wrong);
	return keep_headers(x, &f);
}

/* --- the body's length --- */

static bool check_length(struct exchange *x)
{
	const struct web_limits *l = &x->server->web->conf.limits;
	int64_t n = 0;

	if (!str_is_none(x->transfer_encoding))
		return refuse(x, HTTP_LENGTH_REQUIRED,
			      "bodies come with Content-Length here, never with Transfer-Encoding");
	if (!str_is_none(x->content_length) && !str_to_i64(x->content_length, 0, l->body_max, &n)) {
		http_fail(&x->reply, HTTP_TOO_LARGE, "the body is larger than %u bytes",
			  l->body_max);
		x->close = true;
		return false;
	}
	x->body = BUF_INIT(l->body_max);
	return true;
}

/* --- method, host, origin --- */

static bool find_method(struct exchange *x, const char *method)
{
	static const struct {
		const char *name;
		enum http_method as;
	} others[] = {
		{ "HEAD", HTTP_GET },
		{ "OPTIONS", HTTP_GET },
		{ "PUT", HTTP_METHODS }, /* no route has them: 405, which says what it has */
		{ "TRACE", HTTP_METHODS },
	};

	for (size_t i = 0; i < HTTP_METHODS; i++)
		if (!strcmp(method, http_method_names[i])) {
			x->method_name = http_method_names[i];
			x->request.method = (enum http_method)i;
			return true;
		}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strcmp(method, others[i].name)) {
			x->method_name = others[i].name;
			x->request.method = others[i].as;
			return true;
		}
	x->method_name = "other";
	return refuse(x, 501, "this method is not known");
}

static bool check_origin(struct exchange *x, const char *version)
{
	const struct origin_rules *rules = &x->server->origins;

	if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0)
		return refuse(x, HTTP_BAD_REQUEST, "HTTP/1.1 is spoken here");
	if (str_is_none(x->host) && strcmp(version, "HTTP/1.0") != 0)
		return refuse(x, HTTP_BAD_REQUEST, "there is no header Host");
	if (!str_is_none(x->host) && !origin_host_ok(rules, x->host))
		return refuse(
			x, HTTP_FORBIDDEN,
			"this is not the host that Host names (ASSAY_HOSTS allows further names)");
	if (x->request.method != HTTP_GET && !origin_may_change(rules, x->origin, x->host))
		return refuse(x, HTTP_FORBIDDEN,
			      "pages of that Origin may not change anything here");
	return true;
}

static bool check_target(struct exchange *x)
{
	struct str rest = x->target;

	if (x->target.n > x->server->web->conf.limits.line_max)
		return refuse(x, HTTP_URI_TOO_LONG, "the request line is too long");
	for (size_t i = 0; i < rest.n; i++)
		if ((unsigned char)rest.at[i] <= ' ' || (unsigned char)rest.at[i] >= 0x7f)
			return refuse(x, HTTP_BAD_REQUEST,
				      "the path holds bytes that are to be written as %XX");
	if (!rest.n || rest.at[0] != '/')
		return refuse(x, HTTP_BAD_REQUEST, "the path must begin with /");
	(void)str_cut(&rest, '?', &x->request.path);
	return true;
}

bool check_head(struct exchange *x, const char *method, const char *version)
{
	return find_method(x, method) && check_target(x) && check_frame(x, method, version) &&
	       check_length(x) && check_origin(x, version);
}

/* --- the route --- */

static bool check_key(struct exchange *x)
{
	unsigned wait_s = 0;

	if (x->route->access != ROUTE_ADMIN)
		return true;
	switch (auth_check(x->server->auth, x->authorization, x->request.peer, clock_mono_us(),
			   &wait_s)) {
	case AUTH_OK:
		return true;
	case AUTH_NO_KEY:
		http_fail(&x->reply, HTTP_UNAVAILABLE,
			  "Admin API key not configured: set ADMIN_API_KEY");
		return false;
	case AUTH_MISSING:
	case AUTH_WRONG:
		log_event(LOG_WARN, "a key was missing or wrong", LOG_STR("peer", x->request.peer),
			  LOG_TEXT("route", x->route->pattern));
		http_fail(&x->reply, HTTP_UNAUTHORIZED, "Invalid or missing admin API key");
		http_header(&x->reply, "WWW-Authenticate", STR("Bearer"));
		return false;
	case AUTH_WAIT:
		http_fail(&x->reply, HTTP_TOO_MANY, "too many wrong keys came from this address");
		http_header(&x->reply, "Retry-After", arena_printf(&x->arena, "%u", wait_s));
		return false;
	}
	return false;
}

static struct str allowed(struct exchange *x, unsigned methods)
{
	BUF_AUTO(out, 256);

	for (unsigned i = 0; i < HTTP_METHODS; i++)
		if (methods & 1U << i)
			buf_printf(&out, "%s%s", http_method_names[i],
				   i == HTTP_GET ? ", HEAD, " : ", ");
	buf_printf(&out, "OPTIONS");
	return arena_str(&x->arena, buf_str(&out));
}

static bool answer_options(struct exchange *x, unsigned methods)
{
	struct str list = allowed(x, methods);

	x->reply.status = HTTP_NO_CONTENT;
	http_header(&x->reply, "Allow", list);
	return false;
}

static bool decode_pieces(struct exchange *x, struct str pieces[HTTP_PIECES_MAX])
{
	for (size_t i = 0; i < HTTP_PIECES_MAX; i++) {
		if (str_is_none(pieces[i]))
			continue;
		if (!query_decode(pieces[i], false, &x->arena, &x->request.pieces[i])) {
			http_fail(&x->reply, HTTP_NOT_FOUND,
				  "the path holds %%XX that stand for no text");
			return false;
		}
	}
	return true;
}

static bool check_params(struct exchange *x)
{
	struct str path;
	struct str query = x->target;

	if (!str_cut(&query, '?', &path))
		query = STR_NONE;
	return query_read(query, x->route, &x->request, &x->reply);
}

static bool check_content_type(struct exchange *x)
{
	struct str rest = x->request.content_type;
	struct str type;

	if (!x->body.n)
		return true;
	(void)str_cut(&rest, ';', &type);
	if (str_eq_nocase(str_trim(type), STR("application/json")))
		return true;
	http_fail(&x->reply, HTTP_NOT_JSON, "a body must be application/json, by its Content-Type");
	return false;
}

bool check_route(struct exchange *x)
{
	struct str pieces[HTTP_PIECES_MAX] = { 0 };
	unsigned methods;

	x->route = route_find(x->request.method, x->request.path, pieces, &methods);
	x->request.route = x->route;
	if (!methods) {
		http_fail(&x->reply, HTTP_NOT_FOUND, "Not Found");
		return false;
	}
	if (!strcmp(x->method_name, "OPTIONS"))
		return answer_options(x, methods);
	if (!x->route) {
		http_fail(&x->reply, HTTP_NOT_ALLOWED, "Method Not Allowed");
		http_header(&x->reply, "Allow", allowed(x, methods));
		return false;
	}
	return check_key(x) && decode_pieces(x, pieces) && check_params(x) && check_content_type(x);
}
