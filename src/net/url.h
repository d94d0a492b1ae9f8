/*
 * url: addresses, and which of them a redirect may lead to.
 *
 * Parsing is libcurl's own, so that what we check is what it connects to.  A
 * URL here is always the one *the world knows*; the upstream's comes into being
 * only in url_wire(), at the moment of sending.
 *
 * Redirects through an upstream: the upstream plays the world's part, so
 *   a relative Location is relative to the world's URL, not to UPSTREAM/HOST;
 *   https://OTHER/… is world host OTHER and is rewritten when it is asked;
 *   UPSTREAM/HOST/… with the HOST that was asked is a simulator that spelled
 *   its own address out, and means https://HOST/…;
 *   anything else at the upstream's own origin (another HOST, no HOST) is
 *   refused: whose key may go there cannot be told.
 */
#pragma once
#include "net/fetch.h"

struct url {
	char *text;   /* normalised, without fragment; may hold a key in its query */
	char *origin; /* "https://host:443": scheme, host in lower case, port always */
	char *host;   /* as written, for sentences */
};

/* http or https, no user-info; else ERR_CONFIG.  The sentence does not quote the URL. */
bool url_init(struct url *u, struct str text, struct err *e);
void url_copy(struct url *to, const struct url *from); /* `to` holds nothing */
void url_release(struct url *u);                       /* wipes; safe on a zeroed one and twice */

bool url_is_https(const struct url *u);
bool url_is_loopback(const struct url *u); /* 127.0.0.0/8, [::1], localhost */
bool url_same_origin(const struct url *a, const struct url *b);

/* Where `location` leads from `from`; ERR_HTTP when it may not be followed. */
bool url_follow(const struct url *from, struct str location, struct str upstream, struct url *ret,
		struct err *e);

/* What to ask libcurl for: malloc'd, may hold a key: give it back with wipe_free(). */
char *url_wire(const struct url *u, struct str upstream);

/* Overwrite a C string, then free it; NULL is fine. */
void wipe_free(char *secret);
