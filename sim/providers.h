/* SPDX-License-Identifier: MIT */
/*
 * providers: the table of the companies that the simulator plays.
 *
 * One row is all that is special about a provider: where its list lives, who writes it, what it
 * asks of callers, and how much of the market it sells.  To add one: a row here, and a writer in a
 * file wire_SLUG.c if no existing writer speaks its dialect.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

enum auth {
	AUTH_NONE,   /* anybody may read the list */
	AUTH_BEARER, /* 401 without "Authorization: Bearer …" */
};

struct provider {
	const char *slug;
	const char *host, *path; /* served at /HOST/PATH */
	wire_write_fn *write;    /* truth → true wire document */
	enum auth auth;
	unsigned share_percent; /* rows at start, in percent of --scale */
	uint32_t variants;      /* which derived rows it sells: TRAIT_FREE | … */
	const char *quirks;     /* for people: what its document does to naive readers */
};

extern const struct provider providers[];
extern const size_t providers_count;

const struct provider *provider_at(const char *host, const char *path); /* NULL when nobody */
