#include "core/change.h"

#include "base/json.h"
#include "core/decimal.h"

#include <inttypes.h>

enum { RATIO_DIGITS = 12 };

const char *const change_kind_names[CHANGE_KINDS] = {
	[CHANGE_ADDED] = "added",           [CHANGE_REMOVED] = "removed",
	[CHANGE_RETURNED] = "returned",     [CHANGE_MISSING] = "missing",
	[CHANGE_PRICE] = "price",           [CHANGE_QUANTIZATION] = "quantization",
	[CHANGE_DEPRECATED] = "deprecated", [CHANGE_REPLACED] = "replaced",
	[CHANGE_CONTEXT] = "context",       [CHANGE_CAPABILITY] = "capability",
	[CHANGE_RENAMED] = "renamed",       [CHANGE_SCHEMA] = "schema",
	[CHANGE_CORRECTED] = "corrected",
};

void changes_add(struct changes *list, struct arena *a, struct change c)
{
	if (list->n == list->room) {
		size_t room = list->room ? list->room * 2 : 16;
		struct change *grown = arena_array(a, room, struct change);

		if (list->n)
			memcpy(grown, list->items, list->n * sizeof(*grown));
		list->items = grown;
		list->room = room;
	}
	list->items[list->n++] = c;
}

bool change_is_drift(const struct change *c)
{
	return c->kind == CHANGE_SCHEMA && memmem(c->field.at, c->field.n, "#/", 2) != NULL;
}

/* ---- tags ---- */

static struct str add_to_array(struct str array, struct str word, struct arena *a)
{
	BUF_AUTO(out, SIZE_MAX / 2);

	if (array.n > 2) /* without its bracket */
		buf_add_str(&out, (struct str){ array.at, array.n - 1 });
	buf_add_char(&out, array.n > 2 ? ',' : '[');
	json_add_quoted(&out, word);
	buf_add_char(&out, ']');
	return arena_str(a, buf_str(&out));
}

void change_add_tag(struct change *c, struct str tag, struct arena *a)
{
	c->tags = add_to_array(c->tags, tag, a);
}

size_t change_tags(const struct change *c, struct arena *a, struct str *ret, size_t room)
{
	JSON_DOC_AUTO(doc);
	struct err ignored;
	yyjson_arr_iter at;
	yyjson_val *tag;
	size_t n = 0;

	if (str_is_none(c->tags) || !json_read(c->tags, &doc, &ignored))
		return 0;
	(void)yyjson_arr_iter_init(yyjson_doc_get_root(doc), &at);
	while (n < room && (tag = yyjson_arr_iter_next(&at)) != NULL) {
		struct str text = json_str(tag, a);

		if (!str_is_none(text))
			ret[n++] = arena_str(a, text); /* the document goes */
	}
	return n;
}

struct str change_find_tag(const struct change *c, struct str beginning, struct arena *a)
{
	enum { TAGS = 16 };
	struct str tags[TAGS];
	size_t n = change_tags(c, a, tags, TAGS);

	for (size_t i = 0; i < n; i++)
		if (str_starts(tags[i], beginning))
			return tags[i];
	return STR_NONE;
}

/* ---- comparing ---- */

static void compare_text(const struct model *m, enum change_kind kind, const char *field,
			 struct str before, struct str after, struct arena *a, struct changes *list)
{
	if (!str_same(before, after))
		changes_add(list, a,
			    (struct change){ kind, m->id, str_of(field), before, after, STR_NONE,
					     STR_NONE });
}

static struct str count_text(int64_t n, struct arena *a)
{
	return n == MODEL_NO_COUNT ? STR_NONE : arena_printf(a, "%" PRId64, n);
}

static void compare_count(const struct model *m, const char *field, int64_t before, int64_t after,
			  struct arena *a, struct changes *list)
{
	if (before != after)
		compare_text(m, CHANGE_CONTEXT, field, count_text(before, a), count_text(after, a),
			     a, list);
}

static struct str said_text(struct capabilities c, struct arena *a)
{
	return c.said ? capabilities_text(c, a) : STR_NONE;
}

static struct str instant_text(int64_t ms, struct arena *a)
{
	char text[CLOCK_TEXT_MAX];

	return ms == CLOCK_NONE ? STR_NONE : arena_str(a, str_of(clock_text(ms, text)));
}

/* A price as old or new of a change; no price is the word for it. */
static struct str price_value(const struct price *p)
{
	if (!p)
		return STR("unpublished");
	return p->state == PRICE_DYNAMIC ? STR("dynamic") : p->amount;
}

static struct str price_ratio(const struct price *before, const struct price *after,
			      struct arena *a)
{
	char text[DEC_TEXT_MAX];
	struct dec old_amount;
	struct dec new_amount;
	struct dec ratio;
	struct err e;

	if (!before || !after || before->state != PRICE_PRICED || after->state != PRICE_PRICED ||
	    !str_eq(before->currency, after->currency))
		return STR_NONE;
	if (!dec_parse(before->amount, &old_amount, &e) ||
	    !dec_parse(after->amount, &new_amount, &e) ||
	    !dec_ratio(&new_amount, &old_amount, RATIO_DIGITS, &ratio, &e))
		return STR_NONE;
	return arena_str(a, (struct str){ text, dec_print(&ratio, text) });
}

/* Meter and condition, of which most prices have none. */
static struct str price_field(const struct price *p, struct arena *a)
{
	const char *meter = meters[p->meter].name;

	return p->condition.n == 0 ? str_of(meter)
				   : arena_printf(a, "%s%.*s", meter, STR_FMT(p->condition));
}

/* `p` is whichever of both there is: it has the key. */
static void add_price_change(const struct model *m, const struct price *p,
			     const struct price *before, const struct price *after, struct arena *a,
			     struct changes *list)
{
	changes_add(list, a,
		    (struct change){ CHANGE_PRICE, m->id, price_field(p, a), price_value(before),
				     price_value(after), price_ratio(before, after, a), STR_NONE });
}

/* Both lists are sorted by key: one walk. */
static void compare_prices(const struct model *before, const struct model *after, struct arena *a,
			   struct changes *list)
{
	const struct price *b = before->prices;
	const struct price *p = after->prices;
	size_t n_b = before->n_prices; /* left of each; a list of none may be NULL */
	size_t n_p = after->n_prices;

	while (n_b > 0 || n_p > 0) {
		int c = n_b == 0 ? 1 : n_p == 0 ? -1 : price_cmp(b, p);

		if (c < 0)
			add_price_change(after, b, b, NULL, a, list);
		else if (c > 0)
			add_price_change(after, p, NULL, p, a, list);
		else if (!price_same_amount(b, p))
			add_price_change(after, p, b, p, a, list);
		if (c <= 0) {
			b++;
			n_b--;
		}
		if (c >= 0) {
			p++;
			n_p--;
		}
	}
}

void changes_between(const struct model *before, const struct model *after, struct arena *a,
		     struct changes *list)
{
	const struct model *m = after;

	compare_text(m, CHANGE_RENAMED, "name", before->name, after->name, a, list);
	compare_count(m, "context_length", before->context_length, after->context_length, a, list);
	compare_count(m, "max_output_tokens", before->max_output_tokens, after->max_output_tokens,
		      a, list);
	compare_text(m, CHANGE_CAPABILITY, "modality", before->modality, after->modality, a, list);
	if (before->capabilities.said != after->capabilities.said ||
	    before->capabilities.yes != after->capabilities.yes)
		compare_text(m, CHANGE_CAPABILITY, "capabilities",
			     said_text(before->capabilities, a), said_text(after->capabilities, a),
			     a, list);
	compare_text(m, CHANGE_QUANTIZATION, "quantization", before->quantization,
		     after->quantization, a, list);
	if (before->deprecated_at_ms != after->deprecated_at_ms)
		compare_text(m, CHANGE_DEPRECATED, "deprecated_at",
			     instant_text(before->deprecated_at_ms, a),
			     instant_text(after->deprecated_at_ms, a), a, list);
	compare_text(m, CHANGE_REPLACED, "replaced_by", before->replaced_by, after->replaced_by, a,
		     list);
	compare_prices(before, after, a, list);
}
