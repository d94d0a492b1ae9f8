#include "task/push_join.h"

#include "base/buf.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <unistd.h>

enum { HEADER_MAX = 64 * 1024 };

/* With its line end; the columns' names hold none. */
static bool cut_header(struct str *rest, struct str *ret, struct err *e)
{
	struct str whole = *rest;

	if (!str_cut(rest, '\n', ret))
		return err_set(e, ERR_DATA, "it has no header line");
	ret->n++;
	*rest = (struct str){ whole.at + ret->n, whole.n - ret->n };
	return true;
}

static bool is_line_begin(struct str head, const char *at)
{
	return at == head.at || at[-1] == '\n';
}

/* Up to the end of a head whose last line has none. */
static bool ends_in(struct str head, struct str rows)
{
	struct str bare = { rows.at, rows.n - 1 };

	return str_ends(head, bare) && is_line_begin(head, head.at + head.n - bare.n);
}

/* Rows are whole lines: they begin behind one. */
static bool contains(struct str head, struct str rows)
{
	struct str left = head;
	const char *at;

	while (rows.n && (at = memmem(left.at, left.n, rows.at, rows.n))) {
		if (is_line_begin(head, at))
			return true;
		left = (struct str){ at + 1, (size_t)(head.at + head.n - at - 1) };
	}
	return rows.n == 0 || ends_in(head, rows);
}

static bool write_joined(const struct push_join *j, struct str rows, struct err *e)
{
	BUF_AUTO(joined, j->max + 1);
	ARENA_AUTO(a);
	char *folder = arena_cstr(&a, j->out);
	char *name = arena_cstr(&a, j->out);

	buf_add_str(&joined, j->head);
	if (joined.n && joined.at[joined.n - 1] != '\n')
		buf_add_char(&joined, '\n');
	buf_add_str(&joined, rows);
	if (buf_overflowed(&joined) || joined.n > j->max)
		return err_set(e, ERR_LIMIT, "with these rows it would be larger than %llu bytes",
			       (unsigned long long)j->max);
	return file_write(dirname(folder), basename(name), buf_str(&joined), e);
}

bool push_join(struct push_join *j, struct err *e)
{
	struct str head = j->head;
	struct str there;
	struct str ours;
	struct str rows;
	ARENA_AUTO(a);

	if (!file_read(arena_cstr(&a, j->batch), j->max, &a, &rows, e) ||
	    !cut_header(&rows, &ours, e))
		return false;
	if (head.n == 0) {
		j->head = ours;
		return write_joined(j, rows, e);
	}
	(void)str_cut(&head, '\n', &there);
	if (!str_eq(str_trim(there), str_trim(ours)))
		return err_set(e, ERR_DATA, "the file there has other columns");
	j->there = contains(head, rows);
	return j->there || write_joined(j, rows, e);
}

bool push_header(struct str path, struct arena *a, struct str *ret, struct err *e)
{
	char *name = arena_cstr(a, path);
	char *text = arena_alloc(a, HEADER_MAX);
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, text, HEADER_MAX);
	struct str rest = { text, n > 0 ? (size_t)n : 0 };

	if (n < 0)
		(void)err_errno(e, ERR_IO, errno, "%s", name);
	if (fd >= 0)
		(void)close(fd);
	return n >= 0 && (cut_header(&rest, ret, e) || err_wrap(e, "%s", name));
}
