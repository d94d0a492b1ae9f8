#include "net/hub_file.h"

#include "base/base64.h"
#include "base/file.h"

#include <errno.h>

enum { PIECE = 64 * 1024 };

/* Both names of the same bytes at once, and their beginning. */
struct describer {
	struct hasher *sha256, *git;
	struct hub_entry *entry;
	struct arena *arena;
	uint64_t seen;
};

static void begin(struct describer *d, uint64_t size)
{
	char head[32];
	int n = snprintf(head, sizeof(head), "blob %llu", (unsigned long long)size);

	d->entry->size = size;
	d->sha256 = hasher_create();
	d->git = hasher_create_sha1();
	hasher_add(d->git, head, (size_t)n + 1); /* the NUL is part of it */
}

static void add(struct describer *d, const char *bytes, size_t n)
{
	if (d->seen == 0) {
		BUF_AUTO(sample, 2 * HUB_SAMPLE_BYTES);

		base64_add(&sample, bytes, n < HUB_SAMPLE_BYTES ? n : HUB_SAMPLE_BYTES);
		d->entry->sample = arena_str(d->arena, buf_str(&sample));
	}
	hasher_add(d->sha256, bytes, n);
	hasher_add(d->git, bytes, n);
	d->seen += n;
}

static void end(struct describer *d)
{
	(void)hasher_end_text(d->sha256, d->entry->sha256);
	(void)hasher_end_text(d->git, d->entry->git);
	hasher_destroy(d->sha256);
	hasher_destroy(d->git);
}

static bool add_file(struct describer *d, int fd, const char *path, struct err *e)
{
	char piece[PIECE];
	size_t n;

	do {
		if (!file_read_some(fd, piece, sizeof(piece), &n))
			return err_errno(e, ERR_IO, errno, "%s", path);
		add(d, piece, n);
	} while (n == sizeof(piece));
	return d->seen == d->entry->size || err_set(e, ERR_IO, "%s changed meanwhile", path);
}

static bool describe_local(const char *path, struct describer *d, struct err *e)
{
	int fd __attribute__((cleanup(file_close))) = -1;
	uint64_t size;
	bool ok;

	if (!file_open(path, &fd, &size, e))
		return false;
	begin(d, size);
	ok = add_file(d, fd, path, e);
	end(d);
	return ok;
}

bool hub_file_describe(const struct hub_file *file, struct arena *a, struct hub_entry *ret,
		       struct err *e)
{
	struct describer d = { .entry = ret, .arena = a };

	*ret = (struct hub_entry){ .path = file->path };
	if (str_is_none(file->content))
		return describe_local(arena_cstr(a, file->local), &d, e);
	begin(&d, file->content.n);
	add(&d, file->content.at, file->content.n);
	end(&d);
	return true;
}

bool hub_file_read(const struct hub_file *file, const struct hub_entry *entry, struct arena *a,
		   struct str *ret, struct err *e)
{
	struct str bytes = file->content;

	if (str_is_none(bytes) &&
	    !file_read(arena_cstr(a, file->local), (size_t)entry->size, a, &bytes, e))
		return false;
	if (bytes.n != entry->size)
		return err_set(e, ERR_IO, "%.*s changed meanwhile", STR_FMT(file->local));
	*ret = bytes;
	return true;
}
