#include "conf/dotenv.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { FILE_MAX = 1 << 20 };

/* ---- one line ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct str skip_blanks(struct str s)
{
	while (s.n > 0 && is_blank(s.at[0])) {
		s.at++;
		s.n--;
	}
	return s;
}

static bool is_name_char(char c, bool first)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
	       (!first && c >= '0' && c <= '9');
}

static struct str take_name(struct str *line)
{
	struct str name = { line->at, 0 };

	while (name.n < line->n && is_name_char(line->at[name.n], name.n == 0))
		name.n++;
	line->at += name.n;
	line->n -= name.n;
	return name;
}

static struct str skip_export(struct str line)
{
	struct str rest = { line.at + 6, line.n - 6 };

	if (!str_starts(line, STR("export")) || rest.n == 0 || !is_blank(rest.at[0]))
		return line;
	rest = skip_blanks(rest);
	/* "export = x" sets a variable of that name. */
	return rest.n > 0 && rest.at[0] != '=' ? rest : line;
}

static bool ends_here(struct str after_quote)
{
	struct str rest = skip_blanks(after_quote);

	return rest.n == 0 || (rest.n < after_quote.n && rest.at[0] == '#');
}

static const char *quoted_value(struct str line, struct str *ret)
{
	char quote = line.at[0];
	struct str rest = { line.at + 1, line.n - 1 };

	if (!str_cut(&rest, quote, ret))
		return "the quote is not closed";
	return ends_here(rest) ? NULL : "text after the closing quote";
}

static struct str plain_value(struct str line)
{
	for (size_t i = 0; i < line.n; i++) {
		if (line.at[i] == '#' && i > 0 && is_blank(line.at[i - 1]))
			line.n = i;
	}
	return str_trim(line);
}

/* What is wrong with the line, or NULL. */
static const char *parse_line(struct str line, struct dotenv_entry *ret)
{
	struct str value;

	if (memchr(line.at, '\0', line.n))
		return "a NUL byte";
	line = skip_export(line);
	ret->name = take_name(&line);
	line = skip_blanks(line);
	if (ret->name.n == 0 || line.n == 0 || line.at[0] != '=')
		return "expected NAME=value";
	/* One blank stays in front, so that "NAME= # note" is an empty value. */
	value = skip_blanks((struct str){ line.at + 1, line.n - 1 });
	if (value.n > 0 && (value.at[0] == '"' || value.at[0] == '\''))
		return quoted_value(value, &ret->value);
	ret->value = plain_value((struct str){ line.at + 1, line.n - 1 });
	return NULL;
}

/* ---- the file ---- */

static size_t count_lines(struct str text)
{
	size_t n = 1;

	for (size_t i = 0; i < text.n; i++)
		n += text.at[i] == '\n';
	return n;
}

static struct str skip_byte_order_mark(struct str text)
{
	struct str mark = STR("\xef\xbb\xbf");

	return str_starts(text, mark) ? (struct str){ text.at + mark.n, text.n - mark.n } : text;
}

bool dotenv_parse(struct str text, const char *path, struct arena *a, struct dotenv *ret,
		  struct err *e)
{
	struct str rest = skip_byte_order_mark(text);
	struct dotenv found = { .entries = arena_array(a, count_lines(rest), struct dotenv_entry) };
	struct str line;

	for (int number = 1; rest.n > 0; number++) {
		struct dotenv_entry entry = { .line = number };
		const char *wrong;

		(void)str_cut(&rest, '\n', &line);
		line = str_trim(line);
		if (line.n == 0 || line.at[0] == '#')
			continue;
		wrong = parse_line(line, &entry);
		if (wrong)
			return err_set(e, ERR_CONFIG, "%s: line %d: %s", path, number, wrong);
		entry.name = arena_str(a, entry.name);
		entry.value = arena_str(a, entry.value);
		found.entries[found.n++] = entry;
	}
	*ret = found;
	return true;
}

/* 0, or what the system says; everything that could be read is in `out`. */
static int read_all(int fd, struct buf *out)
{
	char block[16384];
	ssize_t n;

	do {
		n = read(fd, block, sizeof(block));
		if (n < 0 && errno != EINTR)
			return errno;
		if (n > 0)
			buf_add(out, block, (size_t)n);
	} while (n != 0 && !buf_overflowed(out));
	return buf_overflowed(out) ? EFBIG : 0;
}

static int read_file(const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int failure;

	if (fd < 0)
		return errno;
	failure = read_all(fd, out);
	(void)close(fd);
	return failure;
}

static bool is_absence(int number)
{
	return number == ENOENT || number == ENOTDIR || number == EISDIR;
}

bool dotenv_read(const char *path, bool must_exist, struct arena *a, struct dotenv *ret,
		 struct err *e)
{
	BUF_AUTO(text, FILE_MAX);
	int failure = read_file(path, &text);

	if (failure && (must_exist || !is_absence(failure)))
		return err_errno(e, ERR_IO, failure, "%s", path);
	return dotenv_parse(buf_str(&text), path, a, ret, e);
}

struct str dotenv_get(const struct dotenv *d, struct str name)
{
	for (size_t i = d->n; i-- > 0;) {
		if (str_eq(d->entries[i].name, name))
			return d->entries[i].value;
	}
	return STR_NONE;
}
