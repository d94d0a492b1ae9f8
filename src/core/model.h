/*
 * model: one model as one provider offers it, normalised; and its prices.
 *
 * This is the noun that provider/ makes, core/ hashes and compares, and store/
 * keeps.  Plain data: strings are slices into the job's arena or document,
 * valid UTF-8 without NUL, absent where the provider says nothing.  Nothing
 * here is ever zero, free or false because something was missing.
 */
#pragma once
#include "base/clock.h"
#include "base/str.h"
#include "core/capability.h"
#include "core/meter.h"

/*
 * What a provider says about one meter under one condition.  `unpublished` is
 * the absence of a price, so it never stands in a list of prices.
 */
enum price_state {
	PRICE_PRICED,  /* a positive amount */
	PRICE_FREE,    /* the provider says 0 */
	PRICE_DYNAMIC, /* decided at call time */
};
extern const char *const price_state_names[3];

struct price {
	enum meter meter;
	enum price_state state;
	struct str condition; /* core/condition.h; "" always, never absent */
	struct str
		amount; /* canonical decimal per one meter unit; "0" when free; absent when dynamic */
	struct str currency; /* ISO 4217, "USD" */
	struct str raw;      /* the token as published, digit for digit; not tracked */
	struct str unit;     /* the unit it was declared in ("USD/token"); not tracked */
	struct str
		source; /* list and pointer it came from ("models#/pricing/prompt"); not tracked */
	int64_t valid_from_ms, valid_to_ms; /* as the provider states it; CLOCK_NONE: it does not */
};

#define MODEL_CREATED_KEY      "created"
#define MODEL_HUGGING_FACE_KEY "hugging_face_id"

#define MODEL_NO_COUNT ((int64_t)-1)

struct model {
	/* tracked: a change of one of these is a change of the market */
	struct str id;             /* provider_model_id: what a caller writes; never empty */
	struct str name;           /* display name */
	int64_t context_length;    /* tokens, MODEL_NO_COUNT: not said */
	int64_t max_output_tokens; /* tokens, MODEL_NO_COUNT: not said */
	struct str modality;       /* "text+image->text" */
	struct capabilities capabilities;
	struct str quantization;  /* core/quantization.h; absent: not said */
	int64_t deprecated_at_ms; /* may lie in the future; CLOCK_NONE: not said */
	struct str replaced_by;
	struct price *prices; /* sorted by (meter name, condition), no key twice */
	size_t n_prices;

	/* stored, not tracked */
	struct str description;
	struct str architecture; /* tokenizer or family */
	struct str hugging_face_id;
	int64_t created_ms; /* as the provider says, CLOCK_NONE: not said */
	/*
	 * JSON object of all that has no column of its own and is worth keeping, the
	 * two above included (MODEL_…_KEY), or absent.
	 */
	struct str metadata;
};

/* A catalog: what one provider lists, sorted by id, no id twice. */
struct catalog {
	struct str provider; /* slug */
	struct model *models;
	size_t n;
};

/* Order of prices inside a model, and of models inside a catalog. */
int price_cmp(const struct price *a, const struct price *b);
int model_cmp(const struct model *a, const struct model *b);

/* Sort models by id and each model's prices by key. */
void catalog_sort(struct catalog *c);

/* The price of a meter under no condition, or NULL. */
const struct price *model_price(const struct model *m, enum meter meter);

/* What is tracked of a price: state, amount and currency. */
bool price_same_amount(const struct price *a, const struct price *b);
/* That, and the validity stated (raw, unit and source do not count): nothing to write. */
bool price_same(const struct price *a, const struct price *b);
