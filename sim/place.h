/* SPDX-License-Identifier: MIT */
/*
 * place: where chats are asked for, and how each place speaks.
 *
 * A row per provider: its own URL, its path on Hugging Face's router where it has one, the form of
 * its answers, how it words what is wrong and how keys are shown to it.
 */
#pragma once
#include <stdbool.h>

#include "form.h"

enum { PLACE_NAME = 64, PLACE_PATH = 1024 };

enum via { VIA_DIRECT, VIA_ROUTER };

struct place {
	const char *name; /* slug; what marks it in the log and for POST /sim/chat … */
	const char
		*router; /* … unless it was asked on the router, where it is called so; or NULL */
	const char *host, *path; /* its own URL: '*' is any one segment; NULL: on the router only */
	const char *route[2];    /* below https://router.huggingface.co/NAME/; '*' is the model */
	const struct form *form; /* on the router it is always OpenAI's */
	complain_fn *complain;
	const char *key_header; /* in lower case; NULL: Authorization: Bearer */
	const char *demands;    /* a further header without which it answers 400; or NULL */
};

/* A place that was asked. */
struct asked_place {
	const struct place *place; /* NULL: the router knows no such provider */
	enum via via;
	char name[PLACE_NAME];  /* of the provider as it was addressed */
	char model[PLACE_PATH]; /* in the path; "": not there */
	bool routed;            /* false: the provider has no such route */
};

/* false: nobody chats there. */
bool place_find(const char *path, struct asked_place *out);
const struct place *place_routed(const char *router); /* NULL: no chats on the router */
const char *via_name(enum via v);
