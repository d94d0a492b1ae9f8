/*
 * push_target: where in the dataset a batch goes, by HF_DATASET_TARGET_FILENAME.  Pure.
 *
 * {yyyy} {mm} {dd} {hhmm}: of the batch's latest cycle, UTC; {batch}: its id, HOST-UUID;
 * {host}.  Only with {batch} has each batch a path of its own; what has none names a file
 * that batches are added to.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"

/* What is said where a file has grown too large to be added to. */
#define PUSH_TARGET_DEFAULT "data/{yyyy}/{mm}/{dd}/{hhmm}-{batch}.csv"

/* ERR_USAGE says what is wrong with it. */
bool push_check_target(struct str target, struct err *e);
bool push_target_is_unique(struct str target);

struct push_target_words {
	struct str batch, host;
	int64_t at_ms;
};
/* Of a target that was checked. */
struct str push_target(struct str target, const struct push_target_words *words, struct arena *a);
/* A pattern that matches every path that comes from it, for the dataset's card. */
struct str push_target_pattern(struct str target, struct arena *a);
