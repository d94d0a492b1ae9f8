/* The traps of libcurl and libuv, many fetches at once, their cancelling, HTTP/2 and TLS. */
#include "fetching.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the library's traps ---- */

/* The server dies over the 2nd request of a kept connection: libcurl would ask again, silently. */
static void every_request_the_server_saw_is_counted(void **state)
{
	struct fetch_conf conf = quick();
	struct world w;

	(void)state;
	conf.retries = 1;
	conf.backoff_ms = 60000; /* the retry after a dead connection does not wait for it */
	open_world(&w, conf);
	SCRIPT(w.server, { .answer = OK_2 }, { .then = HTTPD_CLOSE }, { .answer = OK_2 });
	get(&w);
	check_status(&w, 200);
	get(&w);
	check_status(&w, 200);
	assert_int_equal(w.response.attempts, 2);
	assert_int_equal(httpd_requests(w.server), 3);
	close_world(&w);

	conf.retries = 0;
	open_world(&w, conf);
	SCRIPT(w.server, { .answer = OK_2 }, { .then = HTTPD_CLOSE }, { .answer = OK_2 });
	get(&w);
	get(&w);
	check_error(&w, ERR_NET, "connection closed before an answer");
	assert_int_equal(httpd_requests(w.server), 2);
	close_world(&w);
}

static void connections_are_kept(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, quick());
	SCRIPT(w.server, { .answer = OK_2 });
	for (int i = 0; i < 5; i++)
		get(&w);
	assert_int_equal(httpd_connections(w.server), 1);
	assert_int_equal(httpd_requests(w.server), 5);
	close_world(&w);
}

static bool is_inet_socket(int fd)
{
	struct sockaddr_storage at = { 0 };
	socklen_t size = sizeof(at);

	return getsockname(fd, (struct sockaddr *)&at, &size) == 0 &&
	       (at.ss_family == AF_INET || at.ss_family == AF_INET6);
}

static unsigned inet_sockets(void)
{
	DIR *fds = opendir("/proc/self/fd");
	struct dirent *entry;
	unsigned n = 0;

	assert_non_null(fds);
	while ((entry = readdir(fds))) {
		int64_t fd;

		if (!str_to_i64(str_of(entry->d_name), 0, INT32_MAX, &fd) ||
		    !is_inet_socket((int)fd))
			continue;
		n++;
		assert_int_equal(fcntl((int)fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	}
	closedir(fds);
	return n;
}

static void children_inherit_no_connection(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, quick());
	SCRIPT(w.server, { .answer = OK_2 });
	get(&w);
	assert_int_equal(inet_sockets(), 3); /* listener and both ends of the kept connection */
	close_world(&w);
}

static uint64_t cpu_us(void)
{
	struct rusage u;

	assert_int_equal(getrusage(RUSAGE_THREAD, &u), 0);
	return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 +
	       (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void waiting_costs_nothing(void **state)
{
	struct world w;
	uint64_t before;

	(void)state;
	open_world(&w, quick());
	SCRIPT(w.server, { .answer = OK_2, .delay_ms = 400 });
	before = cpu_us();
	get(&w);
	check_status(&w, 200);
	assert_in_range(cpu_us() - before, 0, 100000);
	close_world(&w);
}

/*
 * Stands in front of libc's for the whole program: a resolver that says nothing
 * of "slow.example" until it may.
 */
static atomic_int slow_lookups;
static atomic_bool may_answer;

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): libc's names are reserved */
int getaddrinfo(const char *restrict name, const char *restrict service,
		const struct addrinfo *restrict hints, struct addrinfo **restrict ret)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

	if (name && strcmp(name, "slow.example") == 0) {
		for (uint64_t since_us = clock_mono_us();
		     !atomic_load(&may_answer) && ms_since(since_us) < MUCH_MS;)
			(void)poll(NULL, 0, 5);
		atomic_fetch_sub(&slow_lookups, 1);
		return EAI_NONAME;
	}
	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	return real(name, service, hints, ret);
}

struct pulse {
	struct world *of;
	uint64_t last_us, longest_us;
};

static void beat(void *arg)
{
	struct pulse *p = arg;
	uint64_t now_us = clock_mono_us();

	if (p->last_us && now_us - p->last_us > p->longest_us)
		p->longest_us = now_us - p->last_us;
	p->last_us = now_us;
	if (p->of->calls == 0)
		loop_after(p->of->loop, 5, beat, p);
}

/* Without QUICK_EXIT libcurl joins the resolver's thread, and the loop stands still with it. */
static void a_slow_resolver_does_not_stop_the_loop(void **state)
{
	struct fetch_conf conf = quick();
	struct world w;
	struct pulse p = { .of = &w };

	(void)state;
	conf.total_timeout_ms = 100;
	conf.retries = 0;
	open_world(&w, conf);
	atomic_store(&slow_lookups, 1);
	atomic_store(&may_answer, false);
	loop_after(w.loop, 0, beat, &p);
	get_url(&w, "http://slow.example/?key=" KEY);
	assert_int_equal(w.error.kind, ERR_TIMEOUT);
	assert_string_equal(w.error.text, "slow.example: not complete after 0.1 s");
	assert_in_range(p.longest_us, 1, MUCH_MS * 500);
	close_world(&w);
	assert_int_equal(atomic_load(&slow_lookups), 1); /* it is still at it, and nobody waited */
	atomic_store(&may_answer, true);
	while (atomic_load(&slow_lookups) > 0)
		(void)poll(NULL, 0, 5);
}

/* ---- many, and the end ---- */

static void two_hundred_at_once(void **state)
{
	static struct world many[200];
	const struct fetch_header key = { STR("Authorization"), STR("Bearer " KEY), true };
	struct world w;
	unsigned sent = 0;

	(void)state;
	open_world(&w, quick());
	SCRIPT(w.server, { .answer = OK_2, .delay_ms = 50 });
	for (size_t i = 0; i < 200; i++) {
		many[i] = (struct world){ 0 };
		fetch_start(w.fetcher,
			    &(struct fetch_request){ str_of(w.url), &key, 1, STR_NONE, STR_NONE },
			    on_done, &many[i]);
	}
	loop_run(w.loop);
	for (size_t i = 0; i < 200; i++) {
		assert_int_equal(many[i].calls, 1);
		check_status(&many[i], 200);
		assert_string_equal(many[i].body, "{}");
		sent += many[i].response.attempts;
	}
	assert_int_equal(sent, httpd_requests(w.server));
	close_world(&w);
}

static void destroy_it(void *arg)
{
	struct world *w = arg;

	fetcher_destroy(w->fetcher);
	w->fetcher = NULL;
}

static void destroying_cancels(void **state)
{
	struct fetch_conf conf = quick();
	uint64_t start_us = clock_mono_us();
	struct world backing_off = { 0 };
	struct world w;

	(void)state;
	conf.backoff_ms = 60000;
	open_world(&w, conf);
	SCRIPT(w.server, { .answer = UNAVAILABLE }, { .then = HTTPD_HANG });
	fetch_start(w.fetcher, &(struct fetch_request){ .url = str_of(w.url) }, on_done,
		    &backing_off);
	loop_after(w.loop, 100, destroy_it, &w);
	get(&w);
	check_error(&w, ERR_CANCELLED, "cancelled");
	assert_int_equal(backing_off.error.kind, ERR_CANCELLED);
	assert_in_range(ms_since(start_us), 0, MUCH_MS / 2); /* nothing keeps the loop */
	close_world(&w);
}

static void destroying_before_anything_ran(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, quick());
	fetch_start(w.fetcher, &(struct fetch_request){ .url = str_of(w.url) }, on_done, &w);
	destroy_it(&w);
	assert_int_equal(w.calls, 1);
	check_error(&w, ERR_CANCELLED, "cancelled");
	close_world(&w);
}

static void destroy_on_done(void *arg, struct fetch_response *r, const struct err *e)
{
	on_done(arg, r, e);
	destroy_it(arg);
}

static void a_callback_may_destroy_the_fetcher(void **state)
{
	struct world other = { 0 };
	struct world w;

	(void)state;
	open_world(&w, quick());
	SCRIPT(w.server, { .answer = OK_2 }, { .then = HTTPD_HANG });
	fetch_start(w.fetcher, &(struct fetch_request){ .url = str_of(w.url) }, destroy_on_done,
		    &w);
	fetch_start(w.fetcher, &(struct fetch_request){ .url = STR("http://127.0.0.1:1/") },
		    on_done, &other);
	loop_run(w.loop);
	assert_int_equal(w.calls, 1);
	assert_int_equal(other.calls, 1);
	close_world(&w);
}

static void fetch_again_on_done(void *arg, struct fetch_response *r, const struct err *e)
{
	struct world *w = arg;

	on_done(w, r, e);
	fetch_start(w->fetcher, &(struct fetch_request){ .url = str_of(w->url) },
		    w->calls < 20 ? fetch_again_on_done : on_done, w);
}

static void a_callback_may_start_the_next(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, quick());
	SCRIPT(w.server, { .answer = OK_2 });
	fetch_start(w.fetcher, &(struct fetch_request){ .url = str_of(w.url) }, fetch_again_on_done,
		    &w);
	loop_run(w.loop);
	assert_int_equal(w.calls, 21);
	close_world(&w);
}

/* ---- HTTP/2 and TLS, against nghttpd ---- */

struct tls_server {
	char dir[64];
	pid_t pid;
	unsigned port;
	char upstream[64], certificate[96];
};

static pid_t spawn(const char *const argv[])
{
	posix_spawn_file_actions_t quiet;
	pid_t pid = -1;

	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&pid, argv[0], &quiet, NULL, (char **)(uintptr_t)argv, environ) != 0)
		pid = -1;
	posix_spawn_file_actions_destroy(&quiet);
	return pid;
}

static bool spawn_and_wait(const char *const argv[])
{
	pid_t pid = spawn(argv);
	int status;

	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static bool answers(unsigned port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				  .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok = connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0;

	close(fd);
	return ok;
}

static void write_document(const struct tls_server *s)
{
	enum { SIZE = 300000 };
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/openrouter.ai", s->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/openrouter.ai/models", s->dir);
	file = fopen(path, "w");
	assert_non_null(file);
	for (int i = 0; i < SIZE; i++)
		(void)fputc('x', file);
	assert_int_equal(fclose(file), 0);
}

/* Without one of the tools, s->pid stays 0 or less. */
static void start_tls_server(struct tls_server *s)
{
	char key[96];
	char port[8];

	(void)snprintf(s->dir, sizeof(s->dir), "/tmp/assay-h2-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	(void)snprintf(key, sizeof(key), "%s/key.pem", s->dir);
	(void)snprintf(s->certificate, sizeof(s->certificate), "%s/cert.pem", s->dir);
	write_document(s);
	close(closed_port(&s->port));
	(void)snprintf(port, sizeof(port), "%u", s->port);
	(void)snprintf(s->upstream, sizeof(s->upstream), "https://127.0.0.1:%u", s->port);
	if (!spawn_and_wait((const char *[]){
		    "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
		    "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=test", "-addext",
		    "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", s->certificate, NULL }))
		return;
	s->pid = spawn((const char *[]){ "nghttpd", "-a", "127.0.0.1", "-d", s->dir, port, key,
					 s->certificate, NULL });
	for (int i = 0; s->pid > 0 && i < 6000 && !answers(s->port); i++)
		(void)poll(NULL, 0, 10);
}

static void stop_tls_server(struct tls_server *s)
{
	if (s->pid > 0) {
		(void)kill(s->pid, SIGTERM);
		(void)waitpid(s->pid, NULL, 0);
	}
	(void)spawn_and_wait((const char *[]){ "rm", "-r", "--", s->dir, NULL });
}

/* As set-up and tear-down, so that a test that fails leaves no server behind. */
static int set_up_tls(void **state)
{
	static struct tls_server s;

	s = (struct tls_server){ 0 };
	*state = &s;
	start_tls_server(&s);
	return 0;
}

static int tear_down_tls(void **state)
{
	stop_tls_server(*state);
	return 0;
}

/* nghttpd speaks nothing but HTTP/2 over TLS: an answer is the proof. */
static void http2_shares_one_connection(void **state)
{
	static struct world many[50];
	struct fetch_conf conf = quick();
	struct tls_server *s = *state;
	struct world w;

	if (s->pid <= 0) {
		print_message("skipped: needs openssl and nghttpd\n");
		skip();
	}
	open_world(&w, conf);
	conf.upstream = str_of(s->upstream);
	conf.ca_file = str_of(s->certificate);
	use_conf(&w, conf);
	for (size_t i = 0; i < 50; i++) {
		many[i] = (struct world){ 0 };
		fetch_start(w.fetcher,
			    &(struct fetch_request){ .url = STR("https://openrouter.ai/models") },
			    on_done, &many[i]);
	}
	loop_run(w.loop);
	for (size_t i = 0; i < 50; i++) {
		check_status(&many[i], 200);
		assert_int_equal(many[i].response.body_n, 300000);
		assert_int_equal(many[i].response.attempts, 1);
	}
	assert_int_equal(inet_sockets(), 2); /* the other server's listener, and one connection */
	close_world(&w);
}

static void a_certificate_nobody_vouches_for_is_refused(void **state)
{
	struct fetch_conf conf = quick();
	struct tls_server *s = *state;
	struct world w;

	if (s->pid <= 0) {
		print_message("skipped: needs openssl and nghttpd\n");
		skip();
	}
	open_world(&w, conf);
	conf.upstream = str_of(s->upstream);
	use_conf(&w, conf);
	get_url(&w, "https://openrouter.ai/models?key=" KEY);
	assert_int_equal(w.error.kind, ERR_NET);
	assert_non_null(strstr(w.error.text, "certificate is not trusted"));
	assert_null(strstr(w.error.text, "attempts")); /* again would not help */
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_request_the_server_saw_is_counted),
		cmocka_unit_test(connections_are_kept),
		cmocka_unit_test(children_inherit_no_connection),
		cmocka_unit_test(waiting_costs_nothing),
		cmocka_unit_test(a_slow_resolver_does_not_stop_the_loop),
		cmocka_unit_test(two_hundred_at_once),
		cmocka_unit_test(destroying_cancels),
		cmocka_unit_test(destroying_before_anything_ran),
		cmocka_unit_test(a_callback_may_destroy_the_fetcher),
		cmocka_unit_test(a_callback_may_start_the_next),
		cmocka_unit_test_setup_teardown(http2_shares_one_connection, set_up_tls,
						tear_down_tls),
		cmocka_unit_test_setup_teardown(a_certificate_nobody_vouches_for_is_refused,
						set_up_tls, tear_down_tls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
