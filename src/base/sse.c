#include "base/sse.h"

struct line {
	struct str text;
	size_t known; /* bytes after which it was known to have ended */
};

/* What is put together of the lines of one event. */
struct lines {
	struct str name, data;
	size_t n_data;     /* `data` lines */
	size_t data_bytes; /* of them together */
	size_t from;       /* where the first one begins */
};

void sse_begin(struct sse *s, struct str body)
{
	*s = (struct sse){ .body = body };
	if (str_starts(body, STR("\xef\xbb\xbf")))
		s->at = 3;
}

/* Byte by byte: to look for either of two ends with memchr() takes quadratic time where one is missing. */
static bool next_line(struct sse *s, struct line *ret)
{
	const char *bytes = s->body.at;
	size_t from = s->at;
	size_t i = from;

	if (from == s->body.n)
		return false;
	while (i < s->body.n && bytes[i] != '\n' && bytes[i] != '\r')
		i++;
	ret->text = (struct str){ bytes + from, i - from };
	s->at = i;
	if (i < s->body.n)
		s->at += bytes[i] == '\r' && i + 1 < s->body.n && bytes[i + 1] == '\n' ? 2 : 1;
	ret->known = i < s->body.n ? i + 1 : i;
	return true;
}

/* A line without a colon is a field without a value. */
static void split_field(struct str line, struct str *ret_name, struct str *ret_value)
{
	*ret_value = line;
	(void)str_cut(ret_value, ':', ret_name);
	if (str_starts(*ret_value, STR(" "))) {
		ret_value->at++;
		ret_value->n--;
	}
}

static void take_line(struct lines *l, struct str line, size_t from)
{
	struct str name, value;

	split_field(line, &name, &value);
	if (str_eq(name, STR("event")))
		l->name = value;
	if (!str_eq(name, STR("data")))
		return;
	if (l->n_data == 0)
		l->from = from;
	l->data = value;
	l->n_data++;
	l->data_bytes += value.n + 1;
}

/* The `data` lines again, from the first one on. */
static struct str join_data(struct str body, const struct lines *l, struct arena *a)
{
	struct sse s = { .body = body, .at = l->from };
	char *out = arena_alloc(a, l->data_bytes);
	struct line line;
	size_t n = 0;

	for (size_t left = l->n_data; left > 0 && next_line(&s, &line);) {
		struct str name, value;

		split_field(line.text, &name, &value);
		if (!str_eq(name, STR("data")))
			continue;
		if (value.n)
			memcpy(out + n, value.at, value.n);
		n += value.n;
		out[n++] = '\n';
		left--;
	}
	return (struct str){ out, n - 1 };
}

static void tell(const struct sse *s, const struct lines *l, size_t end, bool complete,
		 struct arena *a, struct sse_event *ret)
{
	*ret = (struct sse_event){
		.name = l->name,
		.data = l->n_data > 1 ? join_data(s->body, l, a) : l->data,
		.end = end,
		.complete = complete,
	};
}

bool sse_next(struct sse *s, struct arena *a, struct sse_event *ret)
{
	struct lines l = { .n_data = 0 };
	size_t from = s->at;
	struct line line;

	for (; next_line(s, &line); from = s->at) {
		if (line.text.n > 0) {
			take_line(&l, line.text, from);
		} else if (l.n_data > 0) {
			tell(s, &l, line.known, true, a, ret);
			return true;
		} else {
			l = (struct lines){ .n_data = 0 };
		}
	}
	if (l.n_data == 0)
		return false;
	tell(s, &l, s->body.n, false, a, ret);
	return true;
}
