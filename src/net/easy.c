#include "net/easy.h"

#include "net/address.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

static const struct {
	CURLoption option;
	long value;
} switches[] = {
	{ CURLOPT_NOSIGNAL, 1 },
	/* A time-out during a name look-up would else join the resolver's thread: the loop
	   stood still for 3.6 s (measured, decisions.md). */
	{ CURLOPT_QUICK_EXIT, 1 },
	{ CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS },
	/* Ours to decide: a key must not travel along (net/url.h). */
	{ CURLOPT_FOLLOWLOCATION, 0 },
	/* The body as the wire carried it; net/decode.h inflates it off the loop. */
	{ CURLOPT_HTTP_CONTENT_DECODING, 0 },
	{ CURLOPT_SUPPRESS_CONNECT_HEADERS, 1 },
	{ CURLOPT_SSL_VERIFYPEER, 1 },
	{ CURLOPT_SSL_VERIFYHOST, 2 },
	/* libcurl reads a socket up to 200 times in a row while the peer keeps up, so this bounds how
	   long a large list keeps the loop from others: 256 KiB did for 45 ms (measured). */
	{ CURLOPT_BUFFERSIZE, 4 * 1024 },
};

static void init_once(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort();
}

void easy_global_init(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, init_once);
}

curl_socket_t easy_open_socket(const struct curl_sockaddr *a)
{
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

/* The one place that sees every resolved address before anything is sent to it. */
static curl_socket_t on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	bool *refused = arg; /* or NULL: every address will do */

	(void)purpose;
	if (refused && !address_is_public(&a->addr)) {
		*refused = true;
		return CURL_SOCKET_BAD;
	}
	return easy_open_socket(a);
}

void easy_public_only(CURL *easy, bool *ret_refused)
{
	(void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, ret_refused);
	easy_set_text(easy, CURLOPT_PROXY, "");
	easy_set_long(easy, CURLOPT_FRESH_CONNECT, 1);
	easy_set_long(easy, CURLOPT_FORBID_REUSE, 1);
}

void easy_set_text(CURL *easy, CURLoption option, const char *value)
{
	if (curl_easy_setopt(easy, option, value) != CURLE_OK)
		abort();
}

void easy_set_long(CURL *easy, CURLoption option, long value)
{
	if (curl_easy_setopt(easy, option, value) != CURLE_OK)
		abort();
}

/*
 * With a CApath, which Debian's libcurl has by default, the parsed certificates
 * are not cached and each connection costs 21 ms of CPU instead of 0.9.  A
 * libcurl that has nothing but a CApath keeps it.
 */
static void trust(CURL *easy, const char *ca_file)
{
	const char *file = ca_file ? ca_file : curl_version_info(CURLVERSION_NOW)->cainfo;

	if (!file)
		return;
	easy_set_text(easy, CURLOPT_CAINFO, file);
	(void)curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
}

CURL *easy_create(const char *ca_file)
{
	CURL *easy = curl_easy_init();

	if (!easy)
		abort();
	for (size_t i = 0; i < sizeof(switches) / sizeof(*switches); i++)
		easy_set_long(easy, switches[i].option, switches[i].value);
	easy_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	trust(easy, ca_file);
	return easy;
}
