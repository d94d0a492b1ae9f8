/* SPDX-License-Identifier: MIT */
#include "query.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

static const char *find(const char *query, const char *key)
{
	size_t n = strlen(key);

	while (query && *query) {
		if (strncmp(query, key, n) == 0 &&
		    (query[n] == '=' || query[n] == '&' || !query[n]))
			return query + n + (query[n] == '=');
		query = strchr(query, '&');
		if (query)
			query++;
	}
	return NULL;
}

static int hex(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

char *query_text(const char *query, const char *key)
{
	const char *s = find(query, key);

	if (!s)
		return NULL;
	size_t n = strcspn(s, "&"), len = 0;
	char *out = sim_alloc(n + 1);
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '%' && i + 2 < n && isxdigit((unsigned char)s[i + 1]) &&
		    isxdigit((unsigned char)s[i + 2])) {
			out[len++] = (char)(hex(s[i + 1]) << 4 | hex(s[i + 2]));
			i += 2;
		} else {
			out[len++] = s[i] == '+' ? ' ' : s[i];
		}
	}
	return out;
}

bool query_has(const char *query, const char *key)
{
	return find(query, key) != NULL;
}

bool number_parse(const char *text, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		unsigned digit = (unsigned)(*text - '0');

		if (digit > 9 || n > (max - (digit <= max ? digit : max)) / 10)
			return false;
		n = n * 10 + digit;
	}
	if (n > max)
		return false;
	*out = n;
	return true;
}

bool query_number(const char *query, const char *key, uint64_t max, uint64_t otherwise,
		  uint64_t *out)
{
	char *text = query_text(query, key);
	bool ok = true;

	*out = otherwise;
	if (text)
		ok = number_parse(text, max, out);
	free(text);
	return ok;
}
