/*
 * decode: wire body → document bytes, bounded.  Pure; runs on any thread.
 */
#pragma once
#include "base/err.h"
#include "net/fetch.h"

struct document {
	unsigned char *at; /* malloc'd, FETCH_PADDING zero bytes behind [0, n) */
	size_t n;
};

/*
 * Inflate a gzip body (one or more members) of any announced size, at most
 * `max` bytes (ERR_LIMIT beyond); bad or cut data is ERR_PARSE.  An identity
 * body is passed on without a copy: in both cases *body_io is consumed (freed
 * or moved) and NULL afterwards on success; on failure it is untouched.
 * *body_io is what fetch_take_body() gave: malloc'd, padded already.
 */
bool decode_body(unsigned char **body_io, size_t n, enum fetch_encoding encoding, size_t max,
		 struct document *ret, struct err *e);
