/*
 * registry: all providers this program knows, sorted by slug.
 */
#pragma once
#include "provider/descriptor.h"

struct registry {
	struct descriptor *items;
	size_t n;
};

/*
 * The descriptors built in, and over them every *.json of `dir` (or absent):
 * one with a slug already known replaces that provider, another adds one.
 * A descriptor that is wrong fails the whole load, by file and pointer.
 */
bool registry_load(const char *dir, struct arena *a, struct registry *ret, struct err *e);

/* By slug or alias; NULL when unknown. */
const struct descriptor *registry_find(const struct registry *r, struct str slug);

/* By its name on Hugging Face's router, else as registry_find(); NULL: nobody describes it. */
const struct descriptor *registry_find_routed(const struct registry *r, struct str name);

/* As somebody types it: as registry_find(), else by its name on that router; NULL when unknown. */
const struct descriptor *registry_find_named(const struct registry *r, struct str name);

/* "deepinfra, openrouter, …" for sentences. */
struct str registry_slugs(const struct registry *r, struct arena *a);

/* Files of providers/, embedded at build time. */
struct registry_builtin {
	const char *name;
	const char *json;
	size_t n;
};
extern const struct registry_builtin registry_builtins[];
extern const size_t registry_builtins_n;
