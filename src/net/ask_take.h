/*
 * ask_take: what comes in for an ask, piece by piece: the head, the body, when.
 *
 * Headers come a line at a time, as libcurl hands them over; what belongs to a 1xx is
 * forgotten when the next status line comes, and trailers behind a body are left out.
 */
#pragma once
#include "net/ask.h"

struct taken;

enum {
	HEAD_MAX = 256 * 1024,    /* all headers of one answer */
	ARRIVALS_MAX = 64 * 1024, /* later pieces share the last entry */
};

/* The answer that will be handed over is in it; ask_answer_release() gives it back. */
struct taken *taken_create(uint64_t keep_max);
struct ask_answer *taken_answer(struct taken *t);

/* False: more headers than HEAD_MAX. */
bool taken_header(struct taken *t, struct str line, int64_t us);
/* `announced`: Content-Length, or -1. */
void taken_body(struct taken *t, struct str piece, int64_t announced, int64_t us, struct hasher *h);

bool taken_head_is_whole(const struct taken *t); /* of an answer that is not a 1xx */
/* Point the answer's members at what was taken. */
void taken_end(struct taken *t, struct hasher *h);
