/* SPDX-License-Identifier: MIT */
/*
 * tls: the secure side of a listener, with a certificate of its own making.
 *
 * The key lives as long as the process; the certificate, which signs itself for localhost and the
 * address listened at, is written to a file that clients trust.  Sessions work on memory: bytes of
 * the wire in, plain bytes out, and back.  Clients may resume, as with the usual servers.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

struct tls;
struct tls_session;

/* `addr`: an IPv4 address.  NULL, and a line on stderr, when the file cannot be written. */
struct tls *tls_create(const char *addr, const char *ca_file /* or NULL */);
void tls_destroy(struct tls *t); /* NULL is fine, here and below */

struct tls_session *tls_session_create(struct tls *t);
void tls_session_destroy(struct tls_session *s);
/* Bytes that came; what they say is added to *plain.  false: the session is broken. */
bool tls_feed(struct tls_session *s, const char *bytes, size_t n, struct buf *plain);
void tls_write(struct tls_session *s, const char *bytes, size_t n);
void tls_end(struct tls_session *s); /* nothing more will be written */
/* What is to go on the wire is added to *out. */
void tls_take(struct tls_session *s, struct buf *out);
