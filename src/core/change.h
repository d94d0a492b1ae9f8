/*
 * change: the typed difference between what a provider last said of a model
 * and what it says now.  Pure functions: two models in, changes out.
 *
 * Not here: when a model counts as removed (core/removal.h), what is a change of the
 * document and not of models (core/fold.h), what is announced, what is held.
 */
#pragma once
#include "core/model.h"

enum change_kind {
	CHANGE_ADDED,
	CHANGE_REMOVED,
	CHANGE_RETURNED,
	CHANGE_MISSING,
	CHANGE_PRICE,
	CHANGE_QUANTIZATION,
	CHANGE_DEPRECATED,
	CHANGE_REPLACED,
	CHANGE_CONTEXT,    /* context_length and max_output_tokens */
	CHANGE_CAPABILITY, /* capabilities and modality */
	CHANGE_RENAMED,
	CHANGE_SCHEMA,
	CHANGE_CORRECTED,
	CHANGE_KINDS,
};
extern const char *const change_kind_names[CHANGE_KINDS];

struct change {
	enum change_kind kind;
	struct str model; /* provider_model_id; absent for a change of the provider as a whole */
	struct str
		field; /* tracked column, or meter and condition of a price; absent for added, … */
	/*
	 * As text: an exact amount, "0" for free, the words "unpublished" and
	 * "dynamic"; a number; a date; absent (JSON null) where nothing was said.
	 */
	struct str old_value, new_value;
	struct str
		ratio; /* price only: new/old to 12 significant digits, absent unless both positive */
	struct str tags; /* JSON array of words ("suspect", "reverted", "incident:ID"), or absent */
};

struct changes {
	struct change *items;
	size_t n, room;
};

void changes_add(struct changes *list, struct arena *a, struct change c);

/* Of kind schema, of a place in a document ("LIST#/path") and not of a key that models have. */
bool change_is_drift(const struct change *c);

/* One word more among its tags. */
void change_add_tag(struct change *c, struct str tag, struct arena *a);
/* Its tags, at most `room`; returns how many. */
size_t change_tags(const struct change *c, struct arena *a, struct str *ret, size_t room);
/* The first of its tags that begins so; absent when none does. */
struct str change_find_tag(const struct change *c, struct str beginning, struct arena *a);

/* Every difference of tracked fields, in the order of struct model, prices in key order. */
void changes_between(const struct model *before, const struct model *after, struct arena *a,
		     struct changes *list);
