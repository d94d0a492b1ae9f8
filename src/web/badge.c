/*
 * badge: a small picture for a README: how a model did lately, out of the view.
 *
 * Two fields, name and value, in SVG that needs no font of its own: each text is told how wide it is to be
 * (textLength), by the advances of the font that browsers find first or of one very like it.  Colours keep
 * white text readable (WCAG 2: a contrast of 4.5 at least).
 */
#include "web/handlers.h"
#include "web/reply.h"
#include "web/shelf.h"
#include "web/xml.h"

#include <inttypes.h>

enum { MAX_AGE_S = 60, VALUE_MAX = 32 };

#define FONT      "Verdana,DejaVu Sans,sans-serif"
#define NAME_BACK "#424242"
#define UNKNOWN   "#616161"
#define GOOD      "#2e7d32"
#define FAIR      "#8a6100"
#define BAD       "#b71c1c"

/* ---- widths ---- */

enum {
	FONT_PX = 11,
	EM = 1000, /* of widths[] */
	PADDING_PX = 6,
	HEIGHT_PX = 20,
	BASELINE_PX = 14,
};

/* What badges are written with, and how wide it is in thousandths of the font's size. */
static const struct {
	const char *characters;
	unsigned width;
} widths[] = {
	{ "ijl", 278 },        { ". ", 318 }, { "f", 352 }, { "t", 392 },   { "r", 411 },
	{ "s", 521 },          { "z", 525 },  { "c", 550 }, { "k", 579 },   { "vxy", 592 },
	{ "o", 612 },          { "a", 613 },  { "e", 615 }, { "hnu", 634 }, { "bdgpq", 635 },
	{ "0123456789", 636 }, { "w", 818 },  { "%", 950 }, { "m", 974 },
};
enum { WIDTHS = sizeof(widths) / sizeof(widths[0]) };

static unsigned width_of(char c)
{
	for (size_t i = 0; i < WIDTHS; i++)
		if (strchr(widths[i].characters, c))
			return widths[i].width;
	return EM;
}

/* In pixels, to the next one. */
static unsigned text_px(struct str s)
{
	unsigned sum = 0;

	for (size_t i = 0; i < s.n; i++)
		sum += width_of(s.at[i]);
	return (sum * FONT_PX + EM - 1) / EM;
}

/* ---- the picture ---- */

struct badge {
	const char *name, *colour;
	char value[VALUE_MAX];
};

static void add_text(struct buf *out, struct str text, unsigned left_px)
{
	buf_printf(out, "<text x=\"%u\" y=\"%d\" textLength=\"%u\">", left_px + PADDING_PX,
		   BASELINE_PX, text_px(text));
	xml_add(out, text);
	buf_add_str(out, STR("</text>"));
}

static void add_box(struct buf *out, unsigned left_px, unsigned width_px, const char *colour)
{
	buf_printf(out, "<rect x=\"%u\" width=\"%u\" height=\"%d\" fill=\"%s\"/>", left_px,
		   width_px, HEIGHT_PX, colour);
}

static void print_badge(struct buf *out, const struct badge *b, struct str subject)
{
	struct str name = str_of(b->name);
	struct str value = str_of(b->value);
	unsigned name_px = text_px(name) + 2 * PADDING_PX;
	unsigned value_px = text_px(value) + 2 * PADDING_PX;

	buf_printf(
		out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%d\" role=\"img\""
		" aria-label=\"%s: %s\">",
		name_px + value_px, HEIGHT_PX, b->name, b->value);
	buf_add_str(out, STR("<title>"));
	xml_add(out, subject);
	buf_printf(out, ": %s %s</title>", b->name, b->value);
	add_box(out, 0, name_px, NAME_BACK);
	add_box(out, name_px, value_px, b->colour);
	buf_printf(out, "<g fill=\"#fff\" font-family=\"" FONT "\" font-size=\"%d\">", FONT_PX);
	add_text(out, name, 0);
	add_text(out, value, name_px);
	buf_add_str(out, STR("</g></svg>\n"));
}

/* ---- values and their colours ---- */

enum { PPM = 1000000, PPM_GOOD = 990000, PPM_FAIR = 950000, PPM_PER_HUNDREDTH = 100 };
enum { MS_GOOD = 1000, MS_FAIR = 5000, MS_PER_S = 1000, MS_AS_SECONDS = 10000 };

/* Rounded down: 100 % is said of nothing that ever failed. */
static void uptime_badge(struct badge *b, double rate)
{
	int64_t ppm = (int64_t)(rate * PPM + 0.5);
	int64_t hundredths = ppm / PPM_PER_HUNDREDTH;

	(void)snprintf(b->value, VALUE_MAX, "%" PRId64 ".%02" PRId64 " %%", hundredths / 100,
		       hundredths % 100);
	if (ppm == PPM)
		(void)snprintf(b->value, VALUE_MAX, "100 %%");
	b->colour = ppm >= PPM_GOOD ? GOOD : ppm >= PPM_FAIR ? FAIR : BAD;
}

static void latency_badge(struct badge *b, double ms)
{
	int64_t whole = (int64_t)(ms + 0.5);

	if (whole < MS_AS_SECONDS)
		(void)snprintf(b->value, VALUE_MAX, "%" PRId64 " ms", whole);
	else
		(void)snprintf(b->value, VALUE_MAX, "%.1f s", ms / MS_PER_S);
	b->colour = whole < MS_GOOD ? GOOD : whole < MS_FAIR ? FAIR : BAD;
}

static const struct badge_kind {
	const char *file, *name;
	const char *member; /* of a model's object */
	void (*fill)(struct badge *b, double value);
} kinds[] = {
	{ "uptime.svg", "uptime", "success_rate", uptime_badge },
	{ "latency.svg", "latency", "average_response_time_ms", latency_badge },
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* ---- what is asked for ---- */

/* Cuts "MODEL/uptime.svg" into its two parts; ids have slashes of their own. */
static const struct badge_kind *cut_kind(struct str *rest)
{
	for (size_t i = 0; i < KINDS; i++) {
		size_t n = strlen(kinds[i].file) + 1;

		if (rest->n > n && str_ends(*rest, str_of(kinds[i].file)) &&
		    rest->at[rest->n - n] == '/') {
			rest->n -= n;
			return &kinds[i];
		}
	}
	return NULL;
}

/* A model's object; NULL when that cannot be, for it is ours. */
static yyjson_doc *object_of(const struct view_segment *s, size_t i)
{
	return yyjson_read(s->text + s->models[i].at, s->models[i].n, YYJSON_READ_NOFLAG);
}

static int cmp_model(const struct view_segment *s, size_t i, struct str id)
{
	JSON_DOC_AUTO(doc);
	yyjson_val *name;

	doc = object_of(s, i);
	name = yyjson_obj_get(yyjson_doc_get_root(doc), "provider_model_id");

	return str_cmp((struct str){ yyjson_get_str(name), yyjson_get_len(name) }, id);
}

/* Its object, to be freed; NULL: there is none. */
static yyjson_doc *find_model(const struct view_segment *s, struct str id)
{
	size_t from = 0;
	size_t to = s->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int c = cmp_model(s, middle, id);

		if (c == 0)
			return object_of(s, middle);
		if (c < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return NULL;
}

static void send_badge(const struct http_request *q, struct http_reply *r,
		       const struct badge_kind *kind, yyjson_doc *doc, struct str model)
{
	yyjson_val *value = yyjson_obj_get(yyjson_doc_get_root(doc), kind->member);
	struct badge b = { .name = kind->name, .colour = UNKNOWN, .value = "unknown" };

	if (yyjson_is_num(value))
		kind->fill(&b, yyjson_get_num(value));
	r->type = "image/svg+xml";
	r->max_age_s = MAX_AGE_S;
	print_badge(reply_begin(q, r), &b, model);
	reply_tag(q, r);
}

/* GET /badge/{provider}/{*}: MODEL/uptime.svg, MODEL/latency.svg */
void badge_get(struct http_request *q, struct http_reply *r)
{
	struct str model = q->pieces[1];
	const struct badge_kind *kind = cut_kind(&model);
	const struct view *v;

	if (!kind) {
		http_fail(r, HTTP_NOT_FOUND, "badges are MODEL/uptime.svg and MODEL/latency.svg");
		return;
	}
	v = shelf_take(q, r);
	if (!v)
		return;
	const struct view_segment *s = shelf_find_provider(q, v, q->pieces[0]);
	if (!s) {
		shelf_no_provider(q, r, v, q->pieces[0]);
		return;
	}
	JSON_DOC_AUTO(doc);
	doc = find_model(s, model);
	view_put(v);
	if (doc)
		send_badge(q, r, kind, doc, model);
	else
		http_fail(r, HTTP_NOT_FOUND, "%s has no model \"%s\"",
			  arena_cstr(q->arena, q->pieces[0]), err_quote(model.at, model.n));
}
