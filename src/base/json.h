/*
 * json: reading documents with yyjson the way this project needs it, and
 * writing text.
 *
 * Reading: numbers stay raw text (prices must stay exact) and strings may hold
 * ill-formed UTF-8 until they are taken with json_str(), so that one bad byte
 * in a description does not cost a whole list.  The parser is iterative: depth
 * is no danger.  Values are good until their document is freed.
 *
 * Writing: straight into a buf; the writer puts commas, the caller sees to it
 * that objects get keys and arrays do not.
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#include <yyjson.h>

/*
 * Parse in place: `bytes` is overwritten, needs YYJSON_PADDING_SIZE spare bytes
 * behind [0, n) and must outlive the document.  ERR_PARSE says at which byte.
 */
bool json_read_insitu(char *bytes, size_t n, yyjson_doc **ret, struct err *e);
/* The same from bytes that stay as they are. */
bool json_read(struct str bytes, yyjson_doc **ret, struct err *e);

/* Bytes that are no JSON, but the beginning of some: what follows did not come. */
bool json_ends_early(struct str bytes);

/*
 * Escapes of half a surrogate pair ("\\ud83d" alone), which no UTF-8 can hold and
 * the parser refuses, become that of U+FFFD, in place and of the same length.
 * Returns how many.
 */
size_t json_mend_surrogates(char *bytes, size_t n);

static inline void json_doc_free(yyjson_doc **doc)
{
	yyjson_doc_free(*doc);
}
#define JSON_DOC_AUTO(name) yyjson_doc *name __attribute__((cleanup(json_doc_free))) = NULL

/* "a string", "an object", "null" … for sentences. */
const char *json_type(yyjson_val *v);

/* The bytes of a string or raw number as they are; absent for anything else. */
struct str json_raw(yyjson_val *v);
/* A string as clean UTF-8 (base/utf8.h), absent for anything else. */
struct str json_str(yyjson_val *v, struct arena *a);

struct json_writer {
	struct buf *out;
	bool comma; /* something stands before the next member */
};

void json_open(struct json_writer *w, char bracket);  /* '{' or '[' */
void json_close(struct json_writer *w, char bracket); /* '}' or ']' */
void json_key(struct json_writer *w, const char *key);
void json_key_str(struct json_writer *w, struct str key); /* clean UTF-8 */
void json_put_str(struct json_writer *w,
		  struct str s); /* absent: null; ill-formed UTF-8 becomes U+FFFD */
void json_put_i64(struct json_writer *w, int64_t n);
void json_put_bool(struct json_writer *w, bool yes);
void json_put_raw(struct json_writer *w, struct str text); /* JSON already; absent: null */

/* key and value in one call */
void json_add_str(struct json_writer *w, const char *key, struct str s);
void json_add_i64(struct json_writer *w, const char *key, int64_t n);
void json_add_bool(struct json_writer *w, const char *key, bool yes);
void json_add_raw(struct json_writer *w, const char *key, struct str text);
/* RFC 3339; CLOCK_NONE: null. */
void json_add_instant(struct json_writer *w, const char *key, int64_t ms);
/* A count; below 0, not known: null. */
void json_add_known(struct json_writer *w, const char *key, int64_t n);
/* n / 10^decimals with all its decimals (0..18); below 0, not known: null. */
void json_add_decimal(struct json_writer *w, const char *key, int64_t n, unsigned decimals);

/*
 * A JSON string with the least escaping there is: \" \\ and \u00xx below 0x20,
 * all else as it stands.  The canonical form of snapshots relies on it.
 */
void json_add_quoted(struct buf *out, struct str s);

/* Is it nested deeper than `levels` containers?  (1: a scalar or a flat one is not.) */
bool json_is_deeper(yyjson_val *v, unsigned levels);

/* A parsed value as compact text, appended; numbers digit for digit, U+0000 as U+FFFD. */
void json_add_value(struct buf *out, yyjson_val *v);
