#include "web/reply.h"

#include "base/fingerprint.h"
#include "web/web.h"

struct buf *reply_begin(const struct http_request *q, struct http_reply *r)
{
	buf_release(&r->body);
	r->body = BUF_INIT(q->web->conf.limits.reply_max);
	return &r->body;
}

void reply_tag(const struct http_request *q, struct http_reply *r)
{
	char text[HASH_TEXT_MAX];
	struct hash name;

	fingerprint_bytes(r->body.at, r->body.n, &name);
	if (http_is_fresh(q, r, arena_str(q->arena, str_of(hash_text(&name, text)))))
		buf_release(&r->body);
}
