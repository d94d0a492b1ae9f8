#include "net/decode.h"

#include <assert.h>
#include <libdeflate.h>
#include <stdlib.h>

enum {
	GZIP_OVERHEAD = 18,   /* header and trailer of an empty member */
	DEFLATE_RATIO = 1032, /* no deflate stream inflates to more than this times its size */
};

/* The document so far. */
struct output {
	unsigned char *at;
	size_t n, room, max; /* room without the padding */
};

static void resize(struct output *out, size_t room)
{
	unsigned char *grown = realloc(out->at, room + FETCH_PADDING);

	if (!grown)
		abort();
	out->at = grown;
	out->room = room;
}

static bool grow(struct output *out, struct err *e)
{
	if (out->room == out->max)
		return err_set(e, ERR_LIMIT, "inflates to more than %zu bytes", out->max);
	resize(out, out->room > out->max / 2 ? out->max : out->room * 2);
	return true;
}

/*
 * The last member's announced size, modulo 2^32: right for an honest body of one
 * member, so that it is inflated once.  A liar gets no more than his bytes can hold.
 */
static size_t first_room(const unsigned char *in, size_t n, size_t max)
{
	enum { LEAST = 4096 };
	const unsigned char *size = in + n - 4;
	uint64_t room = (uint64_t)size[0] | (uint64_t)size[1] << 8 | (uint64_t)size[2] << 16 |
			(uint64_t)size[3] << 24;

	if (room > (uint64_t)n * DEFLATE_RATIO)
		room = (uint64_t)n * DEFLATE_RATIO;
	if (room < LEAST)
		room = LEAST;
	return room < max ? (size_t)room : max;
}

/* One member onto the end of `out`; *ret_used is what it took of `in`. */
static bool inflate_member(struct libdeflate_decompressor *d, const unsigned char *in, size_t n,
			   struct output *out, size_t *ret_used, struct err *e)
{
	enum libdeflate_result rc;
	size_t made = 0;

	for (;;) {
		rc = libdeflate_gzip_decompress_ex(d, in, n, out->at + out->n, out->room - out->n,
						   ret_used, &made);
		if (rc != LIBDEFLATE_INSUFFICIENT_SPACE)
			break;
		if (!grow(out, e))
			return false;
	}
	if (rc != LIBDEFLATE_SUCCESS)
		return err_set(e, ERR_PARSE, "bad or cut gzip data");
	out->n += made;
	return true;
}

static bool inflate_members(const unsigned char *in, size_t n, struct output *out, struct err *e)
{
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	size_t at = 0;
	size_t used;
	bool ok = true;

	if (!d)
		abort();
	/* Zero padding behind the last member, which tapes need, is an error here. */
	while (ok && at < n) {
		ok = inflate_member(d, in + at, n - at, out, &used, e);
		if (ok)
			at += used;
	}
	libdeflate_free_decompressor(d);
	return ok;
}

static bool inflate(const unsigned char *in, size_t n, size_t max, struct document *ret,
		    struct err *e)
{
	struct output out = { .max = max };

	if (n < GZIP_OVERHEAD)
		return err_set(e, ERR_PARSE, "bad or cut gzip data");
	resize(&out, first_room(in, n, max));
	if (!inflate_members(in, n, &out, e)) {
		free(out.at);
		return false;
	}
	resize(&out, out.n);
	memset(out.at + out.n, 0, FETCH_PADDING);
	*ret = (struct document){ out.at, out.n };
	return true;
}

bool decode_body(unsigned char **body_io, size_t n, enum fetch_encoding encoding, size_t max,
		 struct document *ret, struct err *e)
{
	assert(max <= SIZE_MAX - FETCH_PADDING);
	switch (encoding) {
	case FETCH_IDENTITY:
		if (n > max)
			return err_set(e, ERR_LIMIT, "larger than %zu bytes", max);
		*ret = (struct document){ *body_io, n };
		break;
	case FETCH_GZIP:
		if (!inflate(*body_io, n, max, ret, e))
			return false;
		free(*body_io);
		break;
	}
	*body_io = NULL;
	return true;
}
