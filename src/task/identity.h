/*
 * identity: the arrow from what rows say to models.canonical_id.
 *
 *	alias file, table `aliases` ▶ rules ─┐
 *	store.rows ▶ core.identity ◀─────────┘ ▶ store.rows
 *
 * A sync works the ids out of the rows that it writes (sync_merge.c).  What was
 * worked out by other rules, or not at all, is done anew by identity_refresh()
 * before a sync and by identity_follow() inside its transaction.  Neither is a
 * change of the market: no row of `changes`, no hash.
 */
#pragma once
#include "core/identity.h"
#include "core/model.h"
#include "store/store.h"

struct identity_rules {
	struct identity_aliases aliases;
	struct str basis; /* version of the rules and fingerprint of the aliases, as stored */
};

/*
 * `path`: the alias file, or absent.  `s` NULL: no table.  A row of the table wins
 * over the file.  ERR_IO, ERR_PARSE or ERR_CONFIG names the file or the row.
 */
bool identity_rules_load(struct str path, struct store *s, struct arena *a,
			 struct identity_rules *ret, struct err *e);

struct identity identity_of_model(const struct identity_rules *rules, struct str provider,
				  const struct model *m, struct arena *a);

/*
 * Every provider whose ids other rules found, or that has rows nobody looked at:
 * one transaction each.  Nothing to do is found out by one statement, and
 * nothing is written then.  One that somebody keeps locked is left as it is, and
 * the error (ERR_BUSY) tells of the first.  Not inside a transaction.
 */
bool identity_refresh(struct store *s, const struct identity_rules *rules, int64_t at_ms,
		      struct err *e);

/* All rows of one provider, inside a transaction. */
bool identity_follow(struct store *s, const struct identity_rules *rules, int64_t provider_id,
		     struct str provider, int64_t at_ms, struct err *e);
