/*
 * descriptor: what we know about one provider, as data.
 *
 * A JSON file (providers/SLUG.json) names where a provider's lists are, how to
 * ask for them, and where each of our fields stands in a row: by JSON Pointer,
 * with the unit of every price written down.  doc/descriptors.md explains each
 * member; CONTRIBUTING.md how to add a provider.
 *
 * This module parses and checks; reader.h reads documents by it.  A member that
 * it does not know is an error that names it: a typing error must not silently
 * leave a price out.  Everything lives in the arena given.
 */
#pragma once
#include "core/capability.h"
#include "core/meter.h"
#include "core/model.h"
#include "core/recipe.h"
#include "core/snapshot.h"
#include "provider/plan.h"
#include "provider/unit.h"

enum auth_form {
	AUTH_NONE,
	AUTH_BEARER, /* Authorization: Bearer KEY */
	AUTH_HEADER, /* NAME: KEY */
	AUTH_QUERY,  /* ?NAME=KEY */
	AUTH_SCHEME, /* Authorization: NAME KEY */
	AUTH_GOOGLE, /* Authorization: Bearer TOKEN, got with a service account (task/token.h) */
};

enum {
	ALTERNATIVES_MAX = 4,
	ENV_NAMES_MAX = 6,
	OVERRIDE_PRICES_MAX = 64,
	FACTORS_MAX = 4,
	ID_PARTS_MAX = 8,
};

/*
 * Slots of a row: those of the list's plan, and from here on those of the row
 * around it, where one list's rows stand inside another's ("../name").
 */
enum { OUTER_SLOTS = PLAN_SLOTS_MAX };

/* One of several places, the first that holds something wins. */
struct place {
	unsigned slots[ALTERNATIVES_MAX];
	size_t n; /* 0: not mapped */
};

/* A provider's word and ours. */
struct word {
	struct str said;
	struct str means; /* absent: known, and says nothing */
};

struct text_field {
	struct place place;
	struct str strip;         /* what it must begin with, or absent ... */
	struct str put;           /* ... and what stands for that with us */
	const struct word *words; /* closed list of what may stand there; none: anything */
	size_t n_words;
};

/* An id is its parts, joined. */
struct id_part {
	struct str literal; /* or absent: */
	struct text_field text;
};

/* "text+image->text": from one word, or from a list of words a side (provider/modality.h). */
struct modality_field {
	struct text_field text; /* its words are those of the sides, too */
	struct place inputs, outputs;
	struct str split; /* a string there is cut at these characters, or absent */
};

struct count_field {
	struct place place;
	struct str *absent; /* tokens that mean "none" */
	size_t n_absent;
	bool text; /* a string may stand there */
};

enum date_format {
	DATE_UNIX,
	DATE_UNIX_MS,
	DATE_RFC3339,
	DATE_DAY,
	DATE_UNIX_OR_RFC3339,
	DATE_TIME, /* "2025-08-05 10:27:29.131", UTC */
	DATE_YMD,  /* an object with year, month and day */
};

struct date_field {
	struct place place;
	enum date_format format;
	struct str *absent; /* tokens that mean "none" */
	size_t n_absent;
};

/* A question about a row (provider/test.h). */
enum test_kind {
	TEST_NONE,     /* not mapped */
	TEST_BOOLEAN,  /* the boolean there */
	TEST_HAS,      /* does the array hold one of the words? */
	TEST_MENTIONS, /* the same, but that it does not says nothing */
	TEST_IS,       /* is the string, number or boolean one of the words? */
	TEST_PRESENT,  /* something but null is there; that it is not says nothing */
	TEST_ANY,      /* is one of `any` answered with yes? */
};

struct test {
	enum test_kind kind;
	unsigned slot;
	struct str *words;
	size_t n_words;
	bool numbers, booleans; /* is: one of the words is such, so one may stand there */
	struct str split;       /* has, mentions: a string is cut at these characters, or absent */
	const struct test *any;
	size_t n_any;
};

enum sentinel_meaning { SENTINEL_DYNAMIC, SENTINEL_UNPUBLISHED, SENTINEL_FREE };

struct sentinel {
	struct dec value;
	enum sentinel_meaning meaning;
};

/* Entries of an array inside the row, each a price from so many input tokens on. */
struct tiers {
	unsigned slot;         /* of the array */
	struct plan *plan;     /* of one entry */
	unsigned cost;         /* in that plan */
	struct place from, to; /* inclusive, exclusive */
	struct str source;     /* for prices.source */
};

enum token_type { TOKEN_ANY, TOKEN_STRING, TOKEN_NUMBER, TOKEN_INTEGER };

/* Both inclusive. */
struct band {
	struct dec low, high;
	struct str low_text, high_text;
};

enum threshold { THRESHOLD_NONE, THRESHOLD_ABOVE, THRESHOLD_AT_LEAST };

struct price_field {
	enum meter meter;
	unsigned slot;
	struct str pointer;
	struct str source; /* "LIST#POINTER", for prices.source */
	struct unit unit;
	struct str condition; /* canonical, "" always */
	bool required;        /* its absence is an error, not "unpublished" */
	unsigned noise;       /* significant digits JSON numbers are rounded to; 0: never */
	bool multiplied;      /* the token is a factor of the price at `base_slot` ... */
	unsigned base_slot;   /* ... which is in the same unit */
	const struct sentinel *sentinels;
	size_t n_sentinels;
	struct test zero_counts; /* 0 is a price only when this holds, else unpublished ... */
	struct test zero_unused; /* ... and none where this does */
	struct test when;        /* the field is read only where this holds */
	bool first;              /* no field before it is read from this slot */
	unsigned per[FACTORS_MAX];
	size_t n_per;
	bool reduced; /* by the fraction at `less_slot`, which ends at `until` */
	unsigned less_slot;
	struct date_field until;
	const struct tiers *tiers; /* or NULL */
	/* Of the token alone: */
	enum token_type type;
	bool money; /* an object {currencyCode, units, nanos} may stand there */
	bool scaled;
	unsigned scale_slot;       /* of the power of ten the number is divided by */
	const struct band *within; /* a number but 0 lies there, or NULL */
	bool has_currency;
	unsigned currency_slot;
	enum threshold threshold; /* the condition has one from the row besides */
	unsigned threshold_slot;
	const struct price_field *otherwise; /* read where this says nothing; or NULL */
};

/* Entries of an array inside the row, each replacing prices under conditions of its own. */
struct overrides {
	bool mapped;
	unsigned slot;                       /* of the array, in the row's plan */
	struct plan *plan;                   /* of one entry */
	struct place above;                  /* input tokens strictly above */
	struct place at_least;               /* input tokens at or above */
	struct place window_from, window_to; /* HHMM as one integer, UTC */
	const struct price_field *prices;
	size_t n_prices;
};

struct kept {
	struct str key; /* in models.metadata */
	unsigned slot;
};

/* Rows of one id, each a mode of one model (provider/mode.h). */
struct modes {
	unsigned slot;
	const struct word *words; /* what it says → the condition of its prices, "" for none */
	size_t n_words;           /* 0: the list has no modes */
};

/* How a list that comes in pages says where the next one is (provider/pages.h). */
enum pages_form {
	PAGES_NONE,   /* one document is all */
	PAGES_TOKEN,  /* a word in the page goes into a parameter of the URL */
	PAGES_NUMBER, /* pages are counted */
	PAGES_URL,    /* the page holds a URL */
	PAGES_LINK,   /* the header Link does */
	PAGES_IDS,    /* it is asked for the ids that the first list names, some at a time */
};

struct pages {
	enum pages_form form;
	struct str next;        /* token, url: pointer into the page */
	struct str more;        /* token: pointer to a boolean, or absent */
	struct str parameter;   /* token, number, ids: of the query */
	unsigned first;         /* number: of the first page */
	struct str total_pages; /* number: pointer to the count of pages, or absent */
	unsigned size;          /* ids: so many at a time */
};

struct list {
	struct str name, url;
	bool required;
	bool keyed;      /* the key is sent to it */
	bool key_needed; /* without one it is not asked */
	struct str rows; /* pointer to the array of rows, in the document ... */
	struct str rows_or[ALTERNATIVES_MAX - 1]; /* ... or where else it may be, in order */
	size_t n_rows_or;
	struct str each;  /* pointer to the rows proper inside each of those, or absent */
	struct str total; /* pointer to the count the provider states, or absent */
	struct str next;  /* pointer to what must be null or absent at the end, or absent */
	struct pages pages;

	bool adds; /* a further list: models that no list before has are its own */
	struct modes modes;
	struct test where; /* only rows where it holds are offers */

	struct plan *plan;
	struct plan *outer; /* of the row around; NULL without `each` */
	const struct id_part *id;
	size_t n_id;
	struct text_field name_, description, architecture, quantization, hugging_face_id,
		replaced_by;
	struct modality_field modality;
	struct count_field context_length, max_output_tokens;
	struct date_field created, deprecated_at;
	struct test capabilities[CAP_COUNT];
	const struct kept *kept;
	size_t n_kept;
	const struct price_field *prices;
	size_t n_prices;
	struct overrides overrides;
	const struct str *
		closed; /* objects of which every key must be known, as provider/shape.h says paths */
	size_t n_closed;
};

struct str list_pointer(const struct list *l, unsigned slot);

struct fact {
	struct str fact, sure, since, source;
};

/* A header line that is sent to every list. */
struct fixed_header {
	struct str name, value;
};

/* What is put for "{name}" in a URL. */
struct variable {
	struct str name;
	const char *env[ENV_NAMES_MAX + 1]; /* as those of a key */
	struct str fallback;                /* or absent: it must be set */
};

/*
 * How a chat is asked for, of every model or of those that match.  What an entry of
 * "models" does not say stands as it is said for all.
 */
struct chat_rule {
	const struct str *match; /* the model's id is one of these, '*' for any characters */
	size_t n_match;
	bool chats; /* false: there is no chat to be had of it */
	struct recipe recipe;
	const struct fixed_header
		*headers; /* all that go with it but the key, those of lists too */
	size_t n_headers;
};

struct chat {
	struct str url;      /* absent: nobody says where */
	enum auth_form auth; /* the key may be shown in another way than to lists */
	struct str auth_name;
	struct chat_rule all;
	const struct chat_rule *models; /* the first that matches counts */
	size_t n_models;
};

struct descriptor {
	struct str slug, name, description, site_url, base_url, logo_url, status_page_url;
	struct chat chat;
	struct str *aliases; /* other slugs users know */
	size_t n_aliases;
	struct str hub_name; /* name on Hugging Face's router, or absent */
	struct capabilities supports;
	enum auth_form auth;
	struct str auth_name;  /* header, query parameter or scheme */
	struct str auth_scope; /* of AUTH_GOOGLE */
	bool key_required;
	const char *env[ENV_NAMES_MAX + 1]; /* variables a key may be in, NULL-terminated */
	const struct fixed_header *headers;
	size_t n_headers;
	const struct variable *variables;
	size_t n_variables;
	const struct list *lists;
	size_t n_lists;
	const struct fact *facts;
	size_t n_facts;
	struct str *quirks; /* sentences for people */
	size_t n_quirks;
	struct str docs_url;
	struct hash hash;  /* SHA-256 of the file: a changed descriptor reads documents anew */
	struct str origin; /* "built in", or the file's path */
};

/* ERR_CONFIG names the pointer into the descriptor at which it is wrong. */
bool descriptor_parse(struct str json, struct str origin, struct arena *a, struct descriptor *ret,
		      struct err *e);

/* May it be put for a variable?  Letters, digits, '.', '_' and '-', and no step up in a path. */
bool descriptor_is_value(struct str s);
/*
 * The descriptor with URLs as they are asked: values[i], checked, for variables[i].  A
 * descriptor without variables is itself.
 */
const struct descriptor *descriptor_fill(const struct descriptor *d, const struct str *values,
					 struct arena *a);

/*
 * How a model is asked for a chat there.  Only with a chat.url; what an endpoint taught us
 * goes over it (store/probe.h).
 */
const struct chat_rule *descriptor_recipe(const struct descriptor *d, struct str model_id);
/* Is any list asked with the key, if there is one? */
bool descriptor_key_matters(const struct descriptor *d);
