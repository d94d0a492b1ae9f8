/*
 * identity: which weights a row offers, in one spelling for all providers:
 * "deepseek-ai/deepseek-v3-0324".
 *
 * A pure function of what the row itself says and of the operator's aliases.
 * It would rather not know than be wrong: a size, a version, a date, a mode
 * (instruct, base, thinking), "preview", "distill", "mini" are parts of the
 * name and are never taken off.  What is taken off or respelled stands in
 * identity_facts.c, fact by fact: spellings of an organisation, separators, tags
 * of quantization and of service, a date that is a model's only release.
 *
 * Strongest first: an alias; the Hugging Face id; what the provider itself states of
 * an id; the id, whose organisation may be the provider that makes it.  The display name is no evidence (it is prose, and often rounder than the id), and
 * neither is the quantization, for the same weights are sold in several.
 *
 * The name on Hugging Face of a known organisation is respelled as an id is; that
 * of another organisation is only lower-cased, so that a re-upload is never
 * merged with what it copies.  A canonical id given as a Hugging Face id is
 * itself.  Given as a provider's id it is itself or unmatched: "llama-3.1-8b"
 * of a provider may mean the base or the instruct model, on Hugging Face it is
 * the base.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"

/*
 * Raise it with every change of what identity_of() answers: what is stored is then
 * worked out anew.  tests/identity/rules.lock holds it to the sources.
 */
#define IDENTITY_VERSION 2

#define IDENTITY_TEXT_MAX 200 /* bytes of an id or alias; what is longer is unmatched */

struct identity_row {
	struct str provider; /* slug */
	struct str id;       /* provider_model_id */
	struct str hugging_face_id;
};

struct identity {
	struct str canonical; /* absent: unmatched */
	struct str evidence;  /* the rule and the text it read, or why there is no match */
};

struct identity_alias {
	struct str alias;     /* lower case; "slug:id" or an id at any provider */
	struct str canonical; /* absent: the operator wants it unmatched */
};

/* Sorted by alias, none twice.  Zeroed: none. */
struct identity_aliases {
	struct identity_alias *at;
	size_t n;
};

/* Strings of the answer are in `a`, in `aliases`, or literals. */
struct identity identity_of(const struct identity_row *row, const struct identity_aliases *aliases,
			    struct arena *a);

/*
 * A file of aliases: one JSON object, alias → canonical id, or null for "leave it
 * unmatched".  ERR_PARSE, or ERR_CONFIG that names the entry: not a string, an
 * alias twice (case does not count), an id that is not canonical.
 */
bool identity_aliases_read(struct str json, struct arena *a, struct identity_aliases *ret,
			   struct err *e);
/*
 * One alias as an operator wrote it; `canonical` absent: to stay unmatched.
 * ERR_CONFIG for one that no file may hold.
 */
bool identity_alias_read(struct str alias, struct str canonical, struct arena *a,
			 struct identity_alias *ret, struct err *e);
/* Aliases in any order → sorted; ERR_CONFIG names one that stands there twice. */
bool identity_aliases_sort(struct identity_aliases *aliases, struct err *e);
/* `first`, and what it lacks out of `second`. */
struct identity_aliases identity_aliases_join(const struct identity_aliases *first,
					      const struct identity_aliases *second,
					      struct arena *a);
/* The entry for an id at a provider, that of the provider first, or NULL. */
const struct identity_alias *identity_alias_find(const struct identity_aliases *aliases,
						 struct str provider, struct str id,
						 struct arena *a);
