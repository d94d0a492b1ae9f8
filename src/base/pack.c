#include "base/pack.h"

#include <libdeflate.h>
#include <stdlib.h>

/* The fastest level: the document is kept for the rare day a descriptor changes. */
enum { LEVEL = 1 };

struct str pack(struct str bytes, struct arena *a)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(LEVEL);
	size_t room;
	size_t n;
	char *out;

	if (!c)
		abort();
	room = libdeflate_zlib_compress_bound(c, bytes.n);
	/* Pages of the bound that stay untouched cost nothing; the arena gives such a block whole. */
	out = arena_alloc(a, room);
	n = libdeflate_zlib_compress(c, bytes.at, bytes.n, out, room);
	libdeflate_free_compressor(c);
	return (struct str){ out, n };
}

bool unpack(struct str packed, size_t n, size_t padding, struct arena *a, struct str *ret,
	    struct err *e)
{
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	char *out = arena_alloc(a, n + padding);
	enum libdeflate_result result;

	if (!d)
		abort();
	result = libdeflate_zlib_decompress(d, packed.at, packed.n, out, n, NULL);
	libdeflate_free_decompressor(d);
	if (result != LIBDEFLATE_SUCCESS)
		return err_set(e, ERR_PARSE, "a stored document does not unpack");
	memset(out + n, 0, padding);
	*ret = (struct str){ out, n };
	return true;
}
