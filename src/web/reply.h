/*
 * reply: beginning and end of a body that a handler makes out of what it read.
 */
#pragma once
#include "web/http.h"

/* The reply's body, empty, up to what one answer may have. */
struct buf *reply_begin(const struct http_request *q, struct http_reply *r);
/* It is whole; or it became too large, and the reply says that instead. */
void reply_end(struct http_reply *r);
/* As reply_end(), and a tag of the very bytes: for what is cheap to make and asked for again and again. */
void reply_end_tagged(const struct http_request *q, struct http_reply *r);
