/* SPDX-License-Identifier: MIT */
/*
 * buf: bytes that grow, and blobs that are shared.
 *
 * A buf is owned by whoever declared it and is released with buf_release(); it is always
 * NUL-terminated, so buf.data may be printed.  A blob is an immutable, counted run of bytes: one
 * rendered document is sent on many connections at once without being copied.
 * Out of memory aborts.  The JSON helpers only write; nothing here reads JSON.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	char *data;
	size_t len, room;
};

struct blob {
	unsigned refs;
	size_t len;
	char *data;
};

enum json_text {
	JSON_UTF8,  /* non-ASCII characters as they are */
	JSON_ASCII, /* non-ASCII characters as \uXXXX, with surrogate pairs; '/' as \/ */
};

void *sim_alloc(size_t n); /* zeroed, never NULL */
char *sim_strdup(const char *text);
char *sim_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

void buf_reserve(struct buf *b, size_t more);
void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_str(struct buf *b, const char *text);
void buf_char(struct buf *b, char c);
void buf_fill(struct buf *b, char c, size_t n);
void buf_uint(struct buf *b, uint64_t n);
void buf_printf(struct buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), nonnull(2)));
void buf_release(struct buf *b);

/* A quoted JSON string; NULL becomes null. */
void buf_json(struct buf *b, const char *text, enum json_text how);
/* `,` unless the buffer ends with an opening bracket: lists without a "first" variable. */
void buf_comma(struct buf *b);

struct blob *blob_from(struct buf *b); /* takes the bytes and leaves b empty */
struct blob *blob_ref(struct blob *b);
void blob_unref(struct blob *b); /* NULL is fine */
struct blob *blob_gzip(const struct blob *plain, int level);
/* 64 bits that name the content; for ETags, not for security. */
uint64_t blob_hash(const struct blob *b);
