/*
 * hook: what an operator's command becomes before the shell sees it.  Pure.
 *
 * Two things are put into it, {hash} and {prev_hash}, and nothing but 64
 * hexadecimal digits is ever put there: what a provider wrote cannot become part
 * of a command line.  All else travels in the environment.
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct hook_notice {
	struct str provider; /* slug */
	struct str hash;
	struct str prev_hash; /* absent: there was no state before */
	struct str id;        /* of the notice, the same at every attempt */
};

/* The notice as one JSON object, and back; the strings of *ret are in the arena. */
void hook_format(const struct hook_notice *n, struct buf *out);
bool hook_parse(struct str payload, struct arena *a, struct hook_notice *ret, struct err *e);

/* Does the command speak of the state before? */
bool hook_needs_prev(struct str command);
/* ERR_DATA for a hash that is none, also where the command does not ask for it. */
bool hook_command(struct str command, const struct hook_notice *n, struct arena *a,
		  const char **ret, struct err *e);
/* `environment` with ASSAY_HASH, ASSAY_PREV_HASH, ASSAY_PROVIDER and ASSAY_NOTICE_ID; NULL-terminated. */
char *const *hook_environment(char *const *environment, const struct hook_notice *n,
			      struct arena *a);
