/*
 * serve_setup: what the settings say of the service.
 */
#pragma once
#include "cmd/cmd.h"
#include "task/agenda.h"
#include "web/web.h"

/* All but what is made at run time: loop, store, syncer, views, counters, timetable, sockets. */
void serve_web_conf(const struct cmd_context *c, struct web_conf *ret);
/* When syncs are due, in the command's arena.  ERR_USAGE names the variable. */
bool serve_agenda_rules(const struct cmd_context *c, struct agenda_rules *ret, struct err *e);
