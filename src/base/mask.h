/*
 * mask: HTTP headers as a JSON object in which nothing secret stands.
 *
 * {"authorization":"Bearer [MASKED]","content-type":"application/json"}: names in lower case,
 * in the order of their first coming; values of one name joined by ", ".  Masked by name:
 * authorization and proxy-authorization keep their scheme, cookie, set-cookie, x-api-key,
 * api-key, x-goog-api-key and whatever ends in -token or -secret keep nothing; and every
 * registered secret (base/secret.h) wherever it stands.
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
