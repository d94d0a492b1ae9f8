/* SPDX-License-Identifier: MIT */
#include "fault.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "hostile.h"
#include "rng.h"

enum {
	DRIP_MS = 50,
	GARBAGE_BYTES = 4096,
	BOMB_BLOCK = 1024 * 1024,
	BOMB_BLOCKS_LOG2 = 11, /* 2048 blocks of 1 MiB: 2 GiB */
	OVERSIZE_BLOCK = 1024 * 1024,
};
#define OVERSIZE_BYTES (UINT64_C(1) << 30)

static const char *const names[FAULT_KINDS] = {
	[FAULT_NONE] = "none",
	[FAULT_EMPTY_LIST] = "empty_list",
	[FAULT_GZIP_BOMB] = "gzip_bomb",
	[FAULT_GZIP_GARBAGE] = "gzip_garbage",
	[FAULT_GZIP_TRUNCATED] = "gzip_truncated",
	[FAULT_HALF_LIST] = "half_list",
	[FAULT_HALF_LIST_COUNTED] = "half_list_counted",
	[FAULT_HOSTILE] = "hostile",
	[FAULT_HTML] = "html",
	[FAULT_INVALID_JSON] = "invalid_json",
	[FAULT_NEXT_PAGE] = "next_page",
	[FAULT_NOT_OBJECT] = "not_object",
	[FAULT_NULL_BODY] = "null_body",
	[FAULT_OVERSIZE] = "oversize",
	[FAULT_REDIRECT] = "redirect",
	[FAULT_RESET] = "reset",
	[FAULT_RESET_EARLY] = "reset_early",
	[FAULT_SLOW_DRIP] = "slow_drip",
	[FAULT_STATUS] = "status",
	[FAULT_TIMEOUT] = "timeout",
	[FAULT_TRUNCATED] = "truncated",
	[FAULT_TRUNCATED_CHUNKED] = "truncated_chunked",
	[FAULT_WRONG_SHAPE] = "wrong_shape",
};

const char *fault_name(enum fault_kind k)
{
	return names[k];
}

bool fault_by_name(const char *name, enum fault_kind *out)
{
	for (int k = 0; k < FAULT_KINDS; k++) {
		if (strcmp(names[k], name) != 0)
			continue;
		*out = (enum fault_kind)k;
		return true;
	}
	return false;
}

void fault_clear(struct fault *f)
{
	free(f->location);
	free(f->part);
	*f = (struct fault){ .retry_after_s = -1 };
}

bool fault_page(const struct fault *f, struct page *p, struct buf *extra)
{
	size_t half = p->rows / 2;

	if (f->kind == FAULT_EMPTY_LIST) {
		p->rows = p->total = 0;
	} else if (f->kind == FAULT_HALF_LIST) {
		p->rows = half;
		p->counted = false;
	} else if (f->kind == FAULT_HALF_LIST_COUNTED) {
		p->rows = half;
	} else if (f->kind == FAULT_NEXT_PAGE) {
		p->rows = half;
		p->has_next = true;
	} else if (f->kind == FAULT_WRONG_SHAPE) {
		p->rows_as_object = true;
	} else if (f->kind == FAULT_HOSTILE) {
		p->total += hostile_write(extra, f->part);
		p->extra = extra;
	} else {
		return false;
	}
	return true;
}

static struct blob *text_blob(const char *text)
{
	struct buf b = { 0 };

	buf_str(&b, text);
	return blob_from(&b);
}

static struct blob *blob_start(const struct blob *whole, size_t n)
{
	struct buf b = { 0 };

	buf_add(&b, whole->data, n < whole->len ? n : whole->len);
	return blob_from(&b);
}

/* One block of spaces as a deflate block that ends on a byte and forgets its history, so that it
 * can be repeated: 2 GiB for the work of 1 MiB. */
static void bomb_block(struct buf *out, uLong *crc)
{
	z_stream z = { 0 };
	struct buf spaces = { 0 };

	buf_fill(&spaces, ' ', BOMB_BLOCK);
	*crc = crc32(0, (const Bytef *)spaces.data, BOMB_BLOCK);
	if (deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	buf_reserve(out, BOMB_BLOCK);
	z.next_in = (Bytef *)spaces.data;
	z.avail_in = BOMB_BLOCK;
	z.next_out = (Bytef *)out->data;
	z.avail_out = BOMB_BLOCK;
	deflate(&z, Z_FULL_FLUSH);
	out->len = z.total_out;
	deflateEnd(&z);
	buf_release(&spaces);
}

static struct blob *gzip_bomb(void)
{
	static const char head[] = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03";
	struct buf block = { 0 }, out = { 0 };
	uLong crc;
	uint32_t size = (uint32_t)BOMB_BLOCK << BOMB_BLOCKS_LOG2;

	bomb_block(&block, &crc);
	buf_add(&out, head, 10);
	for (int i = 0; i < 1 << BOMB_BLOCKS_LOG2; i++)
		buf_add(&out, block.data, block.len);
	for (int i = 0; i < BOMB_BLOCKS_LOG2; i++)
		crc = crc32_combine(crc, crc, (z_off_t)BOMB_BLOCK << i);
	buf_add(&out, "\x03\x00", 2);
	for (int i = 0; i < 32; i += 8)
		buf_char(&out, (char)(crc >> i & 0xff));
	for (int i = 0; i < 32; i += 8)
		buf_char(&out, (char)(size >> i & 0xff));
	buf_release(&block);
	return blob_from(&out);
}

static struct blob *garbage(void)
{
	struct rng r = rng_from(0, "garbage", 0);
	struct buf b = { 0 };

	while (b.len < GARBAGE_BYTES)
		buf_char(&b, (char)rng_next(&r));
	b.data[0] = 'x'; /* surely not gzip's magic */
	return blob_from(&b);
}

static struct blob *endless(void)
{
	struct buf b = { 0 };

	buf_char(&b, '[');
	while (b.len < OVERSIZE_BLOCK)
		buf_str(&b, "0,");
	return blob_from(&b);
}

static void send_status(const struct fault *f, struct reply *rp)
{
	struct buf json = { 0 };

	buf_printf(&json, "{\"error\":{\"code\":%d,\"message\":\"%s\"}}", f->status,
		   http_reason(f->status));
	if (f->retry_after_s >= 0)
		buf_printf(&rp->headers, "Retry-After: %jd\r\n", (intmax_t)f->retry_after_s);
	reply_json(rp, f->status, &json);
}

static void send_json(struct reply *rp, struct blob *body)
{
	rp->body = body;
	reply_header(rp, "Content-Type", "application/json");
}

static void send_gzip(struct reply *rp, struct blob *body)
{
	send_json(rp, body);
	reply_header(rp, "Content-Encoding", "gzip");
}

static void send_part(struct reply *rp, const struct blob *document, enum ending ending)
{
	send_json(rp, blob_start(document, document->len));
	rp->send_max = document->len / 2;
	rp->ending = ending;
}

static void send_gzip_part(struct reply *rp, const struct blob *document)
{
	struct blob *whole = blob_gzip(document, 6);

	send_gzip(rp, blob_start(whole, whole->len / 2));
	blob_unref(whole);
}

static void send_nothing(struct reply *rp, enum ending ending)
{
	rp->status = 0;
	rp->ending = ending;
}

static void send_redirect(const struct fault *f, struct reply *rp)
{
	rp->status = 302;
	reply_header(rp, "Location", f->location ? f->location : "/");
}

static void send_html(struct reply *rp)
{
	rp->body = text_blob("<!doctype html><html><head><title>One moment</title></head><body>"
			     "<h1>Checking your browser</h1></body></html>\n");
	reply_header(rp, "Content-Type", "text/html; charset=utf-8");
}

bool fault_send(const struct fault *f, const struct blob *document, struct reply *rp)
{
	switch (f->kind) {
	case FAULT_STATUS:
		send_status(f, rp);
		return true;
	case FAULT_REDIRECT:
		send_redirect(f, rp);
		return true;
	case FAULT_HTML:
		send_html(rp);
		return true;
	case FAULT_NULL_BODY:
		send_json(rp, NULL);
		return true;
	case FAULT_NOT_OBJECT:
		send_json(rp, text_blob("\"the list is somewhere else today\""));
		return true;
	case FAULT_TIMEOUT:
		send_nothing(rp, END_HANG);
		return true;
	case FAULT_RESET_EARLY:
		send_nothing(rp, END_RESET);
		return true;
	case FAULT_RESET:
		send_part(rp, document, END_RESET);
		return true;
	case FAULT_TRUNCATED:
		send_part(rp, document, END_CLOSE);
		return true;
	case FAULT_TRUNCATED_CHUNKED:
		send_part(rp, document, END_CLOSE);
		rp->chunked = rp->no_last_chunk = true;
		return true;
	case FAULT_INVALID_JSON:
		send_json(rp, blob_start(document, document->len / 2));
		return true;
	case FAULT_SLOW_DRIP:
		send_json(rp, blob_start(document, document->len));
		rp->drip_ms = DRIP_MS;
		return true;
	case FAULT_OVERSIZE:
		send_json(rp, endless());
		rp->repeat = OVERSIZE_BYTES;
		rp->repeat_from = 1; /* "[0,0,…": the bracket stands once */
		rp->chunked = rp->no_last_chunk = true;
		rp->ending = END_CLOSE;
		return true;
	case FAULT_GZIP_BOMB:
		send_gzip(rp, gzip_bomb());
		return true;
	case FAULT_GZIP_GARBAGE:
		send_gzip(rp, garbage());
		return true;
	case FAULT_GZIP_TRUNCATED:
		send_gzip_part(rp, document);
		return true;
	case FAULT_NONE:
	case FAULT_EMPTY_LIST:
	case FAULT_HALF_LIST:
	case FAULT_HALF_LIST_COUNTED:
	case FAULT_HOSTILE:
	case FAULT_NEXT_PAGE:
	case FAULT_WRONG_SHAPE:
	case FAULT_KINDS:
		break;
	}
	return false;
}
