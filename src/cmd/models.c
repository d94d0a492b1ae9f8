#include "cmd/cmd.h"

#include "base/cell.h"
#include "base/json.h"

#include <inttypes.h>

enum form { FORM_TEXT, FORM_JSON, FORM_CSV };

static struct str provider, modality, sort;
static uint64_t limit;
static bool json, csv;

static const char *const sorts[] = { "name", "price", "context", NULL };

static const struct option options[] = {
	{ "provider", 0, OPTION_TEXT, &provider, "SLUG", "only this provider", NULL },
	{ "modality", 0, OPTION_TEXT, &modality, "M", "only this modality, like text->text", NULL },
	{ "sort", 0, OPTION_WORD, &sort, "name|price|context", "order (name)", sorts },
	{ "limit", 0, OPTION_COUNT, &limit, "N", "at most N rows (all)", NULL },
	{ "json", 0, OPTION_FLAG, &json, NULL, "one JSON array", NULL },
	{ "csv", 0, OPTION_FLAG, &csv, NULL, "CSV with a header", NULL },
	{ 0 },
};

struct listing {
	struct cmd_context *c;
	enum form form;
	struct json_writer json;
	size_t n;
};

static void add_count(struct buf *out, int64_t n)
{
	if (n == MODEL_NO_COUNT)
		buf_printf(out, " %10s", "-");
	else
		buf_printf(out, " %10" PRId64, n);
}

/* A removal takes is_active away, too: that it is missing says more. */
static const char *word_of(const struct store_model_row *r)
{
	if (r->missing_since_ms != CLOCK_NONE)
		return "  missing";
	return r->is_active ? "" : "  deactivated";
}

static void text_row(struct listing *l, const struct store_model_row *r)
{
	struct buf *out = l->c->out;
	ARENA_AUTO(a);
	struct str in = cmd_per_million(r->pricing_prompt, &a);
	struct str answer = cmd_per_million(r->pricing_completion, &a);

	if (l->n == 0)
		buf_printf(out, "%-22s %-48s %10s %12s %12s\n", "PROVIDER", "MODEL", "CONTEXT",
			   "IN $/1M", "OUT $/1M");
	buf_printf(out, "%-22.*s ", STR_FMT(r->provider));
	cmd_add_text(out, r->provider_model_id);
	buf_printf(out, "%*s", r->provider_model_id.n < 48 ? (int)(48 - r->provider_model_id.n) : 0,
		   "");
	add_count(out, r->context_length);
	buf_printf(out, " %12.*s %12.*s%s\n", STR_FMT(in), STR_FMT(answer), word_of(r));
}

static void json_row(struct listing *l, const struct store_model_row *r)
{
	struct json_writer *w = &l->json;

	json_open(w, '{');
	json_add_str(w, "provider", r->provider);
	json_add_str(w, "provider_model_id", r->provider_model_id);
	json_add_str(w, "model_name", r->name);
	json_add_known(w, "context_length", r->context_length);
	json_add_known(w, "max_output_tokens", r->max_output_tokens);
	json_add_str(w, "modality", r->modality);
	json_add_str(w, "quantization", r->quantization);
	json_add_str(w, "pricing_prompt", r->pricing_prompt);
	json_add_str(w, "pricing_completion", r->pricing_completion);
	json_add_str(w, "pricing_image", r->pricing_image);
	json_add_str(w, "pricing_request", r->pricing_request);
	json_add_bool(w, "is_active", r->is_active);
	json_add_instant(w, "deprecated_at", r->deprecated_at_ms);
	json_add_instant(w, "first_seen_at", r->first_seen_ms);
	json_add_instant(w, "last_seen_at", r->last_seen_ms);
	json_add_instant(w, "missing_since", r->missing_since_ms);
	json_add_str(w, "canonical_id", r->canonical_id);
	json_close(w, '}');
}

static void csv_count(struct buf *out, int64_t n)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, n);
	cell_add(out, n == MODEL_NO_COUNT ? STR_NONE : str_of(text), false);
}

static void csv_row(struct listing *l, const struct store_model_row *r)
{
	struct buf *out = l->c->out;

	if (l->n == 0)
		buf_add_str(out, STR("provider,provider_model_id,model_name,context_length,"
				     "max_output_tokens,modality,quantization,pricing_prompt,"
				     "pricing_completion,pricing_image,pricing_request,is_active,"
				     "canonical_id\r\n"));
	cell_add(out, r->provider, false);
	cell_add(out, r->provider_model_id, false);
	cell_add(out, r->name, false);
	csv_count(out, r->context_length);
	csv_count(out, r->max_output_tokens);
	cell_add(out, r->modality, false);
	cell_add(out, r->quantization, false);
	cell_add(out, r->pricing_prompt, false);
	cell_add(out, r->pricing_completion, false);
	cell_add(out, r->pricing_image, false);
	cell_add(out, r->pricing_request, false);
	cell_add(out, r->is_active ? STR("true") : STR("false"), false);
	cell_add(out, r->canonical_id, true);
}

static bool put_row(void *arg, const struct store_model_row *r, struct err *e)
{
	static void (*const put[])(struct listing *, const struct store_model_row *) = {
		[FORM_TEXT] = text_row,
		[FORM_JSON] = json_row,
		[FORM_CSV] = csv_row,
	};
	struct listing *l = arg;

	(void)e;
	put[l->form](l, r);
	l->n++;
	return true;
}

static enum store_model_sort order(void)
{
	if (str_eq(sort, STR("price")))
		return SORT_PRICE;
	return str_eq(sort, STR("context")) ? SORT_CONTEXT : SORT_NAME;
}

static enum cmd_exit run(struct cmd_context *c)
{
	struct listing l = { .c = c,
			     .form = json  ? FORM_JSON
				     : csv ? FORM_CSV
					   : FORM_TEXT,
			     .json = { .out = c->out } };
	struct store_model_query q = {
		.text = c->words.n ? c->words.items[0] : STR_NONE,
		.provider = cmd_slug(c, provider),
		.modality = modality,
		.sort = order(),
		.limit = limit,
	};
	struct store *s;
	struct err e;
	bool ok;

	if (c->words.n > 1 || (json && csv)) {
		(void)err_set(&e, ERR_USAGE, "assay models: %s",
			      json && csv ? "--json and --csv exclude each other"
					  : "one QUERY at most");
		return cmd_fail(&e);
	}
	if (!cmd_open_store(c, STORE_READ, &s, &e))
		return cmd_fail(&e);
	ok = str_is_none(provider) || cmd_check_slug(c, s, q.provider, &e);
	if (ok && json)
		json_open(&l.json, '[');
	ok = ok && store_list_models(s, &q, put_row, &l, &e);
	store_close(s);
	if (!ok)
		return cmd_fail(&e);
	if (json) {
		json_close(&l.json, ']');
		buf_add_char(c->out, '\n');
	}
	return CMD_DONE;
}

const struct cmd cmd_models = {
	.name = "models",
	.run = run,
	.needs = NEEDS_WORDS | NEEDS_REGISTRY,
	.synopsis = "[QUERY] [OPTIONS]",
	.summary = "list the models stored, with prices in USD",
	.options = options,
	.notes =
		"QUERY is a part of an id or a name.  Prices are per one million tokens in the\n"
		"table and per one unit, exact, in JSON and CSV; \"-\", null and an empty cell mean\n"
		"that the provider publishes none, 0 that it is free.  A model that is missing is\n"
		"marked, and so is one that was deactivated, or whose provider was: GET /models leaves\n"
		"that one out.\n",
};
