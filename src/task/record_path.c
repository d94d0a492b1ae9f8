/* record_path: one name of the buffer, however it was spelled. */
#include "base/buf.h"
#include "task/record_file.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

enum { LINKS_MAX = 40 };

static struct str real_path(struct str path, struct arena *a)
{
	char *real = realpath(arena_cstr(a, path), NULL);
	struct str copy = arena_str(a, str_of(real));

	free(real);
	return copy;
}

/* Up to its last '/', that included. */
static struct str folder_of(struct str path)
{
	while (path.n > 0 && path.at[path.n - 1] != '/')
		path.n--;
	return path;
}

static struct str laid_against(struct str folder, struct str path, struct arena *a)
{
	return str_starts(path, STR("/"))
		       ? path
		       : arena_printf(a, "%.*s/%.*s", STR_FMT(folder), STR_FMT(path));
}

static struct str from_here(struct str path, struct arena *a)
{
	char *cwd = getcwd(NULL, 0);
	struct str whole = laid_against(cwd ? str_of(cwd) : STR("."), path, a);

	whole = arena_str(a, whole);
	free(cwd);
	return whole;
}

/* A name that is not there yet, or a ".." below such a one. */
static void add_name(struct buf *out, struct str name)
{
	if (name.n == 0 || str_eq(name, STR(".")))
		return;
	if (str_eq(name, STR(".."))) {
		while (out->n > 0 && out->at[--out->n] != '/')
			;
		return;
	}
	buf_add_char(out, '/');
	buf_add_str(out, name);
}

/* What exists of it by its real name, the rest as it is written. */
static struct str as_far_as_known(struct str path, struct arena *a)
{
	struct str above = folder_of(path);
	struct str real = real_path(above, a);
	BUF_AUTO(out, PATH_MAX * 2);
	struct str rest;
	struct str name;
	bool more;

	while (str_is_none(real) && above.n > 1) {
		above = folder_of((struct str){ above.at, above.n - 1 });
		real = real_path(above, a);
	}
	if (str_is_none(real))
		return path;
	if (real.n > 1)
		buf_add_str(&out, real);
	rest = (struct str){ path.at + above.n, path.n - above.n };
	do {
		more = str_cut(&rest, '/', &name);
		add_name(&out, name);
	} while (more);
	return arena_str(a, buf_str(&out));
}

/* What a link that leads nowhere leads to: there the file will be made. */
static bool follow(struct str *path, struct arena *a)
{
	char target[PATH_MAX];
	ssize_t n = readlink(arena_cstr(a, *path), target, sizeof(target));

	if (n <= 0)
		return false;
	*path = arena_str(a, laid_against(folder_of(*path), (struct str){ target, (size_t)n }, a));
	return true;
}

struct str record_absolute(struct str path, struct arena *a)
{
	struct str whole;
	struct str real;
	int links = 0;

	if (str_is_none(path))
		return path;
	whole = from_here(path, a);
	do
		real = real_path(whole, a);
	while (str_is_none(real) && links++ < LINKS_MAX && follow(&whole, a));
	return str_is_none(real) ? as_far_as_known(whole, a) : real;
}
