#include "base/err.h"

#include "base/secret.h"

#include <stdio.h>
#include <string.h>

enum { QUOTED_MAX = 60 };

/* A text that filled its room may end inside a character: take that off. */
static void trim_cut(char text[ERR_TEXT_MAX])
{
	size_t n = strlen(text);
	size_t tail = 0;
	unsigned char head;

	if (n < ERR_TEXT_MAX - 1)
		return;
	while (tail < 3 && tail < n && ((unsigned char)text[n - 1 - tail] & 0xc0) == 0x80)
		tail++;
	head = (unsigned char)text[n - 1 - tail];
	if (head >= 0xc0 && tail < (head < 0xe0 ? 1U : head < 0xf0 ? 2U : 3U))
		text[n - 1 - tail] = '\0';
}

void err_set_to(struct err *e, enum err_kind kind, const char *format, ...)
{
	va_list args;

	e->kind = kind;
	va_start(args, format);
	(void)vsnprintf(e->text, sizeof(e->text), format, args);
	va_end(args);
	trim_cut(e->text);
}

void err_set_errno(struct err *e, enum err_kind kind, int number, const char *format, ...)
{
	char reason[128];
	va_list args;
	int n;

	e->kind = kind;
	va_start(args, format);
	n = vsnprintf(e->text, sizeof(e->text), format, args);
	va_end(args);
	if (n >= 0 && (size_t)n < sizeof(e->text))
		(void)snprintf(e->text + n, sizeof(e->text) - (size_t)n, ": %s",
			       strerror_r(number, reason, sizeof(reason)));
	trim_cut(e->text);
}

void err_add_context(struct err *e, const char *format, ...)
{
	char prefix[ERR_TEXT_MAX];
	va_list args;
	size_t n;
	int wanted;

	va_start(args, format);
	wanted = vsnprintf(prefix, sizeof(prefix) - 2, format, args);
	va_end(args);
	if (wanted < 0)
		return;
	n = strlen(prefix);
	memcpy(prefix + n, ": ", 2);
	n += 2;
	/* What the prefix pushes over the end is cut; the NUL stays. */
	memmove(e->text + n, e->text, sizeof(e->text) - n);
	memcpy(e->text, prefix, n);
	e->text[sizeof(e->text) - 1] = '\0';
	trim_cut(e->text);
}

const char *err_kind_name(enum err_kind kind)
{
	static const char *const names[] = {
		[ERR_NONE] = "none",   [ERR_USAGE] = "usage",     [ERR_CONFIG] = "config",
		[ERR_IO] = "io",       [ERR_NET] = "network",     [ERR_TIMEOUT] = "timeout",
		[ERR_HTTP] = "http",   [ERR_LIMIT] = "limit",     [ERR_PARSE] = "parse",
		[ERR_DATA] = "data",   [ERR_PARTIAL] = "partial", [ERR_SUSPECT] = "suspect",
		[ERR_DB] = "database", [ERR_BUSY] = "busy",       [ERR_CANCELLED] = "cancelled",
	};

	return names[kind];
}

const char *err_quote(const char *bytes, size_t n)
{
	static _Thread_local char ring[4][256];
	static _Thread_local unsigned turn;
	char *out = ring[turn++ % 4];
	char shown[QUOTED_MAX];
	size_t at = 0;
	bool cut;

	/* Before it is cut: of half a secret nobody could tell what it is. */
	n = secret_mask_into((struct str){ bytes, n }, shown, sizeof(shown), &cut);
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)shown[i];

		if (c >= 0x20 && c < 0x7f)
			out[at++] = (char)c;
		else
			at += (size_t)snprintf(out + at, 5, "\\x%02x", c);
	}
	if (cut) {
		memcpy(out + at, "…", 3);
		at += 3;
	}
	out[at] = '\0';
	return out;
}
