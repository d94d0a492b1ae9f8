/* SPDX-License-Identifier: MIT */
/*
 * market: the ground truth.  What every simulated provider really offers, at what price.
 *
 * A market has one shop per row of the table in providers.c; a shop has models on its shelf and a
 * store-room of removed ones, which may come back.  Prices are kept in our own words (meter, terms,
 * state, exact amount in USD per unit); how a provider spells them is the business of its wire
 * writer.  Who may change a shop: breed.c makes rows, motion.c and life.c move them; every change must go
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
	METER_AUDIO_SECOND,
	METER_OUTPUT_AUDIO_SECOND,
	METER_VIDEO_SECOND,
	METER_VIDEO_FRAME,
	METER_INPUT_CHARACTER,
	METER_OUTPUT_IMAGE,
	METER_IMAGE_PIXEL_STEP,
	METER_COMPUTE_SECOND,
	METER_OUTPUT_MEGAPIXEL,
	METER_OUTPUT_VIDEO,
	METER_OUTPUT_SECOND,
	METER_COUNT
};

enum price_state { PRICE_PRICED, PRICE_FREE, PRICE_DYNAMIC };

/* When a price applies; all zero = always. */
struct terms {
	uint32_t above_tokens;       /* strictly more input tokens than this; 0 = any */
	uint16_t utc_start, utc_end; /* HHMM, half-open, may cross midnight; equal = all day */
	const char *tag;             /* service tag such as "1h"; static text or NULL */
	uint32_t from_tokens;        /* so many or more; 0 = any */
};

/* How the amount follows from the number that the provider publishes (`quoted`). */
enum how {
	HOW_PLAIN,        /* it is the number; `quoted` is not used */
	HOW_TIMES_INPUT,  /* number × plain price of an input token */
	HOW_TIMES_OUTPUT, /* number × plain price of an output token */
	HOW_PER_STEP,     /* number / steps of an image of the default size */
	HOW_PER_MINUTE,   /* number / 60 */
};

struct price {
	enum meter meter;
	struct terms terms;
	enum price_state state;
	struct decimal amount; /* of PRICE_PRICED only */
	bool minus_zero;       /* PRICE_FREE that the provider spells "-0" */
	enum how how;
	struct decimal quoted; /* prices of one tag quote one number */
	struct decimal told;   /* the amount that events last spoke of */
	const char *currency;  /* ISO 4217, static text; NULL = USD */
};

enum modality { /* bits, in the order of a modality text such as "text+image->text" */
		MODALITY_TEXT = 1 << 0,
		MODALITY_IMAGE = 1 << 1,
		MODALITY_FILE = 1 << 2,
		MODALITY_AUDIO = 1 << 3,
		MODALITY_VIDEO = 1 << 4,
		MODALITY_EMBEDDING = 1 << 5,
		MODALITY_RERANK = 1 << 6,
		MODALITY_COUNT = 7
};

enum kind { /* what a row does; a shape says which of them a provider sells */
	    KIND_CHAT,
	    KIND_LANGUAGE,
	    KIND_CODE,
	    KIND_MODERATION,
	    KIND_EMBEDDING,
	    KIND_RERANK,
	    KIND_IMAGE,
	    KIND_VIDEO,
	    KIND_SPEECH,
	    KIND_TRANSCRIPTION,
	    KIND_IMAGE_EDIT,
	    KIND_ANIMATION, /* of a picture */
	    KIND_VIDEO_EDIT,
	    KIND_AUDIO_EDIT,
	    KIND_READING, /* of pictures */
	    KIND_MESH,
	    KIND_TRAINING,
	    KIND_OTHER,
	    KIND_COUNT
};

enum able { /* bits: what a row is capable of */
	    ABLE_TOOLS = 1 << 0,
	    ABLE_REASONING = 1 << 1,
	    ABLE_STRUCTURED_OUTPUTS = 1 << 2,
	    ABLE_VISION = 1 << 3,
	    ABLE_STREAMING = 1 << 4,
	    ABLE_AUDIO_INPUT = 1 << 5,
	    ABLE_AUDIO_OUTPUT = 1 << 6,
	    ABLE_IMAGE_GENERATION = 1 << 7,
	    ABLE_COUNT = 8
};

enum says { /* bits: what a document says of a row besides its id */
	    SAYS_NAME = 1 << 0,
	    SAYS_CONTEXT = 1 << 1,
	    SAYS_MAX_OUTPUT = 1 << 2,
	    SAYS_MODALITY = 1 << 3,
	    SAYS_ABLE = 1 << 4,
	    SAYS_QUANTIZATION = 1 << 5,
	    SAYS_DEPRECATION = 1 << 6,
	    SAYS_REPLACEMENT = 1 << 7,
	    SAYS_PRICES = 1 << 8,
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
	     TRAIT_SERVICE = 1 << 26,    /* dearer and cheaper service tiers */
	     TRAIT_UNPRICED = 1 << 27,   /* no price is published */
	     TRAIT_SILENT = 1 << 28,     /* says as little as its dialect allows */
	     TRAIT_MAIN_ONLY = 1 << 29,  /* not in the provider's second list … */
	     TRAIT_ASIDE_ONLY = 1 << 30, /* … or nowhere else: listed, but no offer */
};

struct date {
	int year, month, day; /* year 0 = none */
	int second;           /* of that day, UTC */
};

/* The default image of a row that makes images; steps 0 = not said. */
struct size {
	unsigned width, height, steps;
};

struct model {
	char *id, *name, *slug;      /* slug: dated spelling of the id */
	char *alias_id, *alias_name; /* target of a TRAIT_ALIAS row, else NULL */
	char *sold;                  /* id of what several hosts sell, or NULL … */
	const char *host;            /* … and which of them this row is; static text */
	const char *tokenizer;
	const char *quantization; /* static text, NULL = not said */
	char *replaced_by;        /* another id, or NULL */
	uint32_t traits;
	enum kind kind;
	uint32_t inputs, outputs; /* bits; both 0 = not said */
	uint32_t able;            /* bits */
	uint32_t params;          /* bits of what nobody tracks: the table in wire_openrouter.c */
	uint32_t unsaid;          /* bits: what its document leaves out of this row */
	struct size size;
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
struct life;     /* life.h */

struct shop {
	const struct provider *provider;
	struct shelf offered, removed;
	struct rng rng;       /* of its motion; rows have their own */
	uint64_t version;     /* moves with every change of the document */
	uint64_t next_serial; /* of the next base row */
	uint32_t pending;     /* variant traits still to be made of the last one */
	uint32_t last_traits; /* traits that last one was made with */
	enum kind last_kind;
	struct life *life; /* NULL: it never lived; owned */
};

struct market {
	uint64_t seed;
	uint64_t tick;
	struct shop *shops; /* providers_count of them, in table order */
};

/* How many rows there are at start. */
struct market_size {
	size_t scale;       /* of the largest list; the others have their share of it … */
	size_t total;       /* … or so many in all, shared out as in real life; 0 = by scale */
	const size_t *rows; /* of single providers, by place in the table; NULL = none */
};

enum { ROWS_UNSAID = -1 }; /* as size_t: no word on this provider */

void market_init(struct market *m, uint64_t seed, const struct market_size *size);
void market_release(struct market *m);
struct shop *market_shop(struct market *m, const char *slug); /* NULL when unknown */

void shop_changed(struct shop *s);

void shelf_add(struct shelf *s, struct model *m);     /* takes it */
struct model *shelf_take(struct shelf *s, size_t at); /* keeps the order of the others */

void model_destroy(struct model *m);
struct price *model_add_price(struct model *m, enum meter meter, struct terms t, struct decimal d);
struct price *model_price(const struct model *m, enum meter meter); /* the one without terms */
/* An amount that this price has or had, as the truth has it: a plain one is what was published, and
 * nobody publishes more than DECIMAL_EXP_MAX places. */
void price_print(char out[DECIMAL_TEXT], const struct price *p, struct decimal amount);
/* Works out every amount that follows from another number; to be called when one of them moved. */
void model_settle(struct model *m);
/* Whether the documents of this shop say that of this row. */
bool shop_says(const struct shop *s, const struct model *m, enum says what);

bool terms_same(const struct terms *a, const struct terms *b);
bool terms_none(const struct terms *t);
/* "[10:00-01:00Z][>200000]": terms sorted bytewise and joined, "" for none. */
void terms_print(char out[TERMS_SIZE], const struct terms *t);
const char *meter_name(enum meter m);
/* "text+image->text" */
void modality_print(char out[MODALITY_SIZE], uint32_t inputs, uint32_t outputs);
const char *modality_name(unsigned bit_number);
const char *able_name(unsigned bit_number);
/* What is meant by a provider's own word for how weights are held: one that nobody knows is
 * "unknown"; NULL for NULL. */
const char *quantization_meaning(const char *said);
/* Placeholder dates mean "no date". */
bool model_deprecated(const struct model *m);
/* What only a provider's second list has is not on offer to the holder of a key. */
bool model_is_offered(const struct model *m);
int64_t date_unix(struct date d);
enum { DATE_SIZE = 64 };
/* RFC 3339 with milliseconds: "2027-03-04T00:00:00.000Z" */
void date_print(char out[DATE_SIZE], struct date d);
