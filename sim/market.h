/* SPDX-License-Identifier: MIT */
/*
 * market: the ground truth.  What every simulated provider really offers, at what price.
 *
 * A market has one shop per row of the table in providers.c; a shop has models on its shelf and a
 * store-room of removed ones, which may come back.  Prices are kept in our own words (meter, terms,
 * state, exact amount in USD per unit); how a provider spells them is the business of its wire
 * writer.  Who may change a shop: breed.c makes rows, motion.c moves them; every change must go
 * through shop_changed(), which invalidates what was rendered.
 * Nothing here knows HTTP or JSON.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decimal.h"
#include "rng.h"

/* Room that the printers below need, NUL included. */
enum { TERMS_SIZE = 64, MODALITY_SIZE = 128 };

enum meter {
	METER_INPUT_TOKEN,
	METER_OUTPUT_TOKEN,
	METER_CACHED_INPUT_TOKEN,
	METER_CACHE_WRITE_TOKEN,
	METER_REASONING_TOKEN,
	METER_INPUT_AUDIO_TOKEN,
	METER_OUTPUT_AUDIO_TOKEN,
	METER_CACHED_AUDIO_TOKEN,
	METER_INPUT_IMAGE,
	METER_INPUT_IMAGE_TOKEN,
	METER_OUTPUT_IMAGE_TOKEN,
	METER_REQUEST,
	METER_WEB_SEARCH,
	METER_COUNT
};

enum price_state { PRICE_PRICED, PRICE_FREE, PRICE_DYNAMIC };

/* When a price applies; all zero = always. */
struct terms {
	uint32_t above_tokens;       /* strictly more input tokens than this; 0 = any */
	uint16_t utc_start, utc_end; /* HHMM, half-open, may cross midnight; equal = all day */
	const char *tag;             /* service tag such as "1h"; static text or NULL */
};

struct price {
	enum meter meter;
	struct terms terms;
	enum price_state state;
	struct decimal amount; /* of PRICE_PRICED only */
	bool minus_zero;       /* PRICE_FREE that the provider spells "-0" */
};

enum modality { /* bits, in the order of a modality text such as "text+image->text" */
		MODALITY_TEXT = 1 << 0,
		MODALITY_IMAGE = 1 << 1,
		MODALITY_FILE = 1 << 2,
		MODALITY_AUDIO = 1 << 3,
		MODALITY_VIDEO = 1 << 4,
		MODALITY_COUNT = 5
};

enum param { /* bits: the supported_parameters that mean a capability, then the rest */
	     PARAM_TOOLS = 1 << 0,
	     PARAM_REASONING = 1 << 1,
	     PARAM_STRUCTURED_OUTPUTS = 1 << 2,
	     PARAM_OTHER_SHIFT = 3 /* further bits: the table in wire_openrouter.c */
};

enum trait { /* what is peculiar about a row; breed.c says which rows have which */
	     TRAIT_FREE = 1 << 0,        /* id ends with :free, all prices 0 */
	     TRAIT_BATCH = 1 << 1,       /* id ends with :batch, half the price of its base row */
	     TRAIT_ALIAS = 1 << 2,       /* ~vendor/family-latest */
	     TRAIT_ROUTER = 1 << 3,      /* pseudo model, every price dynamic */
	     TRAIT_MINUS_ZERO = 1 << 4,  /* its :free row says "-0" once */
	     TRAIT_IMAGE_ZERO = 1 << 5,  /* sent as image "0", takes no images: unpublished */
	     TRAIT_FLOAT_NOISE = 1 << 6, /* 0.0000006000000000000001 */
	     TRAIT_LONG_DIGITS = 1 << 7, /* 18 significant digits, 23 decimals */
	     TRAIT_TIER = 1 << 8,        /* dearer above so many input tokens */
	     TRAIT_TWO_TIERS = 1 << 9,
	     TRAIT_WINDOWS = 1 << 10,     /* dearer by the hour, one window crosses midnight */
	     TRAIT_TIER_WINDOW = 1 << 11, /* a window that applies only above so many tokens */
	     TRAIT_CACHE = 1 << 12,
	     TRAIT_CACHE_1H = 1 << 13,
	     TRAIT_REASONING = 1 << 14,
	     TRAIT_AUDIO = 1 << 15,
	     TRAIT_IMAGE = 1 << 16,
	     TRAIT_IMAGE_OUT = 1 << 17,
	     TRAIT_IMAGE_TOKEN = 1 << 18,
	     TRAIT_SEARCH = 1 << 19,
	     TRAIT_REQUEST = 1 << 20,
	     TRAIT_PLACEHOLDER_DATE = 1 << 21, /* expires 2098-12-31, which means never */
	     TRAIT_EXPIRES = 1 << 22,
	     TRAIT_ESCAPES = 1 << 23,    /* text is sent in \u escapes */
	     TRAIT_NO_CONTEXT = 1 << 24, /* context_length null */
	     TRAIT_THIRDS = 1 << 25,     /* a third that was cut: 0.0000000208333333333333 */
};

struct date {
	int year, month, day; /* year 0 = none */
};

struct model {
	char *id, *name, *slug;      /* slug: dated spelling of the id */
	char *alias_id, *alias_name; /* target of a TRAIT_ALIAS row, else NULL */
	const char *tokenizer;
	uint32_t traits;
	uint32_t inputs, outputs, params; /* bits */
	int64_t created_s;
	int64_t context_length; /* 0 = not said */
	int64_t max_output;     /* 0 = not said */
	struct date expires;
	uint64_t flavour; /* seed of all text that nobody tracks */
	unsigned edits;   /* how often that text was touched */
	struct price *prices;
	size_t price_count;
};

struct shelf {
	struct model **models;
	size_t count, room;
};

struct provider; /* providers.h: the static facts */

struct shop {
	const struct provider *provider;
	struct shelf offered, removed;
	uint64_t version;     /* moves with every change of the document */
	uint64_t next_serial; /* of the next base row */
	uint32_t pending;     /* variant traits still to be made of the last one */
	uint32_t last_traits; /* traits that last one was made with */
};

struct market {
	uint64_t seed;
	uint64_t tick;
	struct rng rng;     /* of motion; rows have their own */
	struct shop *shops; /* providers_count of them, in table order */
};

void market_init(struct market *m, uint64_t seed, size_t scale);
void market_release(struct market *m);
struct shop *market_shop(struct market *m, const char *slug); /* NULL when unknown */

void shop_changed(struct shop *s);

void shelf_add(struct shelf *s, struct model *m);     /* takes it */
struct model *shelf_take(struct shelf *s, size_t at); /* keeps the order of the others */

void model_destroy(struct model *m);
struct price *model_add_price(struct model *m, enum meter meter, struct terms t, struct decimal d);
struct price *model_price(const struct model *m, enum meter meter); /* the one without terms */

bool terms_same(const struct terms *a, const struct terms *b);
bool terms_none(const struct terms *t);
/* "[10:00-01:00Z][>200000]": terms sorted bytewise and joined, "" for none. */
void terms_print(char out[TERMS_SIZE], const struct terms *t);
const char *meter_name(enum meter m);
/* "text+image->text" */
void modality_print(char out[MODALITY_SIZE], uint32_t inputs, uint32_t outputs);
const char *modality_name(unsigned bit_number);
/* Placeholder dates mean "no date". */
bool model_deprecated(const struct model *m);
