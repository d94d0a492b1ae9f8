/*
 * log: one event, one line, on stderr.
 *
 * JSON in pino's shape, {"level":30,"time":MS,"msg":"…","provider":"…"}, or on a
 * terminal a readable line with the same fields.  Only task/, cmd/ and web/ log;
 * layers 0-2 return an error instead, and conf/ only reads level names.
 *
 *	log_event(LOG_WARN, "Skipping model", LOG_STR("provider", slug),
 *		  LOG_INT("seen", n), LOG_ERR(e));
 *	log_say(LOG_INFO, "stopped");
 *
 * The line is valid UTF-8 whatever the values are (bad bytes become U+FFFD,
 * control characters are escaped), free of registered secrets (base/secret.h)
 * and at most LOG_LINE_MAX bytes: a longer value ends in "…", a field that has
 * no room is left out, and the line then says "cut":true.  It leaves in one
 * write(2); any thread may log.  Nothing here fails: a line that cannot be
 * written is lost.  errno is kept.
 */
#pragma once
#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

enum log_level {
	LOG_TRACE = 10,
	LOG_DEBUG = 20,
	LOG_INFO = 30,
	LOG_WARN = 40,
	LOG_ERROR = 50,
	LOG_FATAL = 60,
	LOG_SILENT = 70, /* a threshold only */
};

enum { LOG_LINE_MAX = 16 * 1024 };

struct log_conf {
	int fd;
	enum log_level threshold; /* events below it are dropped */
	bool pretty;              /* for people instead of JSON */
	bool colour;              /* pretty only */
};

enum log_type { LOG_TYPE_END, LOG_TYPE_STR, LOG_TYPE_INT, LOG_TYPE_UINT, LOG_TYPE_BOOL };

struct log_field {
	const char *key; /* a literal: letters, digits, '_' */
	enum log_type type;
	union {
		struct str s; /* absent: null */
		int64_t i;
		uint64_t u;
		bool b;
	};
};

#define LOG_FIELD(k, t, member, v) ((struct log_field){ .key = (k), .type = (t), .member = (v) })
#define LOG_STR(k, v)              LOG_FIELD(k, LOG_TYPE_STR, s, v)         /* struct str */
#define LOG_TEXT(k, v)             LOG_FIELD(k, LOG_TYPE_STR, s, str_of(v)) /* const char *, NULL: null */
#define LOG_INT(k, v)              LOG_FIELD(k, LOG_TYPE_INT, i, v)
#define LOG_UINT(k, v)             LOG_FIELD(k, LOG_TYPE_UINT, u, v)
#define LOG_BOOL(k, v)             LOG_FIELD(k, LOG_TYPE_BOOL, b, v)
/* Two fields: the kind for programs, the sentence for people. */
#define LOG_ERR(e) LOG_TEXT("kind", err_kind_name((e)->kind)), LOG_TEXT("err", (e)->text)
#define LOG_END    ((struct log_field){ .type = LOG_TYPE_END })

/* An event with at least one field; without any, log_say(). */
#define log_event(level, msg, ...) \
	log_write((level), (msg), (const struct log_field[]){ __VA_ARGS__, LOG_END })
#define log_say(level, msg) log_write((level), (msg), (const struct log_field[]){ LOG_END })

/* stderr at info; pretty on a terminal; coloured there unless NO_COLOR or a dumb one. */
struct log_conf log_conf_default(void);
/* Before the first thread starts; until then log_conf_default() without a terminal holds. */
void log_setup(const struct log_conf *given);

bool log_enabled(enum log_level level);
void log_write(enum log_level level, const char *msg, const struct log_field *fields);

/* "trace" … "fatal", "silent", in any case of letters. */
bool log_level_parse(struct str name, enum log_level *ret);
const char *log_level_name(enum log_level level);
