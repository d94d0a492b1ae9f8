/*
 * region: bytes that grow, of pages of their own.
 *
 * For what is large and stays: it grows where it is without being copied, what it did not need goes
 * back when it is complete, and releasing it gives all of it to the system at once, whatever
 * malloc holds around it.
 */
#pragma once
#include <stddef.h>

struct region {
	char *at;
	size_t n;
	size_t room; /* of mapped pages */
};

#define REGION_INIT ((struct region){ 0 })

/* Room for `n` bytes more, counted as used; where they are now. */
void *region_add(struct region *r, size_t n);
void region_trim(struct region *r); /* nothing is added any more */
void region_release(struct region *r);
