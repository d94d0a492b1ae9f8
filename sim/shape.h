/* SPDX-License-Identifier: MIT */
/*
 * shape: what the rows of one provider are like.
 *
 * A shape is data: which kinds of rows are sold, which traits they may have, how their prices are
 * drawn, and what the provider's documents say of them.  breed.c makes rows by it, motion.c moves
 * only what it says, truth.c tells no more than it says.  How a row is spelled is the business of
 * the wire writers.  The tables are in shape*.c; a provider names its shape in providers.c.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "market.h"

struct kind_row {
	enum kind kind;
	unsigned percent;
	uint32_t inputs, outputs; /* bits; 0 = the document does not say */
	uint32_t able;            /* what such rows may be capable of */
	bool context;             /* such rows have a context length */
	const char *word;         /* how the provider calls the kind */
	uint32_t unsaid;          /* bits of enum says: what is never said of such rows */
};

/* One price of a row: a number from low to low + span - 1, × 10^-exp.  The first recipe of a
 * (meter, tag) that applies is it. */
struct recipe {
	uint32_t kinds; /* bits 1 << enum kind */
	enum meter meter;
	const char *tag;
	enum how how;
	unsigned low, span, exp;
	uint32_t trait;   /* only rows with it; 0 = all */
	uint32_t without; /* never rows with it */
	unsigned
		percent; /* of those; 0 = where there is an input price of the same tag: that number,
			    or its own with a span */
	bool alone;      /* only when the row has no price yet */
	const char *currency; /* NULL = USD */
};

struct specimen {
	uint32_t traits, variants;
	enum kind kind;
};

/* How often an ordinary row has a trait. */
struct odds {
	uint32_t trait;
	unsigned percent;
};

/* Rows of several hosts: ids are MODEL JOIN HOST or, with `before`, HOST JOIN MODEL. */
struct hosts {
	const char *const *names;
	size_t count; /* at least 4 */
	const char *join;
	bool before;
};

struct shape {
	uint32_t says;             /* bits of enum says, of every row unless it leaves some out */
	uint32_t yes_no;           /* capabilities of which it says yes and no … */
	uint32_t yes_only;         /* … and those of which it only ever says yes */
	uint32_t toggles;          /* capabilities that motion may change */
	uint32_t silent;           /* what rows of TRAIT_SILENT leave unsaid … */
	uint32_t aside;            /* … those of TRAIT_ASIDE_ONLY … */
	uint32_t lone;             /* … and those of TRAIT_MAIN_ONLY */
	const struct hosts *hosts; /* who sell one model; NULL = the provider does … */
	uint32_t shared; /* … what is said of the model, for all its hosts; bits of says */
	const char *const *heads; /* put before bare ids, by turns */
	size_t head_count;
	unsigned places;                  /* no price has more decimals; 0 = any */
	uint32_t tier_above;              /* rows of TRAIT_TIER are dearer above so many tokens */
	const struct specimen *specimens; /* the first rows, one per peculiarity */
	size_t specimen_count;
	const struct odds *odds;
	size_t odds_count;
	const struct kind_row *kinds; /* NULL: chat alone, facts and prices drawn from the traits */
	size_t kind_count;
	const struct recipe *recipes;
	size_t recipe_count;
	enum how cached;                  /* how motion publishes a price of cached input … */
	bool publishes;                   /* … if it does */
	bool bare_ids;                    /* "vendor-family" instead of "vendor/family" */
	bool instants;                    /* a deprecation has a time of day */
	bool inclusive_tiers;             /* a tier begins at a count … */
	bool exclusive_tiers;             /* … or above it; neither: there are none */
	uint32_t rollouts;                /* meters, bits, that any row of chat may get (life.h) */
	bool crossings;                   /* a number that is 0 means free, whichever it is */
	uint32_t untiered;                /* meters, bits, whose price is the same in all tiers */
	bool modality_by_row;             /* rows that see say so in their modality … */
	bool ears_by_row;                 /* … and those of TRAIT_AUDIO that they hear */
	const char *id_head;              /* before every id, or NULL */
	const char *const *quantizations; /* words up to a NULL; NULL = the usual ones */
};

extern const struct shape shape_openrouter, shape_deepinfra, shape_deepinfra_openai, shape_together,
	shape_nebius, shape_vercel, shape_cerebras;
/* Who run models themselves (shape_clouds.c). */
extern const struct shape shape_featherless, shape_fireworks, shape_vertex, shape_xai, shape_groq,
	shape_near, shape_fal, shape_chutes;
/* Who sell what others run (shape_brokers.c). */
extern const struct shape shape_huggingface, shape_aimo, shape_anannas, shape_aihubmix;
/* Vendors whose list has no prices (shape_vendors.c). */
extern const struct shape shape_ids, shape_openai, shape_anthropic, shape_mistral, shape_deepseek,
	shape_moonshot, shape_cohere, shape_google;
/* Resellers and hosts (shape_hosts.c). */
extern const struct shape shape_helicone, shape_novita, shape_sambanova, shape_hyperbolic,
	shape_poe, shape_requesty, shape_venice, shape_cloudflare;

/* The row of a kind; NULL when the shape has no kinds. */
const struct kind_row *shape_kind(const struct shape *sh, enum kind kind);
