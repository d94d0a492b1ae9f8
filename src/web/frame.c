#include "web/frame.h"

enum { CRLF = 2 };

static bool is_crlf(const char *at, const char *end)
{
	return end - at >= CRLF && at[0] == '\0' && at[1] == '\0';
}

/* Between colon and value. */
static bool is_blank(const char *from, const char *to)
{
	while (from < to && (*from == ' ' || *from == '\t'))
		from++;
	return from == to;
}

const char *frame_check_layout(const struct frame *f)
{
	const char *end = f->method + f->n_head;
	const char *at = f->method + strlen(f->method) + 1 + f->n_target + 1;

	if (f->version != at)
		return "the request line is not METHOD PATH HTTP/1.1";
	at += strlen(f->version);
	for (size_t i = 0; i < f->n_headers; i++) {
		const struct frame_header *h = &f->headers[i];

		if (!is_crlf(at, end) || h->name.at != at + CRLF)
			return "each line of the head must end with CRLF, be a header of its own and hold no NUL";
		const char *colon = h->name.at + h->name.n;
		if (h->value.at <= colon || h->value.at > end || !is_blank(colon + 1, h->value.at))
			return "a header is not NAME: VALUE";
		at = h->value.at + h->value.n;
	}
	if (!is_crlf(at, end) || !is_crlf(at + CRLF, end) || at + CRLF + CRLF != end)
		return "each line of the head must end with CRLF, be a header of its own and hold no NUL";
	return NULL;
}

/* RFC 9110, 5.6.2 */
static bool is_token(struct str s)
{
	static const char others[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < s.n; i++) {
		char c = s.at[i];
		bool plain = (c >= '0' && c <= '9') || ((c | ' ') >= 'a' && (c | ' ') <= 'z');

		if (!plain && !memchr(others, c, sizeof(others) - 1))
			return false;
	}
	return s.n > 0;
}

static bool has_controls(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.at[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return true;
	}
	return false;
}

static bool is_digits(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.at[i] < '0' || s.at[i] > '9')
			return false;
	return s.n > 0;
}

const char *frame_check_headers(const struct frame *f)
{
	for (size_t i = 0; i < f->n_headers; i++) {
		const struct frame_header *h = &f->headers[i];

		if (!is_token(h->name))
			return "a header's name holds what no name may hold";
		if (has_controls(h->value))
			return "a header's value holds a control character";
		if (str_eq_nocase(h->name, STR("content-length")) && !is_digits(str_trim(h->value)))
			return "Content-Length is no number";
	}
	return NULL;
}
