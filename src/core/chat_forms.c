#include "core/chat_gather.h"

static bool is_word(yyjson_val *v, const char *word)
{
	return yyjson_is_str(v) && str_eq(json_raw(v), str_of(word));
}

/* The last one that was said counts; null and "" say nothing. */
static void take_finish(struct chat_gather *g, yyjson_val *v)
{
	struct str finish = json_str(v, g->arena);

	if (finish.n == 0)
		return;
	g->answer->finish = arena_str(g->arena, finish);
	g->answer->finished = true;
}

static void note_tools(struct chat_gather *g, yyjson_val *v)
{
	if (yyjson_is_obj(v) || yyjson_arr_size(v) > 0)
		g->answer->tool_calls = true;
}

/* ---- pieces of content, of which all forms have about the same kinds ---- */

/* Mistral's thoughts are a list of parts inside a part. */
static void add_thoughts(struct chat_gather *g, yyjson_val *v)
{
	yyjson_arr_iter it;
	yyjson_val *part;

	chat_add_reasoning(g, v);
	if (!yyjson_arr_iter_init(v, &it))
		return;
	while ((part = yyjson_arr_iter_next(&it)))
		chat_add_reasoning(g, yyjson_obj_get(part, "text"));
}

static void add_part(struct chat_gather *g, yyjson_val *part)
{
	yyjson_val *type = yyjson_obj_get(part, "type");

	chat_add_text(g, part);
	add_thoughts(g, yyjson_obj_get(part, "thinking"));
	chat_add_refusal(g, yyjson_obj_get(part, "refusal"));
	if (is_word(type, "reasoning") || is_word(type, "thinking"))
		chat_add_reasoning(g, yyjson_obj_get(part, "text"));
	else
		chat_add_text(g, yyjson_obj_get(part, "text"));
	if (is_word(type, "tool_use"))
		g->answer->tool_calls = true;
}

/* A string, or a list of parts, or one part. */
static void add_content(struct chat_gather *g, yyjson_val *content)
{
	yyjson_arr_iter it;
	yyjson_val *part;

	if (!yyjson_arr_iter_init(content, &it)) {
		add_part(g, content);
		return;
	}
	while ((part = yyjson_arr_iter_next(&it)))
		add_part(g, part);
}

/* ---- OpenAI ---- */

/* Who has two of these says the same in both. */
static void add_openai_reasoning(struct chat_gather *g, yyjson_val *message)
{
	static const char *const keys[] = { "reasoning_content", "reasoning" };
	yyjson_arr_iter it;
	yyjson_val *part;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		yyjson_val *v = yyjson_obj_get(message, keys[i]);

		if (yyjson_is_str(v) && yyjson_get_len(v) > 0) {
			chat_add_reasoning(g, v);
			return;
		}
	}
	if (!yyjson_arr_iter_init(yyjson_obj_get(message, "reasoning_details"), &it))
		return;
	while ((part = yyjson_arr_iter_next(&it))) {
		chat_add_reasoning(g, yyjson_obj_get(part, "text"));
		chat_add_reasoning(g, yyjson_obj_get(part, "summary"));
	}
}

static void add_openai_message(struct chat_gather *g, yyjson_val *choice, yyjson_val *message)
{
	yyjson_val *content = yyjson_obj_get(message, "content");

	add_openai_reasoning(g, message);
	chat_add_refusal(g, yyjson_obj_get(message, "refusal"));
	note_tools(g, yyjson_obj_get(message, "tool_calls"));
	note_tools(g, yyjson_obj_get(message, "function_call"));
	if (yyjson_is_str(content) || yyjson_is_arr(content))
		add_content(g, content);
	else /* text completion's form; who has both says the same in both */
		chat_add_text(g, yyjson_obj_get(choice, "text"));
}

/* Also where Moonshot and Groq put it. */
static void take_openai_usage(struct chat_gather *g, yyjson_val *root, yyjson_val *choice)
{
	chat_take_usage(g, yyjson_obj_get(yyjson_obj_get(root, "x_groq"), "usage"));
	chat_take_usage(g, yyjson_obj_get(choice, "usage"));
	chat_take_usage(g, yyjson_obj_get(root, "usage"));
}

/* `first`: the member that holds the message, which `other` does where there is none. */
static void read_openai(struct chat_gather *g, yyjson_val *root, const char *first,
			const char *other)
{
	yyjson_val *choices = yyjson_obj_get(root, "choices");
	yyjson_val *choice = yyjson_arr_get_first(choices);
	yyjson_val *message = yyjson_obj_get(choice, first);

	chat_find_error(g, root, yyjson_is_arr(choices));
	take_openai_usage(g, root, choice);
	if (!yyjson_is_arr(choices))
		return;
	g->answer->well_formed = true;
	add_openai_message(g, choice,
			   yyjson_is_obj(message) ? message : yyjson_obj_get(choice, other));
	take_finish(g, yyjson_obj_get(choice, "finish_reason"));
}

static void openai_document(struct chat_gather *g, yyjson_val *root)
{
	read_openai(g, root, "message", "delta");
}

/* Some repeat the whole message so far beside each delta. */
static void openai_event(struct chat_gather *g, struct str name, yyjson_val *root)
{
	(void)name;
	read_openai(g, root, "delta", "message");
}

/* ---- Anthropic ---- */

static void anthropic_document(struct chat_gather *g, yyjson_val *root)
{
	bool answered = is_word(yyjson_obj_get(root, "type"), "message") &&
			yyjson_is_arr(yyjson_obj_get(root, "content"));

	chat_find_error(g, root, answered);
	chat_take_usage_anthropic(g, yyjson_obj_get(root, "usage"));
	if (!answered)
		return;
	g->answer->well_formed = true;
	add_content(g, yyjson_obj_get(root, "content"));
	take_finish(g, yyjson_obj_get(root, "stop_reason"));
}

static void anthropic_begin(struct chat_gather *g, yyjson_val *root)
{
	chat_take_usage_anthropic(g, yyjson_obj_get(yyjson_obj_get(root, "message"), "usage"));
}

static void anthropic_block(struct chat_gather *g, yyjson_val *root)
{
	add_part(g, yyjson_obj_get(root, "content_block"));
}

static void anthropic_delta(struct chat_gather *g, yyjson_val *root)
{
	add_part(g, yyjson_obj_get(root, "delta"));
}

static void anthropic_message_delta(struct chat_gather *g, yyjson_val *root)
{
	chat_take_usage_anthropic(g, yyjson_obj_get(root, "usage"));
	take_finish(g, yyjson_obj_get(yyjson_obj_get(root, "delta"), "stop_reason"));
}

static void form_end(struct chat_gather *g, yyjson_val *root)
{
	(void)root;
	g->answer->finished = true;
}

static void form_error(struct chat_gather *g, yyjson_val *root)
{
	chat_find_error(g, root, false);
	g->answer->has_error = true;
}

/* ---- Cohere ---- */

static void cohere_document(struct chat_gather *g, yyjson_val *root)
{
	yyjson_val *message = yyjson_obj_get(root, "message");
	bool answered = yyjson_is_obj(message);

	chat_find_error(g, root, answered);
	chat_take_usage_cohere(g, yyjson_obj_get(root, "usage"));
	if (!answered)
		return;
	g->answer->well_formed = true;
	note_tools(g, yyjson_obj_get(message, "tool_calls"));
	add_content(g, yyjson_obj_get(message, "content"));
	take_finish(g, yyjson_obj_get(root, "finish_reason"));
}

static void cohere_content(struct chat_gather *g, yyjson_val *root)
{
	yyjson_val *message = yyjson_obj_get(yyjson_obj_get(root, "delta"), "message");

	add_content(g, yyjson_obj_get(message, "content"));
}

static void cohere_tool(struct chat_gather *g, yyjson_val *root)
{
	(void)root;
	g->answer->tool_calls = true;
}

static void cohere_end(struct chat_gather *g, yyjson_val *root)
{
	yyjson_val *delta = yyjson_obj_get(root, "delta");

	chat_find_error(g, delta, true);
	chat_take_usage_cohere(g, yyjson_obj_get(delta, "usage"));
	take_finish(g, yyjson_obj_get(delta, "finish_reason"));
	g->answer->finished = true;
}

/* ---- events that are told apart by name ---- */

struct named_event {
	const char *name;
	void (*read)(struct chat_gather *g, yyjson_val *root); /* NULL: nothing in it for us */
};

static const struct named_event anthropic_events[] = {
	{ "message_start", anthropic_begin },
	{ "content_block_start", anthropic_block },
	{ "content_block_delta", anthropic_delta },
	{ "content_block_stop", NULL },
	{ "message_delta", anthropic_message_delta },
	{ "message_stop", form_end },
	{ "ping", NULL },
	{ "error", form_error },
	{ NULL, NULL },
};

static const struct named_event cohere_events[] = {
	{ "message-start", NULL },
	{ "content-start", cohere_content },
	{ "content-delta", cohere_content },
	{ "content-end", NULL },
	{ "tool-plan-delta", NULL },
	{ "tool-call-start", cohere_tool },
	{ "tool-call-delta", NULL },
	{ "tool-call-end", NULL },
	{ "message-end", cohere_end },
	{ "error", form_error },
	{ NULL, NULL },
};

/* An event of another name may be of a later version: passed over.  An error is one without a name, too. */
static void read_named(struct chat_gather *g, const struct named_event *table, struct str name,
		       yyjson_val *root)
{
	yyjson_val *type = yyjson_obj_get(root, "type");

	if (yyjson_is_str(type))
		name = json_raw(type);
	while (table->name && !str_eq(name, str_of(table->name)))
		table++;
	if (!table->name) {
		chat_find_error(g, root, yyjson_is_str(type));
		return;
	}
	g->answer->well_formed = true;
	if (table->read)
		table->read(g, root);
}

static void anthropic_event(struct chat_gather *g, struct str name, yyjson_val *root)
{
	read_named(g, anthropic_events, name, root);
}

static void cohere_event(struct chat_gather *g, struct str name, yyjson_val *root)
{
	read_named(g, cohere_events, name, root);
}

const struct chat_reader chat_readers[3] = {
	[CHAT_OPENAI] = { openai_document, openai_event },
	[CHAT_ANTHROPIC] = { anthropic_document, anthropic_event },
	[CHAT_COHERE] = { cohere_document, cohere_event },
};
