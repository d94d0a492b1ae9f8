/* SPDX-License-Identifier: MIT */
/*
 * marketsim: a simulated market of hosted models, for demo, tests and benchmarks.
 *
 * It plays the model lists of real providers over HTTP (GET /HOST/PATH), their chat endpoints and
 * those of Hugging Face's router (POST /HOST/PATH), knows the truth behind
 * them (GET /sim/truth), moves it on request and fails on request.  It shares no code with the
 * program it judges.  One thread, one libuv loop; loopback by default.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

#include "control.h"
#include "http.h"
#include "providers.h"
#include "query.h"
#include "replay.h"
#include "serve.h"

enum { PORT_MAX = 65535, SCALE_DEFAULT = 60, SCALE_MAX = 1000000, EXIT_USAGE = 2 };

struct options {
	char *addr; /* without port */
	uint64_t port, seed, scale, total, latency_ms;
	size_t *rows; /* of single providers, by place in the table; owned */
	char *tls_addr;
	uint64_t tls_port;
	const char *port_file, *replay, *listen, *tls_listen, *ca_file;
	bool help;
};

static const char usage[] =
	"marketsim: a simulated market of hosted AI models\n"
	"\n"
	"  --listen ADDR:PORT   where to listen (127.0.0.1:0; port 0 = any free one)\n"
	"  --port-file FILE     write the port there once listening\n"
	"  --tls-listen ADDR:PORT  listen there as well, with TLS and a certificate made now\n"
	"  --ca-file FILE       write that certificate there, for clients to trust\n"
	"  --seed N             names the whole history (1)\n"
	"  --scale N            models on the largest list at start (60); smaller providers\n"
	"                       sell their share of it, but not less than a handful\n"
	"  --total N            about N models in all, shared out among the providers as in\n"
	"                       the real market; instead of --scale\n"
	"  --rows SLUG=N        so many rows of one provider, whatever else is said; may be\n"
	"                       given more than once\n"
	"  --replay DIR         serve recorded documents, DIR/HOST/PATH[@QUERY].json\n"
	"  --latency-ms N       wait before every answer of a provider (0)\n"
	"  --help               this text\n"
	"\n"
	"Providers are served at /HOST/PATH, such as /openrouter.ai/api/v1/models;\n"
	"GET /sim/providers says who they are, where their lists live and which need a key\n"
	"(any will do); GET /sim/ lists the control routes.\n";

/* --- options --- */

static bool wrong(const char *option, const char *what)
{
	fprintf(stderr, "marketsim: %s %s\n", option, what);
	return false;
}

static bool take_number(const char *option, const char *value, uint64_t max, uint64_t *out)
{
	if (number_parse(value, max, out))
		return true;
	fprintf(stderr, "marketsim: %s must be a whole number from 0 to %ju, not '%s'\n", option,
		(uintmax_t)max, value);
	return false;
}

static bool take_listen(const char *option, const char *value, char **addr, uint64_t *port)
{
	const char *colon = strrchr(value, ':');

	if (!colon || !number_parse(colon + 1, PORT_MAX, port))
		return wrong(option, "must be ADDR:PORT, such as 127.0.0.1:9000");
	*addr = sim_format("%.*s", (int)(colon - value), value);
	return true;
}

static bool take_rows(struct options *o, const char *value)
{
	const char *equals = strchr(value, '=');
	size_t n = equals ? (size_t)(equals - value) : 0;
	uint64_t rows;

	if (!n || !number_parse(equals + 1, SCALE_MAX, &rows))
		return wrong("--rows", "must be SLUG=N, such as fal=1418");
	for (size_t i = 0; i < providers_count; i++) {
		if (strlen(providers[i].slug) != n || strncmp(providers[i].slug, value, n) != 0)
			continue;
		o->rows[i] = (size_t)rows;
		return true;
	}
	return wrong("--rows", "names no provider; GET /sim/providers lists them");
}

static bool take_option(struct options *o, const char *option, const char *value)
{
	if (!strcmp(option, "--listen"))
		o->listen = value;
	else if (!strcmp(option, "--port-file"))
		o->port_file = value;
	else if (!strcmp(option, "--replay"))
		o->replay = value;
	else if (!strcmp(option, "--tls-listen"))
		o->tls_listen = value;
	else if (!strcmp(option, "--ca-file"))
		o->ca_file = value;
	else if (!strcmp(option, "--seed"))
		return take_number(option, value, UINT64_MAX, &o->seed);
	else if (!strcmp(option, "--scale"))
		return take_number(option, value, SCALE_MAX, &o->scale);
	else if (!strcmp(option, "--total"))
		return take_number(option, value, SCALE_MAX, &o->total);
	else if (!strcmp(option, "--rows"))
		return take_rows(o, value);
	else if (!strcmp(option, "--latency-ms"))
		return take_number(option, value, LATENCY_MS_MAX, &o->latency_ms);
	else
		return wrong(option, "is no option; see --help");
	return true;
}

static bool is_option(const char *option)
{
	static const char *const known[] = { "--listen",     "--port-file", "--replay", "--seed",
					     "--scale",      "--total",     "--rows",   "--ca-file",
					     "--tls-listen", "--latency-ms" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(known[i], option))
			return true;
	return false;
}

/* "--name VALUE" and "--name=VALUE" */
static bool parse_options(struct options *o, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char *option = argv[i], *equals = strchr(option, '=');
		const char *value = equals ? equals + 1 : NULL;

		if (equals)
			*equals = '\0';
		if (!strcmp(option, "--help") || !strcmp(option, "-h")) {
			o->help = true;
			return true;
		}
		if (!is_option(option))
			return wrong(option, "is no option; see --help");
		if (!value && i + 1 < argc)
			value = argv[++i];
		if (!value)
			return wrong(option, "needs a value");
		if (!take_option(o, option, value))
			return false;
	}
	if (o->replay && !replay_is_dir(o->replay))
		return wrong("--replay", "must name a directory");
	if (o->ca_file && !o->tls_listen)
		return wrong("--ca-file", "goes with --tls-listen");
	if (o->tls_listen &&
	    !take_listen("--tls-listen", o->tls_listen, &o->tls_addr, &o->tls_port))
		return false;
	return take_listen("--listen", o->listen, &o->addr, &o->port);
}

/* --- running --- */

static void on_request(void *ctx, const struct http_request *rq, struct reply *rp)
{
	struct sim *sim = ctx;
	struct buf json = { 0 };

	if (!strncmp(rq->path, "/sim/hub", 8)) {
		hub_control(&sim->hub, rq, rp);
	} else if (hub_serve(&sim->hub, rq, rp)) {
		return;
	} else if (strcmp(rq->method, "GET") != 0 && strcmp(rq->method, "HEAD") != 0 &&
		   strcmp(rq->method, "POST") != 0) {
		buf_str(&json, "{\"error\":\"GET, HEAD and POST are answered\"}");
		reply_json(rp, 405, &json);
	} else if (!strncmp(rq->path, "/sim/", 5)) {
		control_answer(sim, rq, rp);
	} else if (!chat_serve(&sim->chat, rq, rp) && !serve_trending(sim, rq, rp) &&
		   !serve_provider(sim, rq, rp)) {
		buf_str(&json, "{\"error\":\"nobody offers anything here\"}");
		reply_json(rp, 404, &json);
	}
}

static void on_sent(void *ctx, uint64_t ticket, size_t bytes)
{
	struct sim *sim = ctx;

	journal_sent(&sim->journal, ticket, bytes);
}

static void on_told(void *ctx, uint64_t ticket, enum telling what, uint64_t at_us)
{
	struct sim *sim = ctx;

	chat_told(&sim->chat, ticket, what, at_us);
}

static void on_signal(uv_signal_t *handle, int number)
{
	(void)number;
	uv_stop(handle->loop);
}

static bool write_port(const char *file, int port)
{
	char *temporary = sim_format("%s.%d", file, (int)getpid());
	FILE *f = fopen(temporary, "w");
	bool ok = f && fprintf(f, "%d\n", port) > 0;

	if (f && fclose(f))
		ok = false;
	ok = ok && !rename(temporary, file);
	if (!ok)
		perror("marketsim: --port-file");
	free(temporary);
	return ok;
}

/* Thousands of clients at once. */
static void raise_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

static bool listen_at(struct http_server *server, const char *option, const char *addr, int *port)
{
	int rc = http_listen(server, addr, port);

	if (rc)
		fprintf(stderr, "marketsim: %s %s: %s\n", option, addr, uv_strerror(rc));
	return !rc;
}

static int run(const struct options *o, struct sim *sim, struct tls *tls)
{
	uv_loop_t *loop = uv_default_loop();
	struct http_server server = {
		.loop = loop, .answer = on_request, .sent = on_sent, .told = on_told, .ctx = sim
	};
	struct http_server secure = server;
	uv_signal_t term, interrupt;
	int port = (int)o->port, tls_port = (int)o->tls_port;

	secure.tls = tls;
	sim->servers[0] = &server;
	sim->servers[1] = tls ? &secure : NULL;
	if (!listen_at(&server, "--listen", o->addr, &port) ||
	    (tls && !listen_at(&secure, "--tls-listen", o->tls_addr, &tls_port)))
		return EXIT_FAILURE;
	uv_signal_init(loop, &term);
	uv_signal_init(loop, &interrupt);
	uv_signal_start(&term, on_signal, SIGTERM);
	uv_signal_start(&interrupt, on_signal, SIGINT);
	if (o->port_file && !write_port(o->port_file, port))
		return EXIT_FAILURE;
	printf("marketsim: listening on http://%s:%d\n", o->addr, port);
	if (tls)
		printf("marketsim: listening on https://%s:%d\n", o->tls_addr, tls_port);
	fflush(stdout);
	uv_run(loop, UV_RUN_DEFAULT);
	return EXIT_SUCCESS;
}

static int play(const struct options *o)
{
	static struct sim sim;
	struct market_size size = { (size_t)o->scale, (size_t)o->total, o->rows };

	signal(SIGPIPE, SIG_IGN);
	sim_init(&sim, o->seed, &size, (unsigned)o->latency_ms);
	if (o->replay)
		sim.replay_dir = sim_strdup(o->replay);
	struct tls *tls = o->tls_listen ? tls_create(o->tls_addr, o->ca_file) : NULL;
	int rc = EXIT_FAILURE;

	raise_files();
	/* Connections still open die with the process. */
	if (tls || !o->tls_listen)
		rc = run(o, &sim, tls);
	sim_release(&sim);
	tls_destroy(tls);
	return rc;
}

int main(int argc, char **argv)
{
	struct options o = { .listen = "127.0.0.1:0", .seed = 1, .scale = SCALE_DEFAULT };
	int rc = EXIT_SUCCESS;

	o.rows = sim_alloc(providers_count * sizeof(*o.rows));
	for (size_t i = 0; i < providers_count; i++)
		o.rows[i] = (size_t)ROWS_UNSAID;
	if (!parse_options(&o, argc, argv))
		rc = EXIT_USAGE;
	else if (o.help)
		fputs(usage, stdout);
	else
		rc = play(&o);
	free(o.addr);
	free(o.tls_addr);
	free(o.rows);
	return rc;
}
