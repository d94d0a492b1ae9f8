#include "base/json.h"
#include "base/process.h"
#include "cmd/cmd.h"
#include "task/desk.h"

static struct str provider, reason;
static bool json;

static const struct option options[] = {
	{ "provider", 0, OPTION_TEXT, &provider, "SLUG", "list: only this provider", NULL },
	{ "reason", 0, OPTION_TEXT, &reason, "TEXT", "set: why, for those who read it later",
	  NULL },
	{ "json", 0, OPTION_FLAG, &json, NULL, "one JSON object a line", NULL },
	{ 0 },
};

/* ---- output ---- */

static void add_value(struct buf *out, struct str value)
{
	if (str_is_none(value)) {
		buf_printf(out, "(nothing)");
		return;
	}
	buf_add_char(out, '"');
	cmd_add_text(out, value);
	buf_add_char(out, '"');
}

static void print_text(struct buf *out, const struct desk_override *d)
{
	const struct store_override *o = &d->override;
	char at[CLOCK_TEXT_MAX];

	cmd_add_text(out, o->provider);
	buf_add_char(out, ' ');
	cmd_add_text(out, o->provider_model_id);
	buf_printf(out, " %.*s: ", STR_FMT(o->field));
	add_value(out, o->value);
	buf_printf(out, ", the provider says ");
	add_value(out, d->said);
	buf_printf(out, "\n    set %s by ", clock_text(o->set_at_ms, at));
	cmd_add_text(out, o->set_by);
	if (!str_is_none(o->reason)) {
		buf_printf(out, ": ");
		cmd_add_text(out, o->reason);
	}
	buf_add_char(out, '\n');
}

static void print_json(struct buf *out, const struct desk_override *d)
{
	const struct store_override *o = &d->override;
	struct json_writer w = { .out = out };
	char at[CLOCK_TEXT_MAX];

	json_open(&w, '{');
	json_add_str(&w, "provider", o->provider);
	json_add_str(&w, "model", o->provider_model_id);
	json_add_str(&w, "field", o->field);
	json_add_str(&w, "value", o->value);
	json_add_str(&w, "provider_value", d->said);
	json_add_str(&w, "reason", o->reason);
	json_add_str(&w, "set_by", o->set_by);
	json_add_str(&w, "set_at", str_of(clock_text(o->set_at_ms, at)));
	json_close(&w, '}');
	buf_add_char(out, '\n');
}

static void print_given_back(struct buf *out, const struct desk_override *d)
{
	const struct store_override *o = &d->override;

	cmd_add_text(out, o->provider);
	buf_add_char(out, ' ');
	cmd_add_text(out, o->provider_model_id);
	buf_printf(out, " %.*s: as the provider says, ", STR_FMT(o->field));
	add_value(out, d->said);
	buf_add_char(out, '\n');
}

/* ---- the acts ---- */

static bool list(struct cmd_context *c, struct err *e)
{
	const struct str slug = cmd_slug(c, provider);
	struct desk_override *overrides;
	struct store *s;
	size_t n;
	bool ok;

	if (!cmd_open_store(c, STORE_READ, &s, e))
		return false;
	ok = (str_is_none(slug) || cmd_check_slug(c, s, slug, e)) &&
	     desk_list_overrides(s, slug, c->arena, &overrides, &n, e);
	store_close(s);
	if (!ok)
		return false;
	for (size_t i = 0; i < n; i++)
		(json ? print_json : print_text)(c->out, &overrides[i]);
	if (n == 0 && !json)
		buf_printf(c->out, "no value is overridden\n");
	return true;
}

/* PROVIDER MODEL FIELD [VALUE] */
static bool change(struct cmd_context *c, bool set, struct err *e)
{
	const struct str *words = c->words.items + 1;
	const struct desk_wish wish = { cmd_slug(c, words[0]), words[1], words[2],
					set ? words[3] : STR_NONE, reason };
	char user[PROCESS_USER_MAX];
	const struct desk_hand by = { str_of(process_user(user)), clock_now_ms() };
	struct desk_override done = { 0 };
	struct store *s;
	bool ok;

	if (!cmd_open_store(c, STORE_WRITE, &s, e))
		return false;
	ok = cmd_check_slug(c, s, wish.provider, e) &&
	     (set ? desk_set_override : desk_unset_override)(s, &wish, &by, c->arena, &done, e);
	store_close(s);
	if (ok && json)
		print_json(c->out, &done);
	else if (ok)
		(set ? print_text : print_given_back)(c->out, &done);
	return ok;
}

static const struct act {
	const char *name;
	size_t words; /* itself included */
} acts[] = { { "set", 5 }, { "unset", 4 }, { "list", 1 } };

static enum cmd_exit run(struct cmd_context *c)
{
	const struct act *act = NULL;
	struct err e;
	bool ok;

	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (c->words.n == acts[i].words && str_eq(c->words.items[0], str_of(acts[i].name)))
			act = &acts[i];
	if (!act)
		ok = err_set(&e, ERR_USAGE,
			     "assay override: set PROVIDER MODEL FIELD VALUE, unset PROVIDER MODEL "
			     "FIELD, or list");
	else if (act->words == 1)
		ok = list(c, &e);
	else
		ok = change(c, act == &acts[0], &e);
	return ok ? CMD_DONE : cmd_fail(&e);
}

const struct cmd cmd_override = {
	.name = "override",
	.run = run,
	.needs = NEEDS_WORDS | NEEDS_REGISTRY,
	.synopsis = "set PROVIDER MODEL FIELD VALUE | unset PROVIDER MODEL FIELD | list [OPTIONS]",
	.summary = "lay a value of your own over what a provider says",
	.options = options,
	.notes =
		"What you set is what table `models` shows, through every sync, until you unset it.\n"
		"History, names of states and changes stay what the provider says.\n"
		"\n"
		"FIELD is a column of `models`: model_name, description, context_length,\n"
		"max_output_tokens, modality, quantization, pricing_prompt, pricing_completion,\n"
		"pricing_image, pricing_request (USD per ONE token, image or request; 0 is free),\n"
		"supports_streaming, supports_function_calling, supports_vision (yes, no),\n"
		"deprecated_at (a date or an instant), replaced_by.  A value that begins with a dash\n"
		"stands behind --.  Who sets what is kept in table audit_log.\n"
		"\n"
		"--json: {provider, model, field, value, provider_value, reason, set_by, set_at}.\n",
};
