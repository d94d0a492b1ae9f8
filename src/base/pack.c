#include "base/pack.h"

#include "base/parallel.h"

#include <libdeflate.h>
#include <stdlib.h>

/* The fastest level: the document is kept for the rare day a descriptor changes. */
enum { LEVEL = 1, WORTH_CUTTING = 1 << 20 };

struct part {
	struct str plain;
	char *out; /* malloc'd */
	size_t n;
};

static void pack_part(void *piece)
{
	struct part *p = piece;
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(LEVEL);
	size_t room = c ? libdeflate_gzip_compress_bound(c, p->plain.n) : 0;

	p->out = malloc(room);
	if (!c || !p->out)
		abort();
	p->n = libdeflate_gzip_compress(c, p->plain.at, p->plain.n, p->out, room);
	libdeflate_free_compressor(c);
}

struct str pack(struct str bytes, struct arena *a)
{
	size_t n = bytes.n < WORTH_CUTTING ? 1 : PARALLEL_MAX;
	struct part parts[PARALLEL_MAX];
	size_t total = 0;
	char *out;
	char *at;

	for (size_t i = 0; i < n; i++) {
		size_t from = bytes.n / n * i;
		size_t to = i + 1 == n ? bytes.n : bytes.n / n * (i + 1);

		parts[i].plain = (struct str){ bytes.at + from, to - from };
	}
	parallel_run(pack_part, parts, sizeof(parts[0]), n);
	for (size_t i = 0; i < n; i++)
		total += parts[i].n;
	out = at = arena_alloc(a, total);
	for (size_t i = 0; i < n; i++) {
		memcpy(at, parts[i].out, parts[i].n);
		at += parts[i].n;
		free(parts[i].out);
	}
	return (struct str){ out, total };
}
