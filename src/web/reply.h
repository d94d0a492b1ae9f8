/*
 * reply: a body that a handler makes out of what it read.
 */
#pragma once
#include "web/http.h"

/* The reply's body, empty; what was in it before is gone.  It holds no more than one answer may have. */
struct buf *reply_begin(const struct http_request *q, struct http_reply *r);
/* A tag of the very bytes: for what is cheap to make and asked for again and again. */
void reply_tag(const struct http_request *q, struct http_reply *r);
