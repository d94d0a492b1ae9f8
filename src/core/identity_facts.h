/*
 * identity_facts: what core/identity.c knows of the world, as tables.  Each row
 * is a fact: about how an organisation is spelled, what a suffix means at one
 * provider, what was released once.  Only for core/identity.c.
 */
#pragma once
#include "base/arena.h"

/* ASCII letters only. */
struct str identity_lower(struct str s, struct arena *a);

/*
 * How ids spell an organisation, and its name on Hugging Face.  A house has
 * several there: which one, its families say, and another family is unknown.
 */
struct identity_vendor {
	const char *spelling;
	const char *org;   /* or NULL: */
	const char *house; /* ... the house whose families name the organisation */
};
const struct identity_vendor *identity_vendor(struct str spelling);

enum identity_spelling {
	SPELLED_AS_IS,
	SPELLED_GLUED,  /* the version sticks to the word: qwen2.5 */
	SPELLED_DASHED, /* it does not: llama-3.1 */
};

/* A family of models, by the first word of a name. */
struct identity_family {
	const char *word;
	const char *org;
	const char *house; /* of the vendors table, or NULL */
	enum identity_spelling spelling;
	/* Base and instruct models are told apart by a word: without one a hosted name is ambiguous. */
	bool needs_mode;
};
const struct identity_family *identity_family(struct str word);

/* What stands in front of an id at some platform and names no organisation. */
struct identity_prefix {
	const char *text;
	bool point_p;      /* "2p5" is 2.5 behind it */
	bool slash_dash;   /* further parts of the path are words of the name */
	bool hugging_face; /* the rest is an id on Hugging Face */
};
const struct identity_prefix *identity_prefix(struct str id);

/* A suffix behind ':' that is a way of serving and no part of the name. */
bool identity_is_mode(struct str suffix);
/* A last word that tells in which numbers the weights are stored. */
bool identity_is_quantization(struct str word);
/* A last word that at this provider, in this family, tells how it is served. */
bool identity_is_serving(struct str provider, struct str family, struct str word);
/* A word of base and instruct models alike, where a family has both of it: "coder". */
bool identity_is_variant(struct str word);
/* A word that a name without an organisation may hold besides numbers. */
bool identity_is_plain_word(struct str word);
bool identity_is_region(struct str word); /* "us" in front of "anthropic.claude-…" */
bool identity_is_tier(struct str word);   /* of claude: "opus" */

/* The word with which the organisation's own repositories repeat its name, or absent. */
struct str identity_org_prefix(struct str org);

/* "org/name-2025-08-07" when that date is the name's only release: the length of "org/name", or 0. */
size_t identity_undated(struct str canonical);
/* Another name of the same weights, or absent. */
struct str identity_renamed(struct str canonical);
/* A name that means another release next year, or several at once. */
bool identity_is_moving(struct str canonical);

/* ---- what holds at one provider ---- */

/* Where a seller's name stands in an id that names no maker. */
enum identity_shape {
	SHAPE_PLAIN,
	SHAPE_SELLER_COLON, /* "SELLER:id" */
	SHAPE_SELLER_SLASH, /* "SELLER/id", where it is a seller that is known, and "id@region" */
	SHAPE_SLASH_SELLER, /* "id/SELLER" */
};
enum identity_shape identity_shape(struct str provider);
bool identity_is_seller(struct str word);
/* What a provider puts behind every id of a kind of service: "-tee"; or absent. */
struct str identity_suffix(struct str provider);
/* Whose models alone a provider sells, for it is their maker; or absent. */
struct str identity_maker(struct str provider);
/* The canonical id that a provider itself says an id of its own has; or absent. */
struct str identity_stated(struct str provider, struct str id);
