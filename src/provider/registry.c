#include "provider/registry.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

enum { DESCRIPTOR_MAX = 1 << 20, PROVIDERS_MAX = 512 };

static int by_slug(const void *a, const void *b)
{
	return str_cmp(((const struct descriptor *)a)->slug, ((const struct descriptor *)b)->slug);
}

/* Over the one of the same slug, or behind the others. */
static bool put(struct registry *r, const struct descriptor *d, struct err *e)
{
	for (size_t i = 0; i < r->n; i++) {
		if (str_eq(r->items[i].slug, d->slug)) {
			r->items[i] = *d;
			return true;
		}
	}
	if (r->n == PROVIDERS_MAX)
		return err_set(e, ERR_LIMIT, "more than %d providers", PROVIDERS_MAX);
	r->items[r->n++] = *d;
	return true;
}

static bool load_builtins(struct registry *r, struct arena *a, struct err *e)
{
	for (size_t i = 0; i < registry_builtins_n; i++) {
		const struct registry_builtin *b = &registry_builtins[i];
		struct descriptor d;

		if (!descriptor_parse((struct str){ b->json, b->n },
				      arena_printf(a, "built-in %s", b->name), a, &d, e) ||
		    !put(r, &d, e))
			return false;
	}
	return true;
}

static bool load_file(const char *dir, const char *name, struct arena *a, struct registry *r,
		      struct err *e)
{
	struct str path = arena_printf(a, "%s/%s", dir, name);
	struct descriptor d;
	struct str json;

	return file_read(path.at, DESCRIPTOR_MAX, a, &json, e) &&
	       descriptor_parse(json, path, a, &d, e) && put(r, &d, e);
}

static int only_json(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && str_ends(str_of(entry->d_name), STR(".json"));
}

static bool load_dir(const char *dir, struct arena *a, struct registry *r, struct err *e)
{
	struct dirent **entries;
	int n = scandir(dir, &entries, only_json, alphasort);
	bool ok = n >= 0;

	if (!ok)
		return err_errno(e, ERR_CONFIG, errno, "ASSAY_PROVIDERS_DIR: %s", dir);
	for (int i = 0; i < n; i++) {
		ok = ok && load_file(dir, entries[i]->d_name, a, r, e);
		free(entries[i]);
	}
	free(entries);
	return ok;
}

bool registry_load(const char *dir, struct arena *a, struct registry *ret, struct err *e)
{
	struct registry r = { .items = arena_array(a, PROVIDERS_MAX, struct descriptor) };

	if (!load_builtins(&r, a, e) || (dir && !load_dir(dir, a, &r, e)))
		return false;
	qsort(r.items, r.n, sizeof(*r.items), by_slug);
	*ret = r;
	return true;
}

const struct descriptor *registry_find(const struct registry *r, struct str slug)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct descriptor *d = &r->items[i];

		if (str_eq(d->slug, slug))
			return d;
		for (size_t k = 0; k < d->n_aliases; k++)
			if (str_eq(d->aliases[k], slug))
				return d;
	}
	return NULL;
}

static const struct descriptor *find_hub_name(const struct registry *r, struct str name)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->items[i].hub_name.n && str_eq(r->items[i].hub_name, name))
			return &r->items[i];
	return NULL;
}

const struct descriptor *registry_find_routed(const struct registry *r, struct str name)
{
	const struct descriptor *d = find_hub_name(r, name);

	return d ? d : registry_find(r, name);
}

const struct descriptor *registry_find_named(const struct registry *r, struct str name)
{
	const struct descriptor *d = registry_find(r, name);

	return d ? d : find_hub_name(r, name);
}

struct str registry_slugs(const struct registry *r, struct arena *a)
{
	BUF_AUTO(out, 65536);

	for (size_t i = 0; i < r->n; i++) {
		if (i > 0)
			buf_add_str(&out, STR(", "));
		buf_add_str(&out, r->items[i].slug);
	}
	return arena_str(a, buf_str(&out));
}
