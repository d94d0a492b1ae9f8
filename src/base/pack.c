#include "base/pack.h"

#include "base/parallel.h"

#include <assert.h>
#include <isa-l/igzip_lib.h>
#include <stdlib.h>

enum { LEVEL = 1, WORTH_CUTTING = 1 << 20, ROOM_MIN = 4096 };

struct part {
	struct str plain;
	char *out; /* malloc'd */
	size_t n;
};

/* What the worst input needs: stored blocks of 64 KiB with their heads, and the frame. */
static size_t room_for(size_t n)
{
	return n + n / 1024 + ROOM_MIN;
}

static void pack_part(void *piece)
{
	struct part *p = piece;
	struct isal_zstream z;
	unsigned char *work = malloc(ISAL_DEF_LVL1_DEFAULT);

	p->out = malloc(room_for(p->plain.n));
	if (!work || !p->out)
		abort();
	isal_deflate_init(&z);
	z.level = LEVEL;
	z.level_buf = work;
	z.level_buf_size = ISAL_DEF_LVL1_DEFAULT;
	z.gzip_flag = IGZIP_GZIP;
	z.end_of_stream = 1;
	z.next_in = (uint8_t *)(uintptr_t)p->plain.at;
	z.avail_in = (uint32_t)p->plain.n;
	z.next_out = (uint8_t *)p->out;
	z.avail_out = (uint32_t)room_for(p->plain.n);
	if (isal_deflate(&z) != COMP_OK || z.internal_state.state != ZSTATE_END)
		abort(); /* a bug: the room is enough for any input */
	p->n = z.total_out;
	free(work);
}

struct str pack(struct str bytes, struct arena *a)
{
	assert(bytes.n <= UINT32_MAX / 2); /* documents are bounded long before */
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
