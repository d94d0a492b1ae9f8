/* SPDX-License-Identifier: MIT */
/*
 * programme: how an endpoint answers as long as nothing goes wrong: when, what, in which spelling,
 * and what it demands of a request.
 *
 * A value; programmes are copied.  Members are set by the names of POST /sim/chat.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "rng.h"

enum { PROGRAMME_TEXT = 2048, PROGRAMME_WORD = 64, MS_MAX = 3600000 };

/* A time that is drawn anew for each request (or token). */
enum spread_kind { SPREAD_FIXED, SPREAD_UNIFORM, SPREAD_LOGNORMAL, SPREAD_EXPONENTIAL };

struct spread {
	enum spread_kind kind;
	double a, b; /* µs: value; from, to; median and sigma (no unit); mean */
};

uint64_t spread_draw(const struct spread *s, struct rng *r);

enum answer { ANSWER_RIGHT, ANSWER_WRONG, ANSWER_EMPTY, ANSWER_REFUSAL, ANSWER_TEXT, ANSWERS };

enum reasoning_as { REASONING_CONTENT, REASONING_FIELD, REASONING_THINK, REASONINGS };

enum usage_as {
	USAGE_ASKED, /* in documents; in streams a chunk of its own, when it was asked for */
	USAGE_CHUNK, /* in streams a chunk of its own, always */
	USAGE_LAST,  /* in the chunk with the finish */
	USAGE_EVERY, /* growing, in every chunk */
	USAGE_NONE,  /* nowhere */
	USAGES
};

struct programme {
	struct spread latency; /* from the request to the first byte of the answer … */
	struct spread head;    /* … but its head comes then, if has_head */
	bool has_head;
	struct spread body; /* a document's body so long after its head */
	struct spread gap;  /* between pieces of a stream */
	uint64_t tokens;    /* of the text; 0 = as many as it has; more: words before the answer */
	uint64_t reasoning; /* tokens of reasoning before it */
	uint64_t piece;     /* tokens in a piece of a stream */
	enum answer answer;
	enum reasoning_as reasoning_as;
	enum usage_as usage;
	char spelling[PROGRAMME_WORD]; /* of the number; spelling.h */
	char text[PROGRAMME_TEXT];     /* of ANSWER_TEXT */
	char finish[PROGRAMME_WORD];   /* "stop" */
	bool done;                     /* streams end with [DONE] */
	bool role;                     /* streams begin with a chunk that has nothing but a role */
	bool comments;                 /* streams have comments between events */
	bool space;                    /* "data: {" and not "data:{" */
	char eol[3];                   /* "\n" */
	uint64_t split;                /* bytes in one write; 0 = an event each */
	bool stream;                   /* what is asked for; false: a document all the same */
	uint64_t pad_kib;              /* text before the answer */
	bool close;                    /* the connection, after every answer */
	bool cookie;                   /* answers set one, and name the key that they were shown */
	bool trace;                    /* every piece's stamp goes to the log */

	/* what a request must be like */
	bool check_key;                /* one must be shown */
	bool check_model;              /* it must be on the list of the provider */
	char key[PROGRAMME_TEXT];      /* this one; "": any */
	char limit[PROGRAMME_WORD];    /* the name of the limit; "": any */
	uint64_t limit_min, limit_max; /* 0: any */
	char refuses[PROGRAMME_WORD];  /* a member that must not be there; "": none */
};

struct programme programme_ordinary(void);
/* NULL when it is set, else what is wrong: the name, static or `name` itself. */
const char *programme_set(struct programme *p, const char *name, const char *value);
bool programme_has(const char *name);
/* The names with a word on each, as a JSON object. */
void programme_help(struct buf *out);
