/*
 * listen: a socket that listens, from "127.0.0.1:8000", "[::1]:0" or "localhost:80".
 */
#pragma once
#include "base/err.h"
#include "base/str.h"

/* The host of such an address, without brackets, and its port.  ERR_USAGE. */
bool listen_split(struct str address, struct str *ret_host, struct str *ret_port, struct err *e);
/* Close-on-exec, not blocking.  ERR_USAGE: no such address; ERR_IO: it is taken, or not ours to have. */
bool listen_open(struct str address, int *ret_fd, struct err *e);
/* Where a socket really listens; false: it is no TCP socket. *ret_loopback: only this machine can ask. */
bool listen_name(int fd, char *out, size_t room, bool *ret_loopback);
