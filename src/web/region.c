#include "web/region.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { STEP = 1 << 18 };

static size_t rounded(size_t n, size_t unit)
{
	return (n + unit - 1) / unit * unit;
}

static void resize(struct region *r, size_t room)
{
	void *at = r->at ? mremap(r->at, r->room, room, MREMAP_MAYMOVE)
			 : mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
				0);

	if (at == MAP_FAILED)
		abort(); /* as everywhere when there is no memory */
	r->at = at;
	r->room = room;
}

void *region_add(struct region *r, size_t n)
{
	char *at;

	if (n > r->room - r->n)
		resize(r, rounded(r->n + n, STEP));
	at = r->at + r->n;
	r->n += n;
	return at;
}

void region_trim(struct region *r)
{
	size_t room = rounded(r->n, (size_t)sysconf(_SC_PAGESIZE));

	if (r->n == 0)
		region_release(r);
	else if (room < r->room)
		resize(r, room);
}

void region_release(struct region *r)
{
	if (r->at)
		(void)munmap(r->at, r->room);
	*r = REGION_INIT;
}
