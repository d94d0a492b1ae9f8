/*
 * snapshot: the name of a state.
 *
 * A provider's catalog has a canonical form, a JSON text that depends on what
 * the provider offers and on nothing else: not on the order of its list, the
 * spelling of its numbers, the clock, our ids or the operator's edits.  The
 * SHA-256 of that text names the state; `sha256sum models_HASH.json` prints its
 * name.
 *
 * Canonical form, version 1 (the first line is the whole envelope, models come
 * one a line sorted bytewise by id, '\n' ends every line):
 *
 *	{"assay":1,"provider":"SLUG","models":[
 *	{"id":…,"name":…,"context_length":…,"max_output_tokens":…,"modality":…,
 *	 "capabilities":[…],"quantization":…,"deprecated_at":…,"replaced_by":…,
 *	 "prices":[["METER","CONDITION","STATE","AMOUNT","CURRENCY"],…]},
 *	…
 *	]}
 *
 * (each model on ONE line, without the breaks shown).  Absent members are left
 * out.  Capabilities are the names said, '!' before a no.  Strings are escaped
 * minimally: \" \\ and \u00xx for bytes below 0x20, all else is raw UTF-8.
 * Prices stand in key order; the amount is null when dynamic.  The validity that
 * a provider states is stored with a price, not tracked.
 */
#pragma once
#include "base/buf.h"
#include "base/hash.h"
#include "core/model.h"

/* One model's line, without the line break: appended to `out`. */
void snapshot_add_model(struct buf *out, const struct model *m);

struct snapshot {
	struct hash hash;     /* of the whole canonical form */
	struct hash *content; /* [catalog.n]: fingerprint of each model's line AND of what is stored
				 untracked: equal means nothing of its row needs writing */
};

/* Hash a sorted catalog.  Memory for `content` comes from the arena. */
void snapshot_take(const struct catalog *c, struct arena *a, struct snapshot *ret);

/* The whole canonical form, as written to models_HASH.json. */
void snapshot_print(const struct catalog *c, struct buf *out);
