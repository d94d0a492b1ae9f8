#include "web/reply.h"

#include "base/fingerprint.h"
#include "web/web.h"

struct buf *reply_begin(const struct http_request *q, struct http_reply *r)
{
	buf_release(&r->body);
	r->body = BUF_INIT(q->web->conf.limits.reply_max);
	return &r->body;
}

void reply_end(struct http_reply *r)
{
	if (buf_overflowed(&r->body))
		http_fail(r, HTTP_SERVER_ERROR,
			  "the answer is larger than ASSAY_HTTP_REPLY_MAX_MIB allows: ask for less");
}

void reply_end_tagged(const struct http_request *q, struct http_reply *r)
{
	char text[HASH_TEXT_MAX];
	struct hash name;

	reply_end(r);
	if (r->status != HTTP_OK)
		return;
	fingerprint_bytes(r->body.at, r->body.n, &name);
	if (http_is_fresh(q, r, arena_str(q->arena, str_of(hash_text(&name, text)))))
		buf_release(&r->body);
}
