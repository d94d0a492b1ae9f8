/*
 * base64: bytes as text (RFC 4648).
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"

/* In the alphabet for URLs and file names, without padding; appended. */
void base64url_add(struct buf *out, const void *bytes, size_t n);
/* In the usual alphabet, padded; appended. */
void base64_add(struct buf *out, const void *bytes, size_t n);
/* The usual alphabet, with or without padding, nothing else in between; false: it is none. */
bool base64_decode(struct str text, struct arena *a, struct str *ret);
