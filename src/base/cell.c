#include "base/cell.h"

static bool needs_quotes(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (memchr(",\"\r\n", s.at[i], 4))
			return true;
	return false;
}

static void add_quoted(struct buf *out, struct str s)
{
	buf_add_char(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.at[i] == '"')
			buf_add_char(out, '"');
		buf_add_char(out, s.at[i]);
	}
	buf_add_char(out, '"');
}

void cell_add(struct buf *out, struct str s, bool last)
{
	if (needs_quotes(s))
		add_quoted(out, s);
	else
		buf_add_str(out, s);
	buf_add_str(out, last ? STR("\r\n") : STR(","));
}
