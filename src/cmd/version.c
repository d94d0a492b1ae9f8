#include "cmd/cmd.h"

#include "provider/reader.h"

#include <curl/curlver.h>
#include <sqlite3.h>

static enum cmd_exit run(struct cmd_context *c)
{
	buf_printf(c->out, "assay %s\n", ASSAY_VERSION);
	if (c->verbose)
		buf_printf(c->out,
			   "reader %d, built with libcurl %s, SQLite %s, libpq %s, yyjson %s\n",
			   READER_VERSION, LIBCURL_VERSION, SQLITE_VERSION, ASSAY_LIBPQ_VERSION,
			   YYJSON_VERSION_STRING);
	return CMD_DONE;
}

static bool verbose;
static const struct option options[] = {
	{ "verbose", 'v', OPTION_FLAG, &verbose, NULL, "also name the libraries built with", NULL },
	{ 0 },
};

const struct cmd cmd_version = {
	.name = "version",
	.run = run,
	.synopsis = "[-v]",
	.summary = "print the version",
	.options = options,
	.verbose = &verbose,
};
