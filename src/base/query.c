#include "base/query.h"

struct str query_encoded(struct str s, struct arena *a)
{
	static const char digits[] = "0123456789ABCDEF";
	char *out = arena_alloc(a, s.n * 3 + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.at[i];

		if ((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
		    c == '-' || c == '_' || c == '.' || c == '~') {
			out[n++] = (char)c;
		} else {
			out[n++] = '%';
			out[n++] = digits[c >> 4];
			out[n++] = digits[c & 15];
		}
	}
	out[n] = '\0';
	return (struct str){ out, n };
}

struct text {
	char *at;
	size_t n;
};

static void add(struct text *t, struct str s)
{
	if (s.n)
		memcpy(t->at + t->n, s.at, s.n);
	t->n += s.n;
}

static void add_parameter(struct text *t, char mark, struct str name, struct str value)
{
	add(t, (struct str){ &mark, 1 });
	add(t, name);
	add(t, STR("="));
	add(t, value);
}

static bool is_named(struct str parameter, struct str name)
{
	struct str head;

	(void)str_cut(&parameter, '=', &head);
	return str_eq(head, name);
}

struct str query_set(struct str url, struct str name, struct str value, struct arena *a)
{
	return query_put(url, name, query_encoded(value, a), a);
}

struct str query_put(struct str url, struct str name, struct str encoded, struct arena *a)
{
	struct text out = { arena_alloc(a, url.n + name.n + encoded.n + 3), 0 };
	struct str parameter;
	char mark = '?';
	bool done = false;
	struct str head;
	bool more;

	(void)str_cut(&url, '#', &head);
	url = head;
	more = str_cut(&url, '?', &head);
	add(&out, head);
	while (more) {
		more = str_cut(&url, '&', &parameter);
		if (!is_named(parameter, name)) {
			if (parameter.n == 0)
				continue;
			add(&out, (struct str){ &mark, 1 });
			add(&out, parameter);
		} else if (!done) {
			add_parameter(&out, mark, name, encoded);
			done = true;
		} else {
			continue;
		}
		mark = '&';
	}
	if (!done)
		add_parameter(&out, mark, name, encoded);
	out.at[out.n] = '\0';
	return (struct str){ out.at, out.n };
}
