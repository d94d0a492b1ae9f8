/*
 * answer: what came back from libcurl, read once the transfer is over.
 */
#pragma once
#include "net/fetch.h"

#include <curl/curl.h>

enum { ANSWER_HEADERS_MAX = 256 * 1024 }; /* all headers of one answer */

/* The last status line, -1 when none came. */
long answer_status(CURL *easy);

/* A header's value, good until the handle is used again; absent when not sent. */
struct str answer_header(CURL *easy, const char *name);

/* Every header of that name, joined by commas. */
void answer_headers(CURL *easy, const char *name, struct buf *out);

/* None, identity and gzip; anything else is ERR_DATA naming it. */
bool answer_encoding(CURL *easy, enum fetch_encoding *ret, struct err *e);

/* Retry-After, seconds or a date; 0 when not sent, unreadable or past. */
uint64_t answer_retry_after_s(CURL *easy);

/* max-age of Cache-Control, seconds; -1 when not sent, unreadable, or the answer may not be kept at all. */
int64_t answer_max_age_s(CURL *easy);

/*
 * Why there is no answer, in words that name no URL, header or key.  For a
 * time-out the caller says better which of its limits it was.  *ret_again:
 * whether trying again can help.
 */
void answer_failure(CURL *easy, CURLcode code, const char *detail, bool *ret_again, struct err *e);
