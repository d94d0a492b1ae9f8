#include "cmd/cmd.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "core/offer.h"

#include <errno.h>
#include <sys/prctl.h>
#include <unistd.h>

static const struct cmd *const cmds[] = {
	&cmd_announce, &cmd_changes,   &cmd_check,     &cmd_compare, &cmd_diff,
	&cmd_export,   &cmd_help,      &cmd_migrate,   &cmd_models,  &cmd_override,
	&cmd_price,    &cmd_probe,     &cmd_providers, &cmd_push,    &cmd_review,
	&cmd_serve,    &cmd_snapshots, &cmd_sync,      &cmd_version,
};

enum { CMDS = sizeof(cmds) / sizeof(cmds[0]), OUTPUT_MAX = 1 << 30 };

/* ---- output ---- */

static bool write_all(int fd, const char *at, size_t n)
{
	while (n > 0) {
		ssize_t w = write(fd, at, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return false;
		at += w;
		n -= (size_t)w;
	}
	return true;
}

void cmd_flush(struct cmd_context *c)
{
	secret_mask(c->out);
	if (!c->output_failed && !write_all(STDOUT_FILENO, c->out->at, c->out->n)) {
		log_event(LOG_ERROR, "output failed", LOG_TEXT("err", strerrordesc_np(errno)));
		c->output_failed = true;
	}
	buf_clear(c->out);
}

enum cmd_exit cmd_fail(const struct err *e)
{
	log_event(LOG_ERROR, e->text, LOG_TEXT("kind", err_kind_name(e->kind)));
	return e->kind == ERR_USAGE ? CMD_USAGE : CMD_FAILED;
}

void cmd_add_text(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.at[i];
		/* C1 controls in UTF-8: a terminal may obey them. */
		bool c1 = c == 0xc2 && i + 1 < s.n && (unsigned char)s.at[i + 1] < 0xa0;

		buf_add_char(out, c < 0x20 || c == 0x7f || c1 ? '?' : s.at[i]);
		i += c1;
	}
}

bool cmd_is_terminal(int fd)
{
	return isatty(fd) == 1;
}

bool cmd_colours(void)
{
	const char *no = getenv("NO_COLOR");

	return cmd_is_terminal(STDOUT_FILENO) && !(no && *no);
}

bool cmd_open_store(const struct cmd_context *c, enum store_mode mode, struct store **ret,
		    struct err *e)
{
	return settings_check_database(c->settings, e) &&
	       store_open(ret, c->settings->database_url.at, mode, e);
}

struct str cmd_slug(const struct cmd_context *c, struct str typed)
{
	const struct descriptor *d = registry_find(c->registry, typed);

	return d ? d->slug : typed;
}

bool cmd_check_slug(const struct cmd_context *c, struct store *s, struct str slug, struct err *e)
{
	bool is_active;
	int64_t id;

	if (registry_find(c->registry, slug))
		return true;
	if (!store_provider_find(s, slug, &id, &is_active, e))
		return false;
	return id || err_set(e, ERR_USAGE, "unknown provider \"%s\"; known are: %s",
			     err_quote(slug.at, slug.n), registry_slugs(c->registry, c->arena).at);
}

struct fetch_conf cmd_fetch_conf(const struct settings *s)
{
	return (struct fetch_conf){
		.upstream = s->upstream,
		.connect_timeout_ms = (uint32_t)s->connect_timeout_ms,
		.total_timeout_ms = (uint32_t)s->timeout_ms,
		.stall_timeout_ms = (uint32_t)s->stall_ms,
		.body_max = (uint64_t)s->body_max_mib << 20,
		.retries = (uint32_t)s->retries,
		.backoff_ms = (uint32_t)s->retry_delay_ms,
		.user_agent = STR("assay/" ASSAY_VERSION),
		.ca_file = str_of(getenv("SSL_CERT_FILE")),
	};
}

bool cmd_fetcher(const struct settings *s, struct loop *l, const struct fetch_conf *conf,
		 struct fetcher **ret, struct err *e)
{
	if (!str_is_none(s->upstream) && !fetch_check_upstream(s->upstream, e)) {
		e->kind = ERR_USAGE;
		return err_wrap(e, "ASSAY_UPSTREAM");
	}
	return fetcher_create(ret, l, conf, e);
}

struct str cmd_per_million(struct str amount, struct arena *a)
{
	return str_is_none(amount) ? STR("-") : offer_per_million(amount, a);
}

/* ---- help ---- */

static void explain(const struct cmd *cmd, struct cmd_context *c, const struct err *no_settings)
{
	struct buf *out = c->out;

	buf_printf(out, "usage: assay %s%s%s\n\n%s\n", cmd->name, *cmd->synopsis ? " " : "",
		   cmd->synopsis, cmd->summary);
	if (cmd->options && cmd->options->name) {
		buf_printf(out, "\n");
		options_explain(cmd->options, out);
	}
	buf_printf(out, "  %-28s %s\n", "-h, --help", "show this");
	if (cmd->notes)
		buf_printf(out, "\n%s", cmd->notes);
	if (cmd->help)
		cmd->help(c, no_settings);
}

static void list_commands(struct buf *out)
{
	buf_printf(out, "assay weighs the market of hosted AI models: who offers which model at "
			"exactly what price.\n\nusage: assay COMMAND [OPTIONS]\n\n");
	for (size_t i = 0; i < CMDS; i++)
		buf_printf(out, "  %-12s %s\n", cmds[i]->name, cmds[i]->summary);
	buf_printf(out,
		   "\nEvery command has --help.  Settings are environment variables, also read "
		   "from .env;\n`assay check` shows them.  Exit codes: 0 done, 1 failed, "
		   "2 usage, 3 nothing differs\n(`assay diff --exit-code`).\n");
}

static const struct cmd *find(struct str name)
{
	for (size_t i = 0; i < CMDS; i++)
		if (str_eq(name, str_of(cmds[i]->name)))
			return cmds[i];
	return NULL;
}

static enum cmd_exit run_help(struct cmd_context *c)
{
	const struct cmd *cmd = c->words.n ? find(c->words.items[0]) : NULL;
	struct err e;

	if (c->words.n && !cmd) {
		(void)err_set(&e, ERR_USAGE, "unknown command \"%s\"",
			      err_quote(c->words.items[0].at, c->words.items[0].n));
		return cmd_fail(&e);
	}
	if (cmd)
		explain(cmd, c, NULL);
	else
		list_commands(c->out);
	return CMD_DONE;
}

const struct cmd cmd_help = {
	.name = "help",
	.run = run_help,
	.needs = NEEDS_WORDS,
	.synopsis = "[COMMAND]",
	.summary = "explain assay or one command",
};

/* ---- running one ---- */

static bool wants_help(int argc, char **argv)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0)
			return true;
	return false;
}

static void set_up_log(const struct settings *s, bool verbose)
{
	struct log_conf conf = log_conf_default();

	conf.threshold = verbose && s->log_level > LOG_DEBUG ? LOG_DEBUG : s->log_level;
	log_setup(&conf);
}

static bool parse(const struct cmd *cmd, struct cmd_context *c, int argc, char **argv,
		  struct err *e)
{
	static const struct option none = { 0 };

	if (!options_parse(cmd->options ? cmd->options : &none, argc, argv, c->arena, &c->words, e))
		return err_wrap(e, "assay %s", cmd->name);
	if (c->words.n && !(cmd->needs & NEEDS_WORDS))
		return err_set(e, ERR_USAGE, "assay %s: \"%s\" is one word too many", cmd->name,
			       err_quote(c->words.items[0].at, c->words.items[0].n));
	return true;
}

static enum cmd_exit run(const struct cmd *cmd, struct cmd_context *c, struct settings *s)
{
	struct registry *registry = arena_new(c->arena, struct registry);
	struct err e;

	set_up_log(s, c->verbose);
	clock_freeze(s->now_ms);
	clock_shift(s->now_offset_ms);
	for (size_t i = 0; i < s->n_warnings; i++)
		log_event(LOG_WARN, s->warnings[i].at, LOG_TEXT("kind", "settings"));
	if (cmd->needs & NEEDS_REGISTRY) {
		if (!registry_load(s->providers_dir.at, c->arena, registry, &e))
			return cmd_fail(&e);
		c->registry = registry;
	}
	return cmd->run(c);
}

/* Settings only where they are looked at: bad ones must not stand between anybody and the help. */
static enum cmd_exit give_help(const struct cmd *cmd, struct cmd_context *c,
			       struct settings *settings, char *const *environment)
{
	struct err e;

	if (!cmd->help) {
		explain(cmd, c, NULL);
	} else if (!settings_load(settings, environment, &e)) {
		explain(cmd, c, &e);
	} else {
		c->settings = settings;
		explain(cmd, c, NULL);
		cmd_flush(c);
		settings_release(settings);
	}
	return CMD_DONE;
}

static enum cmd_exit dispatch(const struct cmd *cmd, struct cmd_context *c, int argc, char **argv,
			      char *const *environment)
{
	struct settings *settings = arena_new(c->arena, struct settings);
	enum cmd_exit code;
	struct err e;

	if (wants_help(argc, argv))
		return give_help(cmd, c, settings, environment);
	if (!parse(cmd, c, argc, argv, &e) || !settings_load(settings, environment, &e))
		return cmd_fail(&e);
	c->settings = settings;
	c->verbose = cmd->verbose && *cmd->verbose;
	code = run(cmd, c, settings);
	cmd_flush(c);
	settings_release(settings);
	return code;
}

int cmd_main(int argc, char **argv, char *const *environment)
{
	const struct cmd *cmd = &cmd_help;
	ARENA_AUTO(arena);
	BUF_AUTO(out, OUTPUT_MAX);
	struct cmd_context c = { .arena = &arena, .out = &out };
	struct log_conf log = log_conf_default();
	enum cmd_exit code = CMD_USAGE;
	struct err e;

	/* Keys live in this memory: no core file may hold it. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	log_setup(&log);
	if (argc > 1 && strcmp(argv[1], "-h") != 0 && strcmp(argv[1], "--help") != 0)
		cmd = strcmp(argv[1], "--version") == 0 ? &cmd_version : find(str_of(argv[1]));
	if (cmd) {
		code = dispatch(cmd, &c, argc > 2 ? argc - 2 : 0, argv + 2, environment);
	} else {
		(void)err_set(&e, ERR_USAGE, "unknown command \"%s\"; `assay help` lists them",
			      err_quote(argv[1], strlen(argv[1])));
		code = cmd_fail(&e);
	}
	cmd_flush(&c);
	return c.output_failed && code == CMD_DONE ? CMD_FAILED : (int)code;
}
