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
	[FAULT_PAGE_CUT] = "page_cut",
	[FAULT_PAGE_LOOP] = "page_loop",
	[FAULT_PAGE_NOWHERE] = "page_nowhere",
	[FAULT_PAGE_REPEATED] = "page_repeated",
	[FAULT_PAGE_SIZE_IGNORED] = "page_size_ignored",
	[FAULT_PAGE_TOKEN_TYPE] = "page_token_type",
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

bool fault_fits(enum fault_kind k, const struct dialect *d)
{
	return (k != FAULT_HALF_LIST_COUNTED || d->counts) && (k != FAULT_NEXT_PAGE || d->links);
}

bool fault_page(const struct fault *f, const struct dialect *d, struct page *p, struct buf *extra)
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
		p->total += hostile_write(extra, d, f->part);
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

/* --- one function a fault --- */

typedef void send_fn(const struct fault *f, const struct blob *document, struct reply *rp);

static void send_status(const struct fault *f, const struct blob *document, struct reply *rp)
{
	struct buf json = { 0 };

	(void)document;
	buf_printf(&json, "{\"error\":{\"code\":%d,\"message\":\"%s\"}}", f->status,
		   http_reason(f->status));
	if (f->retry_after_s >= 0)
		buf_printf(&rp->headers, "Retry-After: %jd\r\n", (intmax_t)f->retry_after_s);
	reply_json(rp, f->status, &json);
}

static void reply_body(struct reply *rp, struct blob *body)
{
	rp->body = body;
	reply_header(rp, "Content-Type", "application/json");
}

static void reply_gzip(struct reply *rp, struct blob *body)
{
	reply_body(rp, body);
	reply_header(rp, "Content-Encoding", "gzip");
}

static void reply_part(struct reply *rp, const struct blob *document, enum ending ending)
{
	reply_body(rp, blob_start(document, document->len));
	rp->send_max = document->len / 2;
	rp->ending = ending;
}

static void send_redirect(const struct fault *f, const struct blob *document, struct reply *rp)
{
	(void)document;
	rp->status = 302;
	reply_header(rp, "Location", f->location ? f->location : "/");
}

static void send_html(const struct fault *f, const struct blob *document, struct reply *rp)
{
	(void)f;
	(void)document;
	rp->body = text_blob("<!doctype html><html><head><title>One moment</title></head><body>"
			     "<h1>Checking your browser</h1></body></html>\n");
	reply_header(rp, "Content-Type", "text/html; charset=utf-8");
}

static void send_empty(const struct fault *f, const struct blob *document, struct reply *rp)
{
	(void)f;
	(void)document;
	reply_body(rp, NULL);
}

static void send_string(const struct fault *f, const struct blob *document, struct reply *rp)
{
	(void)f;
	(void)document;
	reply_body(rp, text_blob("\"the list is somewhere else today\""));
}

static void send_silence(const struct fault *f, const struct blob *document, struct reply *rp)
{
	(void)document;
	rp->status = 0;
	rp->ending = f->kind == FAULT_TIMEOUT ? END_HANG : END_RESET;
}

static void send_reset(const struct fault *f, const struct blob *document, struct reply *rp)
{
	(void)f;
	reply_part(rp, document, END_RESET);
}

static void send_truncated(const struct fault *f, const struct blob *document, struct reply *rp)
{
	reply_part(rp, document, END_CLOSE);
	rp->chunked = rp->no_last_chunk = f->kind == FAULT_TRUNCATED_CHUNKED;
}

static void send_half(const struct fault *f, const struct blob *document, struct reply *rp)
{
	(void)f;
	reply_body(rp, blob_start(document, document->len / 2));
}

static void send_drops(const struct fault *f, const struct blob *document, struct reply *rp)
{
	(void)f;
	reply_body(rp, blob_start(document, document->len));
	rp->drip_ms = DRIP_MS;
}

static void send_endless(const struct fault *f, const struct blob *document, struct reply *rp)
{
	(void)f;
	(void)document;
	reply_body(rp, endless());
	rp->repeat = OVERSIZE_BYTES;
	rp->repeat_from = 1; /* "[0,0,…": the bracket stands once */
	rp->chunked = rp->no_last_chunk = true;
	rp->ending = END_CLOSE;
}

static void send_bomb(const struct fault *f, const struct blob *document, struct reply *rp)
{
	(void)f;
	(void)document;
	reply_gzip(rp, gzip_bomb());
}

static void send_garbage(const struct fault *f, const struct blob *document, struct reply *rp)
{
	(void)f;
	(void)document;
	reply_gzip(rp, garbage());
}

static void send_gzip_part(const struct fault *f, const struct blob *document, struct reply *rp)
{
	struct blob *whole = blob_gzip(document, 6);

	(void)f;
	reply_gzip(rp, blob_start(whole, whole->len / 2));
	blob_unref(whole);
}

/* Page faults have none. */
static send_fn *const senders[FAULT_KINDS] = {
	[FAULT_GZIP_BOMB] = send_bomb,
	[FAULT_GZIP_GARBAGE] = send_garbage,
	[FAULT_GZIP_TRUNCATED] = send_gzip_part,
	[FAULT_HTML] = send_html,
	[FAULT_INVALID_JSON] = send_half,
	[FAULT_NOT_OBJECT] = send_string,
	[FAULT_NULL_BODY] = send_empty,
	[FAULT_OVERSIZE] = send_endless,
	[FAULT_REDIRECT] = send_redirect,
	[FAULT_RESET] = send_reset,
	[FAULT_RESET_EARLY] = send_silence,
	[FAULT_SLOW_DRIP] = send_drops,
	[FAULT_STATUS] = send_status,
	[FAULT_TIMEOUT] = send_silence,
	[FAULT_TRUNCATED] = send_truncated,
	[FAULT_TRUNCATED_CHUNKED] = send_truncated,
};

bool fault_send(const struct fault *f, const struct blob *document, struct reply *rp)
{
	if (!senders[f->kind])
		return false;
	senders[f->kind](f, document, rp);
	return true;
}
