#include "task/push_card.h"

#include "base/buf.h"

enum { CARD_MAX = 64 * 1024 };

/* All others are text. */
static const struct {
	const char *column, *type;
} types[] = {
	{ "duration_ms", "float64" },
	{ "response_status_code", "int64" },
};

static const char *type_of(struct str column)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (str_eq(column, str_of(types[i].column)))
			return types[i].type;
	return "string";
}

static void add_columns(struct buf *out, struct str header)
{
	struct str rest = str_trim(header);
	struct str column;
	bool more;

	do {
		more = str_cut(&rest, ',', &column);
		buf_printf(out, "  - name: %.*s\n    dtype: %s\n", STR_FMT(column),
			   type_of(column));
	} while (more);
}

/* In double quotes YAML takes backslash and quote as JSON does. */
static void add_pattern(struct buf *out, struct str pattern)
{
	for (size_t i = 0; i < pattern.n; i++) {
		if (pattern.at[i] == '"' || pattern.at[i] == '\\')
			buf_add_char(out, '\\');
		buf_add_char(out, pattern.at[i]);
	}
}

struct str push_card(struct str pattern, struct str header, struct arena *a)
{
	BUF_AUTO(out, CARD_MAX);

	buf_add_str(&out, STR("---\n"
			      "configs:\n"
			      "- config_name: default\n"
			      "  data_files:\n"
			      "  - split: train\n"
			      "    path: \""));
	add_pattern(&out, pattern);
	buf_add_str(&out, STR("\"\n"
			      "  features:\n"));
	add_columns(&out, header);
	buf_add_str(
		&out,
		STR("---\n"
		    "\n"
		    "# Probes of hosted AI models\n"
		    "\n"
		    "One row per probe: one request to one provider of one model, when it was "
		    "sent, how\nlong its answer took and what it was. A status of -1 means that "
		    "there was no HTTP\nanswer. Times are UTC, durations milliseconds of the "
		    "attempt that is recorded. Headers\nare JSON objects in which keys are "
		    "masked.\n"
		    "\n"
		    "Collected and uploaded by assay.\n"));
	return arena_str(a, buf_str(&out));
}
