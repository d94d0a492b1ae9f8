#include "sink/csv_scan.h"

#include "base/clock.h"
#include "sink/csv.h"

#include <csv.h>
#include <errno.h>
#include <unistd.h>

enum { COLUMNS = 14, HEADER_MAX = 1024, CHUNK = 1 << 16 };

/* Spaces belong to a cell. */
static int is_space(unsigned char c)
{
	(void)c;
	return 0;
}

static void parser_init(struct csv_parser *p)
{
	if (csv_init(p, CSV_STRICT) != 0)
		abort();
	csv_set_blk_size(p, CHUNK);
	csv_set_space_func(p, is_space);
}

/* ---- the header ---- */

struct names {
	struct str rest; /* of ours */
	bool more, same;
};

static void on_name(void *name, size_t n, void *arg)
{
	struct names *names = arg;
	struct str want;

	names->same &= names->more;
	names->more = str_cut(&names->rest, ',', &want);
	names->same &= str_eq(want, (struct str){ name, n });
}

static void on_names_end(int ended_by, void *arg)
{
	(void)ended_by;
	(void)arg;
}

static bool is_header(struct str line)
{
	struct names names = { { csv_header, strlen(csv_header) - 1 }, true, true };
	struct csv_parser p;
	bool ok;

	parser_init(&p);
	ok = csv_parse(&p, line.at, line.n, on_name, on_names_end, &names) == line.n;
	csv_free(&p);
	return ok && names.same && !names.more;
}

static struct csv_head head_of(struct str begin)
{
	static const struct str mark = { "\xef\xbb\xbf", 3 };
	const struct str ours = str_of(csv_header);
	const char *lf = memchr(begin.at, '\n', begin.n);
	struct str line = { begin.at, lf ? (size_t)(lf - begin.at) + 1 : 0 };
	struct csv_head head = { .begins = CSV_BEGINS_OTHERWISE, .end = line.n };

	head.tidy = str_eq(line, ours);
	if (str_starts(line, mark))
		line = (struct str){ line.at + mark.n, line.n - mark.n };
	if (str_starts(ours, begin) && begin.n < ours.n)
		head.begins = CSV_BEGINS_EMPTY;
	else if (line.n && is_header(line))
		head.begins = CSV_BEGINS_OURS;
	return head;
}

bool csv_look(int fd, struct csv_head *ret)
{
	char bytes[HEADER_MAX];
	ssize_t n = pread(fd, bytes, sizeof(bytes), 0);

	if (n < 0)
		return false;
	*ret = head_of((struct str){ bytes, (size_t)n });
	return true;
}

/* ---- counting ---- */

struct scan {
	struct csv_parser parser;
	struct csv_rows seen, *whole; /* so far, and up to the last line that ends a row */
	uint64_t known;
	unsigned columns;     /* of the running row, so far */
	int64_t row_cycle_ms; /* its first cell, CLOCK_NONE: no time */
	bool row_ended;
};

static void on_cell(void *cell, size_t n, void *arg)
{
	struct scan *s = arg;
	struct err ignored;

	if (s->columns++ > 0)
		return;
	s->row_cycle_ms = CLOCK_NONE;
	(void)clock_parse((struct str){ cell ? cell : "", n }, &s->row_cycle_ms, &ignored);
}

static void on_row(int ended_by, void *arg)
{
	struct scan *s = arg;
	struct csv_rows *seen = &s->seen;

	s->row_ended = true;
	seen->foreign |= s->columns != COLUMNS;
	seen->tidy &= ended_by == '\n';
	s->columns = 0;
	seen->rows++;
	if (s->row_cycle_ms == CLOCK_NONE)
		return;
	if (seen->first_cycle_ms == CLOCK_NONE || s->row_cycle_ms < seen->first_cycle_ms)
		seen->first_cycle_ms = s->row_cycle_ms;
	if (s->row_cycle_ms > seen->last_cycle_ms)
		seen->last_cycle_ms = s->row_cycle_ms;
}

/* A line end without a row behind one: blank, or the rest of a CRLF. */
static bool is_blank(struct str line)
{
	return str_eq(line, STR("\n")) || str_eq(line, STR("\r\n"));
}

static void end_line(struct scan *s, uint64_t end)
{
	s->seen.end = end;
	s->seen.met |= end == s->known;
	*s->whole = s->seen;
}

/* Line by line, so that it is known where a row ends; false: that is none of ours. */
static bool scan_chunk(struct scan *s, struct str chunk, uint64_t at)
{
	while (chunk.n) {
		const char *lf = memchr(chunk.at, '\n', chunk.n);
		struct str line = { chunk.at, lf ? (size_t)(lf - chunk.at) + 1 : chunk.n };
		bool blank = at == s->seen.end && is_blank(line);

		s->row_ended = false;
		if (csv_parse(&s->parser, line.at, line.n, on_cell, on_row, s) != line.n ||
		    s->seen.foreign) {
			s->whole->foreign = true;
			return false;
		}
		at += line.n;
		s->seen.tidy &= !blank;
		if (s->row_ended || blank)
			end_line(s, at);
		chunk = (struct str){ chunk.at + line.n, chunk.n - line.n };
	}
	return true;
}

static bool scan_file(struct scan *s, int fd, uint64_t at)
{
	ARENA_AUTO(a);
	char *chunk = arena_alloc(&a, CHUNK);
	bool ours = true;
	ssize_t n;

	while (ours && (n = pread(fd, chunk, CHUNK, (off_t)at)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		ours = scan_chunk(s, (struct str){ chunk, (size_t)n }, at);
		at += (uint64_t)n;
	}
	return true;
}

bool csv_count(int fd, const struct csv_head *head, uint64_t known, struct csv_rows *ret)
{
	struct scan s = { .seen = { .end = head->end,
				    .met = head->end == known,
				    .tidy = true,
				    .first_cycle_ms = CLOCK_NONE,
				    .last_cycle_ms = CLOCK_NONE },
			  .whole = ret,
			  .known = known };
	bool ok;

	*ret = s.seen;
	parser_init(&s.parser);
	ok = scan_file(&s, fd, head->end);
	csv_free(&s.parser);
	return ok;
}

/* ---- writing anew ---- */

struct anew {
	struct csv_parser parser;
	struct buf out;
	unsigned columns;
};

static void copy_cell(void *cell, size_t n, void *arg)
{
	struct anew *w = arg;

	if (w->columns > 0)
		buf_add_char(&w->out, ',');
	csv_add_cell((struct str){ cell ? cell : "", n }, w->columns++, &w->out);
}

static void end_row(int ended_by, void *arg)
{
	struct anew *w = arg;

	(void)ended_by;
	w->columns = 0;
	buf_add_char(&w->out, '\n');
}

static bool copy_chunk(struct anew *w, struct str chunk, struct file_draft *to, struct err *e)
{
	buf_clear(&w->out);
	if (csv_parse(&w->parser, chunk.at, chunk.n, copy_cell, end_row, w) != chunk.n)
		return err_set(e, ERR_IO, "%s: somebody else writes it, too", to->path.at);
	return file_draft_add(to, buf_str(&w->out), e);
}

static bool copy_rows(struct anew *w, int fd, uint64_t at, uint64_t end, struct file_draft *to,
		      struct err *e)
{
	ARENA_AUTO(a);
	char *chunk = arena_alloc(&a, CHUNK);

	while (at < end) {
		uint64_t want = end - at < CHUNK ? end - at : CHUNK;
		ssize_t n = pread(fd, chunk, want, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_errno(e, ERR_IO, n ? errno : EIO, "%s", to->path.at);
		if (!copy_chunk(w, (struct str){ chunk, (size_t)n }, to, e))
			return false;
		at += (uint64_t)n;
	}
	return true;
}

bool csv_write_anew(int fd, const struct csv_head *head, uint64_t end, struct file_draft *to,
		    struct err *e)
{
	struct anew w = { .out = BUF_INIT(SIZE_MAX / 2) };
	bool ok;

	parser_init(&w.parser);
	ok = file_draft_add(to, str_of(csv_header), e) && copy_rows(&w, fd, head->end, end, to, e);
	csv_free(&w.parser);
	buf_release(&w.out);
	return ok;
}
