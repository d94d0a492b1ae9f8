#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/secret.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	VALUE_MAX = 4 * 1024,          /* bytes of one value as written */
	LINE_ROOM = LOG_LINE_MAX - 32, /* leaves what ends a line */
	STALLED_MS = 1000,             /* patience with a full pipe */
};

static struct log_conf conf = { .fd = STDERR_FILENO, .threshold = LOG_INFO };
/* Lines longer than a pipe's atomic write must not mix. */
static pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER;

static const struct level {
	enum log_level level;
	const char *name;
	const char *shown, *colour;
} levels[] = {
	{ LOG_TRACE, "trace", "TRACE", "\x1b[90m" }, { LOG_DEBUG, "debug", "DEBUG", "\x1b[36m" },
	{ LOG_INFO, "info", "INFO ", "\x1b[32m" },   { LOG_WARN, "warn", "WARN ", "\x1b[33m" },
	{ LOG_ERROR, "error", "ERROR", "\x1b[31m" }, { LOG_FATAL, "fatal", "FATAL", "\x1b[1;31m" },
	{ LOG_SILENT, "silent", "SILENT", "" },
};

static const struct level *level_of(enum log_level level)
{
	size_t i = 0;

	while (i + 1 < sizeof(levels) / sizeof(levels[0]) && levels[i].level < level)
		i++;
	return &levels[i];
}

bool log_level_parse(struct str name, enum log_level *ret)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (!str_eq_nocase(name, str_of(levels[i].name)))
			continue;
		*ret = levels[i].level;
		return true;
	}
	return false;
}

const char *log_level_name(enum log_level level)
{
	return level_of(level)->name;
}

struct log_conf log_conf_default(void)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");
	bool pretty = isatty(STDERR_FILENO);

	return (struct log_conf){
		.fd = STDERR_FILENO,
		.threshold = LOG_INFO,
		.pretty = pretty,
		.colour = pretty && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0,
	};
}

void log_setup(const struct log_conf *given)
{
	conf = *given;
}

bool log_enabled(enum log_level level)
{
	return level >= conf.threshold && level < LOG_SILENT;
}

/* ---- one character at a time ---- */

static const uint32_t BAD = 0xfffd;

/* Length of the sequence that a lead byte opens, the smallest value it may carry; 0: no lead byte. */
static size_t utf8_lead(unsigned char c, uint32_t *ret_bits, uint32_t *ret_min)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t min;
	} forms[] = { { 0x80, 0x00, 0 },
		      { 0xe0, 0xc0, 0x80 },
		      { 0xf0, 0xe0, 0x800 },
		      { 0xf8, 0xf0, 0x10000 } };

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if ((c & forms[i].mask) != forms[i].lead)
			continue;
		*ret_bits = c & (unsigned char)~forms[i].mask;
		*ret_min = forms[i].min;
		return i + 1;
	}
	return 0;
}

/* Take one character off; what is not UTF-8 gives U+FFFD and costs one byte. */
static uint32_t utf8_take(struct str *s, struct str *ret_bytes)
{
	uint32_t code = 0;
	uint32_t min = 0;
	size_t n = utf8_lead((unsigned char)s->at[0], &code, &min);
	bool good = n > 0 && n <= s->n;

	for (size_t i = 1; good && i < n; i++) {
		good = ((unsigned char)s->at[i] & 0xc0) == 0x80;
		code = code << 6 | ((unsigned char)s->at[i] & 0x3f);
	}
	if (!good || code < min || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
		s->at++;
		s->n--;
		*ret_bytes = STR("\xef\xbf\xbd");
		return BAD;
	}
	*ret_bytes = (struct str){ s->at, n };
	s->at += n;
	s->n -= n;
	return code;
}

/* How a character is written; `room` holds the escape. */
static struct str spell(uint32_t code, struct str bytes, bool quoted, char room[16])
{
	static const char *const named[] = {
		['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t", ['"'] = "\\\"", ['\\'] = "\\\\"
	};
	/* 0x7f-0x9f: terminals obey some of them. */
	bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);

	if (!control && !(quoted && (code == '"' || code == '\\')))
		return bytes;
	if (code < sizeof(named) / sizeof(named[0]) && named[code])
		return str_of(named[code]);
	(void)snprintf(room, 16, "\\u%04x", (unsigned)code);
	return str_of(room);
}

/* Masked, escaped, bounded; returns whether all of it was written. */
static bool add_text(struct buf *line, struct str text, bool quoted)
{
	char masked[VALUE_MAX];
	char room[16];
	bool cut;
	struct str rest = { masked, secret_mask_into(text, masked, sizeof(masked), &cut) };
	size_t from = line->n;

	while (rest.n > 0) {
		struct str bytes;
		uint32_t code = utf8_take(&rest, &bytes);
		struct str spelled = spell(code, bytes, quoted, room);

		/* The cut itself may have split a character: that is not bad input. */
		if (line->n - from + spelled.n > VALUE_MAX || (cut && code == BAD && rest.n < 3)) {
			cut = true;
			break;
		}
		buf_add_str(line, spelled);
	}
	if (cut)
		buf_add_str(line, STR("…"));
	return !cut;
}

/* ---- values ---- */

static bool add_quoted(struct buf *line, struct str text)
{
	bool whole;

	buf_add_char(line, '"');
	whole = add_text(line, text, true);
	buf_add_char(line, '"');
	return whole;
}

static struct str bare_text(const struct log_field *f, char room[24])
{
	switch (f->type) {
	case LOG_TYPE_INT:
		(void)snprintf(room, 24, "%" PRId64, f->i);
		return str_of(room);
	case LOG_TYPE_UINT:
		(void)snprintf(room, 24, "%" PRIu64, f->u);
		return str_of(room);
	case LOG_TYPE_BOOL:
		return f->b ? STR("true") : STR("false");
	case LOG_TYPE_STR:
	case LOG_TYPE_END:
		break;
	}
	return STR("null");
}

/* A number may spell a secret too; then it is no number any more. */
static bool add_bare(struct buf *line, struct str text)
{
	char masked[64];
	bool cut;
	size_t n = secret_mask_into(text, masked, sizeof(masked), &cut);

	if (!str_eq(text, (struct str){ masked, n }))
		return add_quoted(line, text);
	buf_add_str(line, text);
	return true;
}

static bool is_string(const struct log_field *f)
{
	return f->type == LOG_TYPE_STR && !str_is_none(f->s);
}

static bool json_value(struct buf *line, const struct log_field *f)
{
	char room[24];

	return is_string(f) ? add_quoted(line, f->s) : add_bare(line, bare_text(f, room));
}

static bool needs_quotes(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.at[i] == '\0' || strchr(" \t\r\n\"\\=", s.at[i]))
			return true;
	}
	return s.n == 0;
}

static bool pretty_value(struct buf *line, const struct log_field *f)
{
	if (is_string(f) && !needs_quotes(f->s))
		return add_text(line, f->s, false);
	return json_value(line, f);
}

/* ---- lines ---- */

struct form {
	const char *before_key, *after_key;
	bool (*value)(struct buf *line, const struct log_field *f);
};

static const struct form json = { ",\"", "\":", json_value };
static const struct form pretty = { " ", "=", pretty_value };

/* A field that does not fit is taken back whole: half a field is no JSON. */
static bool add_field(struct buf *line, const struct form *form, const struct log_field *f)
{
	size_t mark = line->n;
	bool whole;

	buf_printf(line, "%s%s%s", form->before_key, f->key, form->after_key);
	whole = form->value(line, f);
	if (!buf_overflowed(line) && line->n <= LINE_ROOM)
		return whole;
	line->n = mark;
	line->overflowed = false;
	return false;
}

static bool add_fields(struct buf *line, const struct form *form, const struct log_field *fields)
{
	bool whole = true;

	for (; fields->type != LOG_TYPE_END; fields++)
		whole &= add_field(line, form, fields);
	return whole;
}

static void json_line(struct buf *line, enum log_level level, const char *msg,
		      const struct log_field *fields)
{
	bool whole;

	buf_printf(line, "{\"level\":%d,\"time\":%" PRId64 ",\"msg\":", (int)level, clock_now_ms());
	whole = add_quoted(line, str_of(msg));
	whole &= add_fields(line, &json, fields);
	buf_add_str(line, whole ? STR("}\n") : STR(",\"cut\":true}\n"));
}

static void pretty_line(struct buf *line, enum log_level level, const char *msg,
			const struct log_field *fields)
{
	char now[CLOCK_TEXT_MAX];
	const struct level *l = level_of(level);
	bool whole;

	/* Of "2026-08-22T14:03:00.000Z" the time; the day is today. */
	buf_printf(line, "%s %s%s%s ", clock_text(clock_now_ms(), now) + 11,
		   conf.colour ? l->colour : "", l->shown, conf.colour ? "\x1b[0m" : "");
	whole = add_text(line, str_of(msg), false);
	whole &= add_fields(line, &pretty, fields);
	buf_add_str(line, whole ? STR("\n") : STR(" cut=true\n"));
}

/* ---- out ---- */

static bool wait_writable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, STALLED_MS) == 1;
}

static void put(struct str line)
{
	int kept = errno;

	(void)pthread_mutex_lock(&writing);
	while (line.n > 0) {
		ssize_t n = write(conf.fd, line.at, line.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN && wait_writable(conf.fd))
			continue;
		if (n < 0)
			break;
		line.at += n;
		line.n -= (size_t)n;
	}
	(void)pthread_mutex_unlock(&writing);
	errno = kept;
}

void log_write(enum log_level level, const char *msg, const struct log_field *fields)
{
	BUF_AUTO(line, LOG_LINE_MAX);

	if (!log_enabled(level))
		return;
	if (conf.pretty)
		pretty_line(&line, level, msg, fields);
	else
		json_line(&line, level, msg, fields);
	put(buf_str(&line));
}
