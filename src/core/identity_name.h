/*
 * identity_name: the words of a model's name, in the order and spelling that the
 * maker uses.  Only for core/identity.c.
 */
#pragma once
#include "core/identity_facts.h"

/* More words than this has no name. */
enum { NAME_WORDS_MAX = 24 };

/* Words are lower case, never empty, and live as long as `a` and the text read. */
struct name {
	struct arena *a;
	struct str word[NAME_WORDS_MAX];
	size_t n;
	const struct identity_family *family; /* of the first word, or NULL */
};

/*
 * Lower-case text → words as they stand.  False: bytes that no name has, too many
 * words, or none.
 */
bool name_split(struct name *n, struct str text);

/*
 * The same, respelled: the organisation's own name off the front, versions with
 * points, the family's spelling, the tags of `provider` and of quantization off the end.
 */
bool name_read(struct str text, struct str org, struct str provider, struct arena *a,
	       struct name *ret);

/* The family of a first word, also when its version sticks to it: "llama3.1"; or NULL. */
const struct identity_family *name_family_of(struct str word, size_t *ret_letters);

bool name_has(const struct name *n, struct str word);
/* Only family, version and size, of a family where that may be base or instruct. */
bool name_lacks_mode(const struct name *n);
/* "31" behind the family, "k25": a version without its point, or not one. */
bool name_has_squeezed_version(const struct name *n);
/* Nothing behind the family but what makers themselves say. */
bool name_is_plain(const struct name *n);

/* "org/word-word". */
struct str name_spelled(const struct name *n, struct str org);
