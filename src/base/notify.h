/*
 * notify: what systemd is told and hands over, without its library.
 *
 * sd_notify(3)'s protocol (a datagram to $NOTIFY_SOCKET) and sd_listen_fds(3)'s (descriptors from 3 on);
 * nothing happens where nobody asks for it.
 */
#pragma once
#include <stdbool.h>

/* "READY=1", "STOPPING=1", "RELOADING=1\nMONOTONIC_USEC=…", "STATUS=…", "WATCHDOG=1". */
void notify_send(const char *state);
/* The first socket handed over, made close-on-exec; -1: none.  The variables are for this process only. */
int notify_listen_fd(void);
