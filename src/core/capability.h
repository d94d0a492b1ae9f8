/*
 * capability: what a model can do, as its provider says.  A closed list, one
 * table.  Each is yes, no or not said; not said is never read as no.
 */
#pragma once
#include "base/arena.h"

enum capability {
	CAP_AUDIO_INPUT,
	CAP_AUDIO_OUTPUT,
	CAP_FUNCTION_CALLING,
	CAP_IMAGE_GENERATION,
	CAP_REASONING,
	CAP_STREAMING,
	CAP_STRUCTURED_OUTPUTS,
	CAP_VISION,
	CAP_COUNT,
};

/* In alphabetical order, which is also the order of the canonical text. */
extern const char *const capability_names[CAP_COUNT];

struct capabilities {
	uint32_t said; /* bit per capability: the provider says something */
	uint32_t yes;  /* ... and it is yes; a subset of said */
};

bool capability_parse(struct str name, enum capability *ret);
static inline void capabilities_set(struct capabilities *c, enum capability which, bool yes)
{
	c->said |= 1U << which;
	c->yes = yes ? c->yes | 1U << which : c->yes & ~(1U << which);
}
/* Canonical text: the names said, comma-separated, '!' before a no: "reasoning,!vision". */
struct str capabilities_text(struct capabilities c, struct arena *a);
bool capabilities_from_text(struct str text, struct capabilities *ret);
/* -1 not said, 0 no, 1 yes. */
static inline int capabilities_get(struct capabilities c, enum capability which)
{
	return c.said & 1U << which ? (c.yes & 1U << which) != 0 : -1;
}
