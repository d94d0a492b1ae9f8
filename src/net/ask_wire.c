/* ask_wire: what libcurl is told of an ask, and what it tells. */
#include "base/clock.h"
#include "net/ask_job.h"
#include "net/easy.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	READ_ROOM = 16 * 1024,            /* one read of libcurl's; each handle has its own */
	NAME_KNOWN_US = 55 * 1000 * 1000, /* a little less than libcurl remembers it */
};

/* ---- what it calls ---- */

uint64_t ask_read_us(const struct ask *k)
{
	uint64_t us = transport_stamp_us(k->in->transport);

	return us > k->sent_us ? us : clock_mono_us();
}

static size_t on_header(char *at, size_t size, size_t n, void *arg)
{
	struct ask *k = arg;

	if (taken_header(k->taken, (struct str){ at, size * n },
			 ask_since_begin(k, ask_read_us(k))))
		return size * n;
	k->head_too_long = true;
	return CURL_WRITEFUNC_ERROR;
}

static size_t on_body(char *at, size_t size, size_t n, void *arg)
{
	struct ask *k = arg;
	curl_off_t announced = -1;

	if (k->answer->body_bytes == 0)
		(void)curl_easy_getinfo(k->transfer.easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T,
					&announced);
	taken_body(k->taken, (struct str){ at, size * n }, announced,
		   ask_since_begin(k, ask_read_us(k)), k->hasher);
	return size * n;
}

/* Only when libcurl does not remember the name. */
static int on_look_up(void *resolver, void *reserved, void *arg)
{
	struct ask *k = arg;

	(void)resolver, (void)reserved;
	k->looks = true;
	return 0;
}

static curl_socket_t on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct ask *k = arg;
	uint64_t now_us = clock_mono_us();
	curl_socket_t fd;

	(void)purpose;
	if (k->sent_us) {
		k->resend_refused = true;
		return CURL_SOCKET_BAD;
	}
	if (k->looks && !k->opened) {
		k->answer->stamps.dns_us = ask_since_begin(k, now_us);
		k->host->known_until_us = now_us + NAME_KNOWN_US;
	}
	k->opened = true;
	ask_release_name(k, NULL);
	fd = easy_open_socket(address);
	k->no_socket |= fd < 0 && (errno == EMFILE || errno == ENFILE);
	return fd;
}

/* How long TLS took libcurl knows; it ended now. */
static void stamp_connection(struct ask *k, uint64_t now_us)
{
	struct stamps *s = &k->answer->stamps;
	curl_off_t connected_us = 0;
	curl_off_t secured_us = 0;

	if (!k->opened)
		return;
	s->connected_us = ask_since_begin(k, now_us);
	if (!str_starts(str_of(k->host->origin), STR("https://")))
		return;
	(void)curl_easy_getinfo(k->transfer.easy, CURLINFO_CONNECT_TIME_T, &connected_us);
	(void)curl_easy_getinfo(k->transfer.easy, CURLINFO_APPCONNECT_TIME_T, &secured_us);
	s->tls_us = s->connected_us;
	if (secured_us > connected_us && secured_us - connected_us < s->tls_us)
		s->connected_us -= secured_us - connected_us;
}

static int on_before_send(void *arg, char *to, char *from, int to_port, int from_port)
{
	struct ask *k = arg;
	uint64_t now_us = clock_mono_us();

	(void)to, (void)from, (void)to_port, (void)from_port;
	if (k->sent_us) {
		k->resend_refused = true;
		return CURL_PREREQFUNC_ABORT;
	}
	ask_release_name(k, NULL); /* nobody had to be looked up */
	k->sent_us = now_us;
	k->answer->sends = 1;
	k->answer->reused = !k->opened;
	stamp_connection(k, now_us);
	k->answer->stamps.sent_us = ask_since_begin(k, now_us);
	return CURL_PREREQFUNC_OK;
}

/* ---- what it is told ---- */

static struct curl_slist *headers_of(struct ask *k)
{
	k->ours[1].next = request_headers(&k->request, true);
	return k->ours;
}

void ask_send(struct ask *k)
{
	CURL *easy = k->transfer.easy;
	char *wire = url_wire(&k->request.url, k->in->upstream);

	easy_set_text(easy, CURLOPT_URL, wire);
	wipe_free(wire);
	(void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_of(k));
	(void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, k->request.post);
	(void)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)k->request.post_n);
	easy_set_long(easy, CURLOPT_FRESH_CONNECT, k->fresh);
	easy_set_long(easy, CURLOPT_FORBID_REUSE, k->fresh);
	/* Ours comes first; libcurl shares it out among the addresses of a name. */
	easy_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)k->connect_ms);
	transfer_start_now(k->in->transport, &k->transfer);
}

void ask_set_up_easy(struct ask *k, transfer_fn *done)
{
	const struct asker *a = k->in;
	CURL *easy = easy_create(a->ca_file);

	k->transfer = (struct transfer){ .easy = easy, .done = done, .arg = k };
	easy_set_long(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	easy_set_long(easy, CURLOPT_BUFFERSIZE, READ_ROOM);
	easy_set_long(easy, CURLOPT_UPLOAD_BUFFERSIZE, READ_ROOM);
	easy_set_long(easy, CURLOPT_POST, 1);
	easy_set_text(easy, CURLOPT_USERAGENT, a->user_agent);
	/* http_proxy would divert a loopback upstream, too. */
	if (!str_is_none(a->upstream))
		easy_set_text(easy, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, k->detail);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, k);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, k);
	(void)curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_before_send);
	(void)curl_easy_setopt(easy, CURLOPT_PREREQDATA, k);
	(void)curl_easy_setopt(easy, CURLOPT_RESOLVER_START_FUNCTION, on_look_up);
	(void)curl_easy_setopt(easy, CURLOPT_RESOLVER_START_DATA, k);
	(void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	(void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, k);
}

/* ---- certificates ---- */

static void on_nobody(void *arg, CURLcode code)
{
	(void)arg, (void)code;
}

/* Begin TLS with the listener at `url`, who accepts nobody. */
static void begin_tls(struct asker *a, const char *url)
{
	enum { STEPS = 3 }; /* connected, hello sent, and one to spare */
	CURL *easy = easy_create(a->ca_file);
	struct transfer nobody = { .easy = easy, .done = on_nobody };

	easy_set_text(easy, CURLOPT_URL, url);
	easy_set_text(easy, CURLOPT_PROXY, "");
	transfer_start_now(a->transport, &nobody);
	for (int i = 0; i < STEPS; i++)
		transport_catch_up(a->transport);
	transfer_stop(a->transport, &nobody);
	curl_easy_cleanup(easy);
}

void ask_read_certificates(struct asker *a)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char url[64];

	if (fd >= 0 && bind(fd, (struct sockaddr *)&at, size) == 0 && listen(fd, 1) == 0 &&
	    getsockname(fd, (struct sockaddr *)&at, &size) == 0) {
		(void)snprintf(url, sizeof(url), "https://127.0.0.1:%u/", ntohs(at.sin_port));
		begin_tls(a, url);
	}
	if (fd >= 0)
		close(fd);
}
