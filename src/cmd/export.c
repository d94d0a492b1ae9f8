#include "task/export.h"

#include "base/file.h"
#include "base/secret.h"
#include "cmd/cmd.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { FLUSH = 1 << 16 };

static struct str format, output;
static struct option_list providers;

static const struct option options[] = {
	{ "format", 0, OPTION_WORD, &format, "litellm|models.dev|openai|csv|json", "which one",
	  export_format_names },
	{ "providers", 0, OPTION_LIST, &providers, "SLUG...", "only these (all)", NULL },
	{ "output", 'o', OPTION_TEXT, &output, "FILE", "to a file, all of it or nothing (stdout)",
	  NULL },
	{ 0 },
};

/* ---- where it goes ---- */

struct outlet {
	struct cmd_context *c;
	struct file_draft draft; /* fd -1: stdout */
};

/* A link is followed, so that what it leads to is replaced; a device or a pipe cannot be. */
static bool find_path(struct arena *a, char **ret, struct err *e)
{
	char *path = arena_cstr(a, output), *real = realpath(path, NULL);
	struct stat is;

	*ret = real ? arena_cstr(a, str_of(real)) : path;
	free(real);
	if (stat(*ret, &is) == 0 && !S_ISREG(is.st_mode))
		return err_set(e, ERR_USAGE, "--output %s: not a regular file", path);
	return true;
}

static bool outlet_open(struct outlet *to, struct err *e)
{
	char *path, *slash;

	to->draft.fd = -1;
	if (str_is_none(output))
		return true;
	if (!find_path(to->c->arena, &path, e))
		return false;
	slash = strrchr(path, '/');
	if (!slash)
		return file_draft_begin(&to->draft, ".", path, to->c->arena, e);
	*slash = '\0';
	return file_draft_begin(&to->draft, slash == path ? "/" : path, slash + 1, to->c->arena, e);
}

/* Between two models: no secret lies half in this piece and half in the next. */
static bool outlet_flush(struct outlet *to, struct err *e)
{
	bool ok;

	if (to->draft.fd < 0) {
		cmd_flush(to->c);
		return !to->c->output_failed || err_set(e, ERR_IO, "stdout takes no more");
	}
	secret_mask(to->c->out);
	ok = file_draft_add(&to->draft, buf_str(to->c->out), e);
	buf_clear(to->c->out);
	return ok;
}

/* ---- what goes there ---- */

static bool write_all(struct exporter *x, struct store *s, struct outlet *to, struct err *e)
{
	bool more = true;

	while (more) {
		if (!exporter_step(x, s, &more, e))
			return false;
		if ((!more || to->c->out->n >= FLUSH) && !outlet_flush(to, e))
			return false;
	}
	return true;
}

static bool write_export(struct store *s, const struct export_query *q, struct outlet *to,
			 struct err *e)
{
	struct exporter *x;
	bool ok;

	if (!exporter_create(&x, s, q, to->c->out, e))
		return false;
	ok = outlet_open(to, e) && write_all(x, s, to, e) &&
	     (to->draft.fd < 0 || file_draft_keep(&to->draft, e));
	exporter_destroy(x);
	file_draft_drop(&to->draft);
	if (!ok)
		buf_clear(to->c->out);
	return ok;
}

static enum export_format which(void)
{
	enum export_format f = 0;

	while (!str_eq(format, str_of(export_format_names[f])))
		f++;
	return f;
}

static bool take_slugs(const struct cmd_context *c, struct store *s, struct export_query *q,
		       struct err *e)
{
	struct str *slugs = arena_array(c->arena, providers.n, struct str);

	q->providers = slugs;
	q->n_providers = providers.n;
	for (size_t i = 0; i < providers.n; i++) {
		slugs[i] = cmd_slug(c, providers.items[i]);
		if (!cmd_check_slug(c, s, slugs[i], e))
			return false;
	}
	return true;
}

static enum cmd_exit run(struct cmd_context *c)
{
	struct outlet to = { .c = c, .draft = { .fd = -1 } };
	struct export_query q = { 0 };
	struct store *s;
	struct err e;
	bool ok;

	if (str_is_none(format)) {
		(void)err_set(&e, ERR_USAGE, "assay export: --format is needed");
		return cmd_fail(&e);
	}
	q.format = which();
	if (!cmd_open_store(c, STORE_READ, &s, &e))
		return cmd_fail(&e);
	ok = take_slugs(c, s, &q, &e) && write_export(s, &q, &to, &e);
	store_close(s);
	return ok ? CMD_DONE : cmd_fail(&e);
}

const struct cmd cmd_export = {
	.name = "export",
	.run = run,
	.needs = NEEDS_REGISTRY,
	.synopsis = "--format FORMAT [OPTIONS]",
	.summary = "write the models on offer in the format of another program",
	.options = options,
	.notes = "litellm     LiteLLM's model_prices_and_context_window.json\n"
		 "models.dev  the api.json of models.dev\n"
		 "openai      what GET /v1/models of the OpenAI API answers\n"
		 "csv         every model with every price, a row a price\n"
		 "json        the same and descriptions, a document\n\n"
		 "Amounts are exact.  doc/exports.md says what a format has no place for.\n",
};
