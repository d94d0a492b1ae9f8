#include "cmd/cmd.h"

static enum cmd_exit run(struct cmd_context *c)
{
	struct store *s;
	struct err e;
	int version;
	int latest;

	if (!cmd_open_store(c, STORE_WRITE, &s, &e))
		return cmd_fail(&e);
	if (!store_schema_version(s, &version, &latest, &e)) {
		store_close(s);
		return cmd_fail(&e);
	}
	buf_printf(c->out, "%s: schema version %d of %d\n",
		   store_url_redacted(c->settings->database_url.at, c->arena).at, version, latest);
	store_close(s);
	return CMD_DONE;
}

const struct cmd cmd_migrate = {
	.name = "migrate",
	.run = run,
	.synopsis = "",
	.summary = "create the database or bring its schema up to date",
	.notes = "Every writing command does this by itself; migrations only go forward.\n",
};
