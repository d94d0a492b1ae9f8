/* SPDX-License-Identifier: MIT */
/*
 * answer: writes the script of an answer that an endpoint gives: head, document or stream, at its
 * times; and of a complaint.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "place.h"
#include "programme.h"
#include "script.h"

/* What a request asks, as far as answers depend on it. */
struct question {
	const struct form *form;
	complain_fn *complain;
	const char *model;
	const char *prompt; /* the last message */
	const char *key;    /* that was shown; "" */
	const char *member; /* of the request that is wrong, "", and … */
	const char *bound;  /* … what it is to be */
	const char *server; /* further header lines, each with its CRLF; "" */
	bool stream, include_usage, close;
	uint64_t limit;      /* tokens at most; 0 = not said */
	uint64_t id;         /* of the answer */
	uint64_t latency_us; /* drawn for it */
	struct rng *rng;
};

/* What is wrong with a stream, or with a document that is none the less sent whole. */
struct twist {
	bool no_finish;      /* the stream has no finish_reason */
	bool half;           /* it ends, in good order, half way */
	const char *event;   /* and then this is its last event … */
	bool at_once;        /* … or its only one */
	bool null_text;      /* the text is null */
	const char *refusal; /* the form's own word for it */
};

/* What an answer of nothing but bytes is. */
struct plain {
	int status;
	const char *type;    /* NULL: none */
	const char *headers; /* lines with their CRLF, or NULL */
	const char *body;
	size_t n;
};

struct script *answer_write(const struct question *q, const struct programme *p,
			    const struct twist *t);
struct script *answer_plain(const struct question *q, const struct plain *what);
struct script *answer_complaint(const struct question *q, int status, const char *headers,
				const struct complaint *c);
