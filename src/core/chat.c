#include "core/chat.h"

#include "base/sse.h"
#include "core/chat_gather.h"

/* ---- what is it ---- */

static bool starts_nocase(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_eq_nocase((struct str){ s.at, prefix.n }, prefix);
}

static bool starts_with_field(struct str s)
{
	static const struct str fields[] = {
		{ "data:", 5 }, { "event:", 6 }, { "id:", 3 }, { "retry:", 6 }, { ":", 1 },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (str_starts(s, fields[i]))
			return true;
	return false;
}

/* Without byte-order mark and white space around: some send blanks while the model works. */
static struct str inside(struct str body)
{
	if (str_starts(body, STR("\xef\xbb\xbf")))
		body = (struct str){ body.at + 3, body.n - 3 };
	return str_trim(body);
}

/*
 * By its first byte: content types lie, an error comes as JSON also where a stream was
 * promised, and neither form can begin like the other.
 */
static enum chat_shape shape_of(const struct chat_read *q)
{
	struct str s = inside(q->body);

	if (s.n == 0)
		return CHAT_NOTHING;
	if (s.at[0] == '{' || s.at[0] == '[')
		return CHAT_DOCUMENT;
	if (starts_with_field(s))
		return CHAT_STREAM;
	if (s.at[0] == '<')
		return CHAT_HTML;
	return starts_nocase(str_trim(q->content_type), STR("text/event-stream")) ? CHAT_STREAM
										  : CHAT_OTHER;
}

/* ---- JSON ---- */

/* Into `room`, which has YYJSON_PADDING_SIZE to spare: what is read stays as it is. */
static bool parse(struct str text, char *room, yyjson_doc **ret)
{
	struct err e;

	memcpy(room, text.at, text.n);
	memset(room + text.n, 0, YYJSON_PADDING_SIZE);
	(void)json_mend_surrogates(room, text.n);
	return json_read_insitu(room, text.n, ret, &e);
}

static void read_document(struct chat_gather *g, const struct chat_read *q)
{
	struct str text = inside(q->body);
	char *room = arena_alloc(g->arena, text.n + YYJSON_PADDING_SIZE);
	JSON_DOC_AUTO(doc);

	if (!parse(text, room, &doc)) {
		g->answer->ends_early = json_ends_early(text);
		return;
	}
	g->answer->json = true;
	chat_readers[q->form].document(g, yyjson_doc_get_root(doc));
	g->answer->finished = g->answer->well_formed;
}

/* ---- a stream ---- */

/* When the bytes up to `end` were there.  Ends only grow, so one pass serves all events. */
static int64_t arrived(const struct chat_read *q, size_t end, size_t *at)
{
	if (q->n_arrivals == 0)
		return STAMP_NONE;
	while (*at + 1 < q->n_arrivals && q->arrivals[*at].end < end)
		(*at)++;
	return q->arrivals[*at].us;
}

/* False: it is the end of the stream. */
static bool read_event(struct chat_gather *g, const struct chat_read *q,
		       const struct sse_event *event, char *room)
{
	struct str data = str_trim(event->data);
	JSON_DOC_AUTO(doc);

	if (data.n == 0)
		return true;
	if (str_eq(data, STR("[DONE]"))) {
		g->answer->finished = true;
		return false;
	}
	if (parse(data, room, &doc)) {
		chat_readers[q->form].event(g, event->name, yyjson_doc_get_root(doc));
	} else if (event->complete) {
		g->answer->json = false;
		if (str_is_none(g->answer->error_text))
			chat_take_words(g, data);
	} else {
		g->answer->ends_early = true;
	}
	return true;
}

static void read_stream(struct chat_gather *g, const struct chat_read *q)
{
	char *room = arena_alloc(g->arena, q->body.n + YYJSON_PADDING_SIZE);
	struct sse_event event;
	struct sse s;
	size_t at = 0;

	g->answer->json = true;
	sse_begin(&s, q->body);
	for (bool more = true; more && sse_next(&s, g->arena, &event);) {
		chat_event_begin(g, arrived(q, event.end, &at));
		more = read_event(g, q, &event, room);
		chat_event_end(g);
	}
}

void chat_read(const struct chat_read *q, struct arena *a, struct chat_answer *ret)
{
	struct chat_gather g;

	chat_gather_begin(&g, q, a, ret);
	ret->shape = shape_of(q);
	if (ret->shape == CHAT_DOCUMENT)
		read_document(&g, q);
	else if (ret->shape == CHAT_STREAM)
		read_stream(&g, q);
	else
		chat_take_words(&g, inside(q->body));
	chat_gather_end(&g);
}
