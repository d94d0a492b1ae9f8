/*
 * mask: HTTP headers as a JSON object in which nothing secret stands.
 *
 * {"authorization":"Bearer [MASKED]","content-type":"application/json"}: names in lower case,
 * in the order of their first coming; values of one name joined by ", ".  Masked by name:
 * authorization and proxy-authorization keep their scheme, cookie, set-cookie, api-key and
 * whatever ends in -api-key, -token or -secret keep nothing (the tables stand in mask.c); and
 * every registered secret (base/secret.h) wherever it stands.
 *
 * Valid JSON and UTF-8 without NUL whatever comes, and bounded: a value ends in "…" where it was
 * cut, members beyond 32 KiB are only counted: "…":"3 more".
 */
#pragma once
#include "base/buf.h"
#include "base/str.h"

struct mask_header {
	struct str name, value;
};
void mask_headers(const struct mask_header *headers, size_t n, struct buf *out);
/* The same of a header block as it came: status line, "Name: value" lines, CRLF or LF. */
void mask_header_block(struct str head, struct buf *out);
