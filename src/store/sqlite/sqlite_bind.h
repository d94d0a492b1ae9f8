/*
 * sqlite_bind: values in and out of statements, one function a type.
 *
 * What is bound is not copied: it must stay until the statement is reset.
 * NULL stands for an absent string, CLOCK_NONE, MODEL_NO_COUNT and a flag that
 * is not said; binding fails only by a bug of ours, which is an assert.
 */
#pragma once
#include "core/snapshot.h"

#include <sqlite3.h>

void bind_str(sqlite3_stmt *st, int at, struct str s);
void bind_text(sqlite3_stmt *st, int at, const char *text); /* NULL: NULL */
void bind_blob(sqlite3_stmt *st, int at, struct str s);
void bind_i64(sqlite3_stmt *st, int at, int64_t n);
void bind_u64(sqlite3_stmt *st, int at, uint64_t n); /* a count; ours never pass 2^63 */
void bind_ms(sqlite3_stmt *st, int at, int64_t ms);
void bind_count(sqlite3_stmt *st, int at, int64_t n);
void bind_flag(sqlite3_stmt *st, int at, int flag); /* -1 0 1 */
/* As text of users' tables; `out` keeps it. */
void bind_time(sqlite3_stmt *st, int at, int64_t ms, char out[CLOCK_TEXT_MAX]);
void bind_hash(sqlite3_stmt *st, int at, const struct hash *h, char out[HASH_TEXT_MAX]);
/* For LIMIT: 0 is none, which SQLite calls -1. */
void bind_limit(sqlite3_stmt *st, int at, uint64_t limit);
void bind_real(sqlite3_stmt *st, int at, bool has, double value);

/* A slice of SQLite's memory, good until the statement moves on. */
struct str column_str(sqlite3_stmt *st, int at);
/* The same, copied into the arena. */
struct str column_copy(sqlite3_stmt *st, int at, struct arena *a);
uint64_t column_u64(sqlite3_stmt *st, int at); /* a negative number reads as 0 */
int64_t column_ms(sqlite3_stmt *st, int at);
int64_t column_count(sqlite3_stmt *st, int at);
int64_t column_time(sqlite3_stmt *st, int at); /* what is not a time reads as CLOCK_NONE */
bool column_real(sqlite3_stmt *st, int at, double *ret); /* false, and 0, for NULL */
/* False, and all zeros, for NULL and for what is not a hash. */
bool column_hash(sqlite3_stmt *st, int at, struct hash *ret);
