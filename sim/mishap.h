/* SPDX-License-Identifier: MIT */
/*
 * mishap: the ways in which a chat endpoint fails, each by name and in the words of real providers.
 *
 * A row may answer something else (status, words or bytes), may bend the ordinary answer before it
 * is written (its programme, a twist), and may break what was written (how it travels).
 */
#pragma once
#include <stdbool.h>

#include "answer.h"
#include "http.h"
#include "programme.h"

/* An answer that is about to be broken. */
struct broken {
	struct script *script;
	struct reply *reply;
	uint64_t latency_us;
	bool keep; /* the connection may stay */
};

struct mishap {
	const char *name;
	const char *class; /* what an honest reader calls it; NULL: that is taste or patience */
	int status;        /* 0: the ordinary answer, bent or broken */
	const char *type, *code, *message; /* a complaint in the provider's spelling, or … */
	int says; /* (its status where the head says another; 0: the same) */
	const char *body,
		*content_type; /* … these bytes; {model}, {key}, {member}, {bound} are put in */
	const char *headers;   /* lines with CRLF; {retry_after} is put in */
	bool stream;           /* happens to streams only … */
	bool document;         /* … or to documents only */
	void (*bend)(struct programme *p, struct twist *t);
	void (*breaks)(struct broken *b);
};

const struct mishap *mishap_named(const char *name); /* NULL: unknown */
/* The script of a mishap with a status. */
struct script *mishap_write(const struct mishap *m, const struct question *q, uint64_t retry_after);
/* [{"name","class","status","stream","document"}] */
void mishap_list(struct buf *out);
