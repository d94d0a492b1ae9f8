/*
 * err: what went wrong, as a value.
 *
 * A function that can fail returns bool and takes `struct err *e` last.  On
 * failure it fills *e (never NULL) and leaves its other out-parameters alone.
 * The *kind* is for the program (retry? whose fault?), the sentence is for a
 * human; nobody compares sentences.  Layers 0-2 never log an error, they
 * return it, each caller adding where it happened in front (err_wrap); task/
 * and cmd/ report it once.
 *
 *	if (!dec_parse(&d, token, e))
 *		return err_wrap(e, "/pricing/prompt");
 *
 * A bug of ours is an assert; lack of memory is an abort; hostile input is
 * always one of these.  No secret may enter a sentence: what came from
 * outside goes through err_quote().
 */
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

enum err_kind {
	ERR_NONE,
	ERR_USAGE,     /* the user's words: option, setting, slug */
	ERR_CONFIG,    /* a descriptor or file of the user is wrong */
	ERR_IO,        /* a file or a descriptor of the system */
	ERR_NET,       /* no HTTP answer: DNS, connect, TLS, reset, cut short */
	ERR_TIMEOUT,   /* no HTTP answer in time */
	ERR_HTTP,      /* an answer whose status is an error */
	ERR_LIMIT,     /* larger than we accept */
	ERR_PARSE,     /* not the syntax it claims to be */
	ERR_DATA,      /* good syntax, but not the shape or value agreed on */
	ERR_PARTIAL,   /* a list that is provably not whole */
	ERR_SUSPECT,   /* a whole list that is implausibly short: held back */
	ERR_DB,        /* the database refused */
	ERR_BUSY,      /* somebody else holds it */
	ERR_CANCELLED, /* stopped on request */
};

#define ERR_TEXT_MAX 480

struct err {
	enum err_kind kind;
	char text[ERR_TEXT_MAX]; /* one line, UTF-8, cut when longer */
};

/*
 * Always false, so that `return err_set(e, …);` reads as one act; macros, so that
 * compilers and analysers see that it is.
 *
 *	bool err_set(struct err *e, enum err_kind kind, const char *format, ...);
 *	bool err_errno(struct err *e, enum err_kind kind, int number, const char *format, ...);
 *	bool err_wrap(struct err *e, const char *format, ...);
 *
 * err_errno() adds the system's words for the number.  err_wrap() puts "context: "
 * in front of the sentence; the kind stays.
 */
#define err_set(...)   (err_set_to(__VA_ARGS__), err_said())
#define err_errno(...) (err_set_errno(__VA_ARGS__), err_said())
#define err_wrap(...)  (err_add_context(__VA_ARGS__), err_said())

static inline bool err_said(void)
{
	return false;
}

void err_set_to(struct err *e, enum err_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void err_set_errno(struct err *e, enum err_kind kind, int number, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void err_add_context(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The word for a kind, as it appears in logs and in sync_runs.error_kind. */
const char *err_kind_name(enum err_kind kind);

/*
 * Foreign bytes made fit for a sentence: secrets masked (base/secret.h), at most 60 characters, control and
 * non-ASCII bytes as \xNN, "…" where cut.  Returns one of four static
 * per-thread buffers, good until the fifth call.
 */
const char *err_quote(const char *bytes, size_t n);
