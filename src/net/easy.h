/*
 * easy: one libcurl easy handle with the options that every outbound request of
 * ours has: time-outs belong to us, redirects and retries too, TLS is verified,
 * sockets do not leak into children.
 */
#pragma once
#include "base/str.h"

#include <curl/curl.h>

/* Once per process, from any thread, before anything else of libcurl. */
void easy_global_init(void);

/* `ca_file`: PEM bundle to trust, NULL: the system's.  Aborts without memory. */
CURL *easy_create(const char *ca_file);

/* For an OPENSOCKETFUNCTION of one's own: libcurl 7.88 opens its sockets without CLOEXEC. */
curl_socket_t easy_open_socket(const struct curl_sockaddr *a);

/*
 * No socket is opened to an address that is not public (net/address.h), whatever a name led
 * to; *ret_refused says that one was refused.  Through no proxy, which would resolve the name
 * itself, and on no connection that somebody made without this rule.
 */
void easy_public_only(CURL *easy, bool *ret_refused);

/* Set an option that can only fail for want of memory, and abort then. */
void easy_set_text(CURL *easy, CURLoption option, const char *value);
void easy_set_long(CURL *easy, CURLoption option, long value);
