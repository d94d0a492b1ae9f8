/*
 * api_floor: the least that libmicrohttpd can do: replies recorded beforehand, found by the whole request target, made
 * once and sent again and again.  bench_api.py holds `assay serve` against it.
 *
 * usage: bench_api_floor FILE THREADS; prints its port.  FILE, for each reply:
 *
 *	TARGET\n HEADERS\n LENGTH\n then so many "Name: value\n", then the body and \n
 */
#include <microhttpd.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SLOTS = 1 << 14, LINE_MAX_BYTES = 1 << 14, CONNECTIONS = 1000 };

struct answer {
	char *target, *etag;
	struct MHD_Response *whole, *unmodified;
};

/* Open addressing; the second half stands for those of the first whose request was seen already. */
static struct answer answers[2 * SLOTS];

static size_t slot_of(const char *target)
{
	size_t h = 14695981039346656037U;

	for (const char *at = target; *at; at++)
		h = (h ^ (unsigned char)*at) * 1099511628211U;
	h %= SLOTS;
	while (answers[h].target && strcmp(answers[h].target, target) != 0)
		h = (h + 1) % SLOTS;
	return h;
}

/* ---- reading ---- */

static void must(int ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "bench_api_floor: %s\n", what);
	exit(1);
}

static char *line(FILE *f, char text[LINE_MAX_BYTES])
{
	must(fgets(text, LINE_MAX_BYTES, f) != NULL, "the file ends early");
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static void add_header(struct answer *a, char *text)
{
	char *value = strstr(text, ": ");

	must(value != NULL, "a header without a value");
	*value = '\0';
	value += 2;
	must(MHD_add_response_header(a->whole, text, value) == MHD_YES, "a header is refused");
	(void)MHD_add_response_header(a->unmodified, text, value);
	if (strcmp(text, "ETag") == 0)
		a->etag = strdup(value);
}

static int read_answer(FILE *f)
{
	char text[LINE_MAX_BYTES];
	struct answer *a;
	long headers;
	size_t length;
	char *lines, *body;

	if (!fgets(text, sizeof(text), f))
		return 0;
	text[strcspn(text, "\n")] = '\0';
	a = &answers[slot_of(text)];
	a->target = strdup(text);
	headers = strtol(line(f, text), NULL, 10);
	length = strtoul(line(f, text), NULL, 10);
	lines = malloc((size_t)headers * LINE_MAX_BYTES + 1);
	body = malloc(length + 1);
	must(a->target && lines && body, "no memory");
	for (long i = 0; i < headers; i++)
		(void)line(f, lines + (size_t)i * LINE_MAX_BYTES);
	must(fread(body, 1, length + 1, f) == length + 1, "the file ends early");
	a->whole = MHD_create_response_from_buffer(length, body, MHD_RESPMEM_PERSISTENT);
	a->unmodified = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	must(a->whole && a->unmodified, "no memory");
	for (long i = 0; i < headers; i++)
		add_header(a, lines + (size_t)i * LINE_MAX_BYTES);
	free(lines);
	return 1;
}

/* ---- answering ---- */

static void *remember_target(void *arg, const char *target, struct MHD_Connection *c)
{
	(void)arg;
	(void)c;
	return &answers[slot_of(target)];
}

static enum MHD_Result answer(void *arg, struct MHD_Connection *c, const char *url,
			      const char *method, const char *version, const char *data,
			      size_t *data_n, void **state)
{
	struct answer *a = *state;
	const char *has;

	/* A reply at the first call, before the body that there is not, would end the connection. */
	if (a < answers + SLOTS) {
		*state = a + SLOTS;
		return MHD_YES;
	}
	a -= SLOTS;

	(void)arg;
	(void)url;
	(void)method;
	(void)version;
	(void)data;
	(void)data_n;
	if (!a->target)
		return MHD_NO;
	has = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "If-None-Match");
	if (has && a->etag && strcmp(has, a->etag) == 0)
		return MHD_queue_response(c, MHD_HTTP_NOT_MODIFIED, a->unmodified);
	return MHD_queue_response(c, MHD_HTTP_OK, a->whole);
}

int main(int argc, char **argv)
{
	struct MHD_Daemon *d;
	FILE *f;

	must(argc == 3, "usage: bench_api_floor FILE THREADS");
	f = fopen(argv[1], "rb");
	must(f != NULL, "the file cannot be read");
	while (read_answer(f))
		;
	(void)fclose(f);
	d = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, answer, NULL,
			     MHD_OPTION_URI_LOG_CALLBACK, remember_target, NULL,
			     MHD_OPTION_THREAD_POOL_SIZE, (unsigned)strtoul(argv[2], NULL, 10),
			     MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_END);
	must(d != NULL, "it does not start");
	(void)printf("%u\n", MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT)->port);
	(void)fflush(stdout);
	(void)pause();
	return 0;
}
