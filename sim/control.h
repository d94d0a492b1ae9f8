/* SPDX-License-Identifier: MIT */
/*
 * control: the routes below /sim/, by which tests ask for the truth and turn the market.
 *
 * One table in control.c; GET /sim/ prints it.  Answers are JSON; a wrong parameter is 400 and says
 * which.
 */
#pragma once
#include "http.h"
#include "serve.h"

void control_answer(struct sim *sim, const struct http_request *rq, struct reply *rp);
