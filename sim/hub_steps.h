/* SPDX-License-Identifier: MIT */
/*
 * hub_steps: what the simulated Hub does at each step, when nothing is to go wrong.
 *
 * Each answers by filling the reply, refusals included: those of the real Hub in its words, and 400 with
 * a complaint where a client broke a rule that the real one might let pass.
 */
#pragma once
#include "hub_store.h"

struct hub_call {
	struct hub *hub;
	const struct http_request *rq;
	struct reply *rp;
	const char *repo;     /* NS/NAME, or "" */
	const char *revision; /* decoded, or "" */
	const char *rest;     /* what stands behind it in the path, decoded */
};

void hub_create(struct hub_call *c);
void hub_preupload(struct hub_call *c);
void hub_batch(struct hub_call *c);
void hub_put(struct hub_call *c);      /* rest: SHA256 or SHA256/NUMBER */
void hub_complete(struct hub_call *c); /* rest: SHA256 */
void hub_verify(struct hub_call *c);
void hub_commit(struct hub_call *c);
void hub_resolve(struct hub_call *c);
void hub_fetch_object(struct hub_call *c);

/* {"error":…} with the headers that the Hub has; code: X-Error-Code, or NULL. */
void hub_refuse(struct hub_call *c, int status, const char *code, const char *message);
