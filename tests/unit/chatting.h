/*
 * chatting: answers of chat endpoints for tests, written with ' for ", which none of
 * them needs as it is.
 */
#pragma once
#include "unit.h"

#include "base/buf.h"
#include "base/json.h"
#include "core/chat.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* The text with " for ', and with `end` for each LF. */
struct str quoted(const char *text, const char *end, struct arena *a);

/* Read as a whole, asked for as a stream or not. */
void read_answer(enum chat_form form, const char *body, bool streamed, struct arena *a,
		 struct chat_answer *ret);
/* The same of bytes, with the times of their arrival. */
void read_arrived(enum chat_form form, struct str body, const struct arrival *arrivals, size_t n,
		  struct arena *a, struct chat_answer *ret);

/* Absent where NULL. */
void assert_str(struct str got, const char *want);

/* The fault matrix (test_faults.c), an array of rows, and what one of them has for a body. */
enum { FAULT_BODY_MAX = 1 << 16 };
yyjson_doc *faults_load(void);
void fault_body(yyjson_val *row, struct buf *out);
