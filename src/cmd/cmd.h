/*
 * cmd: the commands, one file each, one row each in the table of cmd.c.
 *
 * A command gets its settings loaded, the clock and the log set up, and its
 * options parsed; it returns an exit code.  Data goes to stdout, everything else
 * to stderr.  It reports each failure once, with what it was doing.
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "cmd/options.h"
#include "conf/settings.h"
#include "net/fetch.h"
#include "provider/registry.h"
#include "store/store.h"

enum cmd_exit { CMD_DONE = 0, CMD_FAILED = 1, CMD_USAGE = 2, CMD_UNCHANGED = 3 };

enum {
	NEEDS_REGISTRY = 1 << 0, /* descriptors loaded */
	NEEDS_WORDS = 1 << 1,    /* takes words besides options */
};

/* What a command works with; lives until it returns. */
struct cmd_context {
	const struct settings *settings;
	const struct registry *registry; /* NEEDS_REGISTRY */
	struct arena *arena;
	struct buf *out; /* goes to stdout when the command returns, or by cmd_flush() */
	struct option_list words;
	bool verbose;
	bool output_failed; /* stdout would not take it: the command has failed */
};

typedef enum cmd_exit cmd_fn(struct cmd_context *c);

struct cmd {
	const char *name;
	cmd_fn *run;
	unsigned needs;
	const char *synopsis; /* behind the name */
	const char *summary;  /* one line */
	const struct option *options;
	const bool *verbose; /* where its option -v goes, or NULL: it has none */
	const char *notes;   /* more for --help, or NULL */
	/*
	 * Behind all of that, what cannot be said without looking; or NULL.  Without
	 * settings (they could not be loaded) it gets the reason instead.
	 */
	void (*help)(struct cmd_context *c, const struct err *no_settings);
};

/* main() but for the name. */
int cmd_main(int argc, char **argv, char *const *environment);

/* Write out what is in c->out. */
void cmd_flush(struct cmd_context *c);

/* The sentence on stderr; exit code by the error's kind (usage or failed). */
enum cmd_exit cmd_fail(const struct err *e);

/* Foreign text for a terminal or a line of output: control characters become '?'. */
void cmd_add_text(struct buf *out, struct str s);

bool cmd_is_terminal(int fd);
bool cmd_colours(void); /* stdout is a terminal and NO_COLOR is not set */

/* In c->settings->database_url. */
bool cmd_open_store(const struct cmd_context *c, enum store_mode mode, struct store **ret,
		    struct err *e);

/* The slug that somebody means: an alias is that of its descriptor, all else is taken as it is. */
struct str cmd_slug(const struct cmd_context *c, struct str typed);
/* It has a descriptor or, without one, was synced once; ERR_USAGE names those known. */
bool cmd_check_slug(const struct cmd_context *c, struct store *s, struct str slug, struct err *e);

/* How to ask the world, by the settings; SSL_CERT_FILE names other certificates to trust. */
struct fetch_conf cmd_fetch_conf(const struct settings *s);
/* fetcher_create(), where a bad upstream is the setting's mistake. */
bool cmd_fetcher(const struct settings *s, struct loop *l, const struct fetch_conf *conf,
		 struct fetcher **ret, struct err *e);

/* An amount per unit → per million units, exact, without trailing zeros; "-" when absent. */
struct str cmd_per_million(struct str amount, struct arena *a);

extern const struct cmd cmd_announce, cmd_changes, cmd_check, cmd_compare, cmd_diff, cmd_export,
	cmd_help, cmd_migrate, cmd_models, cmd_override, cmd_price, cmd_probe, cmd_providers,
	cmd_push, cmd_review, cmd_serve, cmd_snapshots, cmd_sync, cmd_version;
