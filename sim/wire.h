/* SPDX-License-Identifier: MIT */
/*
 * wire: from the truth to a provider's own document.
 *
 * A dialect renders a whole list as one provider writes it.  The page says what to leave out or
 * bend: honest documents use page_whole(), the document faults of fault.c use the rest.  What a
 * dialect has no words for (a total, a next link) it says of itself, and nobody asks it to bend so.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "decimal.h"
#include "market.h"

/* Which rows of a shop stand in a list. */
struct selection {
	uint32_t hidden;    /* not those with these traits */
	uint32_t kinds;     /* only these, bits 1 << enum kind; 0 = all */
	const char *prefix; /* only ids that begin so; NULL = all */
	const char *ids;    /* only these, joined by commas; NULL = all */
};

/* Of a list whose elements hold several rows all counts are of elements. */
struct page {
	size_t first;            /* rows left out before */
	size_t rows;             /* so many rows */
	size_t total;            /* what the document claims to have in all */
	bool counted;            /* claim it */
	bool has_next;           /* link to a next page */
	bool rows_as_object;     /* wrong shape: an object where the list belongs */
	struct selection select; /* other rows are left out and not counted */
	const struct buf *extra; /* rendered rows, comma separated, put after the others; or NULL */
	const struct buf *members; /* behind the rows, each with a comma in front; or NULL */
};

/* A row that no honest provider sends, in raw JSON; texts with their quotes. */
struct oddity {
	const char *id;     /* NULL = the row has none */
	const char *text;   /* its name, or what the dialect has of that sort */
	const char *price;  /* of an input token; NULL = an ordinary one */
	bool is_number;     /* price is one, to be quoted where numbers are strings */
	const char *again;  /* the same key once more, a number; or NULL */
	const char *output; /* price of an output token, a number; NULL = an ordinary one */
	const char *tail;   /* further members, beginning with a comma; or NULL */
};

typedef void wire_row_fn(struct buf *out, const struct shop *s, const struct model *m);
/* One element that holds `count` rows: what several hosts sell. */
typedef void wire_element_fn(struct buf *out, const struct shop *s, const struct model *const *rows,
			     size_t count);

/* How a dialect writes an oddity: the raw JSON between what the oddity says, and its price keys. */
struct odd_form {
	const char *open, *id_key;    /* open "id_key":ID, */
	const char *id_head;          /* at the beginning of the ID, or NULL */
	const char *to_text;          /* to_text TEXT */
	const char *to_prices;        /* to_prices "input":PRICE,"output":PRICE */
	const char *to_tail, *close;  /* to_tail TAIL close */
	const char *input, *output;   /* keys */
	const char *cheap, *ordinary; /* ordinary prices, numbers */
	bool as_text;                 /* numbers are strings in this dialect */
};

struct dialect {
	wire_row_fn *row;
	wire_element_fn *element; /* instead of row: rows of one `sold` stand together */
	bool (*twice)(const struct model *m); /* rows that stand there twice; NULL = none */
	const char *open, *close;             /* around the array of rows; NULL = nothing */
	void (*end)(struct buf *out, const struct page *p); /* instead of close; or NULL */
	struct odd_form odd;
	bool counts, links; /* it can state a total, a next page */
};

extern const struct dialect wire_openai, wire_alibaba, wire_minimax, wire_zai, wire_moonshot,
	wire_deepseek, wire_anthropic, wire_mistral, wire_cohere, wire_google, wire_sambanova,
	wire_hyperbolic, wire_requesty, wire_poe, wire_venice, wire_novita, wire_cloudflare,
	wire_helicone;
extern const struct dialect wire_openrouter, wire_deepinfra, wire_deepinfra_openai, wire_together,
	wire_nebius, wire_nebius_bare, wire_nebius_public, wire_vercel, wire_cerebras;
extern const struct dialect wire_featherless, wire_fireworks, wire_fireworks_models,
	wire_huggingface, wire_vertex, wire_xai, wire_xai_images, wire_xai_models, wire_groq,
	wire_near, wire_near_native, wire_fal, wire_fal_prices, wire_chutes, wire_aimo,
	wire_anannas, wire_aihubmix;

bool wire_selects(const struct selection *s, const struct model *m);
struct page page_whole(const struct shop *s, const struct dialect *d,
		       const struct selection *select);
void wire_list(struct buf *out, const struct dialect *d, const struct shop *s,
	       const struct page *p);
void wire_odd_row(struct buf *out, const struct dialect *d, const struct oddity *o);

/* --- for writers --- */

/* An invented paragraph: the same for a row until it is touched. */
void wire_description(struct buf *out, const struct model *m);
enum json_text wire_text(const struct model *m);
/* A number of untracked content: the same for a row and subject. */
size_t wire_draw(const struct model *m, const char *subject, size_t below);

enum number {
	NUMBER_PLAIN, /* 0.00045, 5 */
	NUMBER_FLOAT, /* 0.00045, 4.5e-05, 5.0 */
	NUMBER_POWER, /* 45E-5, 5 */
	NUMBER_SHORT, /* 0.00045, 3e-7, 5 */
};

void wire_number(struct buf *out, struct decimal d, enum number how);
/* "key":number or "key":"number", preceded by a comma unless it is the first. */
void wire_member(struct buf *out, const char *key, struct decimal d, enum number how);
/* "key":n, "key":true; preceded by a comma like all that follow */
void wire_count(struct buf *out, const char *key, int64_t n);
void wire_bool(struct buf *out, const char *key, bool value);
/* "key":["text","image"], in no particular order */
void wire_modalities(struct buf *out, const struct model *m, const char *key, uint32_t bits);

/* What a dialect calls a capability in its arrays of words. */
struct able_word {
	enum able bit;
	const char *word;
};
/* "key":["tools",…] of the table up to a row without a word, after words that say nothing: `noise`,
 * such as "\"seed\",\"stop\"", or NULL. */
void wire_ables(struct buf *out, const struct model *m, const char *key,
		const struct able_word *words, const char *noise);
/* "key":"text", escaped as the row is; null for NULL. */
void wire_string(struct buf *out, const struct model *m, const char *key, const char *text);
/* Likewise the invented paragraph of wire_description(). */
void wire_paragraph(struct buf *out, const struct model *m, const char *key);
void wire_member_text(struct buf *out, const char *key, struct decimal d);
/* "key":raw */
void wire_raw(struct buf *out, const char *key, const char *raw);
void wire_nullable(struct buf *out, const char *key, int64_t n); /* null for 0 */
/* tools, reasoning, structured_outputs in "supported_features", beside what nobody reads. */
void wire_features(struct buf *out, const struct model *m);
/* The price of no or one tag and no other terms, or NULL. */
const struct price *wire_price(const struct model *m, enum meter meter, const char *tag);
/* Its amount as "key":"text"; where there is none, "0" if `always`. */
void wire_price_text(struct buf *out, const struct model *m, const char *key, enum meter meter,
		     bool always);
/* What conversion through binary floats leaves of a price: gone after rounding to `digits`. */
struct decimal wire_noise(const struct model *m, const struct price *p, unsigned digits);
