/*
 * follow: how row `providers` follows its descriptor without ever overruling
 * an operator.  For every back end; no word of SQL but the columns' names.
 *
 * Three-way: a column is rewritten while it holds what a descriptor put there.
 * What that was stands in metadata.descriptor, an object by column name; a
 * column that an operator changed keeps its entry, so that putting the old
 * value back gives the column back to the descriptor.
 */
#pragma once
#include "base/buf.h"
#include "store/desk.h"

/* Columns that follow, in this order wherever they are listed; the first FOLLOW_TEXTS are text. */
enum { FOLLOW_COLUMNS = 11, FOLLOW_TEXTS = 7 };
#define FOLLOW_TEXT_NAMES \
	"name, description, base_url, api_key_env_var, logo_url, site_url, status_page_url"
#define FOLLOW_FLAG_NAMES \
	"supports_streaming, supports_function_calling, supports_vision, supports_image_generation"
#define FOLLOW_NAMES FOLLOW_TEXT_NAMES ", " FOLLOW_FLAG_NAMES

/* The values of all of them, as text; flags as "0" and "1", absent: NULL. */
struct follow_values {
	struct str v[FOLLOW_COLUMNS];
};

struct follow_values follow_wanted(const struct store_provider *p);

/* The metadata of a row that is to be made. */
void follow_first_metadata(const struct follow_values *want, struct buf *out);

/*
 * What an operator wants of some columns (value absent: what the descriptor says): into `now`; what was there
 * before into ret_before[w->n].  ERR_USAGE as store_edit_provider().
 */
bool follow_edit(struct follow_values *now, struct str metadata,
		 const struct store_provider_edit *w, struct arena *a,
		 struct store_column *ret_before, struct err *e);

/*
 * What shall stand, made of what stands (`now`, and the row's metadata) and what
 * is wanted.  *ret_differs false: nothing is to be written, and `now` and `out`
 * are as they were; else `now` is to be written and `out` is the new metadata, in
 * which all that is not ours stays as it was.
 */
bool follow_merge(struct follow_values *now, struct str metadata, const struct follow_values *want,
		  struct arena *a, struct buf *out, bool *ret_differs, struct err *e);
