/*
 * serve_setup: what the settings say of the service.
 */
#pragma once
#include "cmd/cmd.h"
#include "web/web.h"

/* All but what is made at run time: loop, store, syncer, views, counters, timetable, sockets. */
void serve_web_conf(const struct cmd_context *c, struct web_conf *ret);
