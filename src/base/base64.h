/*
 * base64: bytes as text (RFC 4648).
 */
#pragma once
#include "base/buf.h"

/* In the alphabet for URLs and file names, without padding; appended. */
void base64url_add(struct buf *out, const void *bytes, size_t n);
