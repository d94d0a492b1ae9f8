/*
 * settings_parts: what the files of settings.h share, a file a subject: where values stand
 * (source), what must never be shown (hide), what a value means (read), which values are
 * refused whatever their type (check), what deserves a word (warn).
 *
 * Not for others: they include conf/settings.h.
 */
#pragma once
#include "conf/settings.h"

/* ---- source ---- */

/* Of the environment alone; absent when it is not there. */
struct str settings_environment(char *const *environment, struct str name);
/* The environment's, else the file's; absent when that is empty, and then SETTING_DEFAULT. */
struct str settings_lookup(const struct settings *s, struct str name, enum setting_origin *ret);

typedef bool settings_variable_fn(struct settings *s, struct str name, struct str value,
				  struct err *e);
/* Every variable that holds: the environment's, then the file's that it does not set. */
bool settings_each(struct settings *s, settings_variable_fn *fn, struct err *e);

/* ASSAY_ENV_FILE, which must be there, or .env, which need not. */
bool settings_read_file(struct settings *s, struct err *e);

/* ---- hide ---- */

bool settings_is_secret(struct str name);
/* Before anything is parsed: an error must already be free of secrets. */
bool settings_hide(struct settings *s, struct err *e);

/* ---- read ---- */

/* Every row of the table into its member. */
bool settings_read(struct settings *s, struct err *e);

/* ---- check ---- */

bool settings_check_admin_key(struct settings *s, struct err *e);

/* ---- warn ---- */

void settings_warn_misplaced(struct settings *s);
bool settings_warn_unknown(struct settings *s, struct str name, struct str value, struct err *e);
