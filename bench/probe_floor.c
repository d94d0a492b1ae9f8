/* SPDX-License-Identifier: MIT */
/*
 * probe_floor: the least that a C program has to do to send probes, as a measure for net/ask.
 *
 *	bench_probe_floor OPTIONS   (probe_plan.h)
 *
 * libcurl's multi interface on epoll: POST, headers, the whole answer kept until it is complete, and
 * nothing else: no stamps, no time-outs, no hash, no error but "failed".  What it does it does as
 * fast as one reasonably would: handles are used again, one timer for the pace, small
 * buffers, TLS with the parsed certificates cached.
 */
#include "probe_plan.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { US_PER_S = 1000000, BATCH = 1024, READ_ROOM = 16 * 1024, FIRST_ROOM = 1024 };

struct probe {
	CURL *easy;
	char request[PLAN_BODY_MAX];
	char *at; /* head and body of the answer */
	size_t n, room;
	struct probe *next_spare;
};

static struct plan plan;
static CURLM *multi;
static int epoll, alarm_fd;
static long timeout_ms = -1;
static struct probe *spares;
static struct curl_slist *headers;
static char wire[1024];
static uint64_t begun, ended, failed, cpu_us;

static size_t on_bytes(char *at, size_t size, size_t n, void *arg)
{
	struct probe *p = arg;

	n *= size;
	if (p->n + n > p->room) {
		p->room = p->room ? 2 * p->room : FIRST_ROOM;
		if (p->room < p->n + n)
			p->room = p->n + n;
		p->at = realloc(p->at, p->room);
		if (!p->at)
			abort();
	}
	memcpy(p->at + p->n, at, n);
	p->n += n;
	return n;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct epoll_event e = { .data.fd = fd };

	(void)easy, (void)arg;
	e.events |= what & CURL_POLL_IN ? EPOLLIN : 0;
	e.events |= what & CURL_POLL_OUT ? EPOLLOUT : 0;
	if (what == CURL_POLL_REMOVE) {
		(void)epoll_ctl(epoll, EPOLL_CTL_DEL, fd, &e);
	} else {
		(void)epoll_ctl(epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &e);
		(void)curl_multi_assign(multi, fd, &plan);
	}
	return 0;
}

static int on_timeout(CURLM *m, long ms, void *arg)
{
	(void)m, (void)arg;
	timeout_ms = ms;
	return 0;
}

static struct probe *create(void)
{
	struct probe *p = calloc(1, sizeof(*p));
	const char *ca = plan.ca_file ? plan.ca_file : curl_version_info(CURLVERSION_NOW)->cainfo;

	if (!p)
		abort();
	p->easy = curl_easy_init();
	curl_easy_setopt(p->easy, CURLOPT_URL, wire);
	curl_easy_setopt(p->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(p->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(p->easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(p->easy, CURLOPT_BUFFERSIZE, (long)READ_ROOM);
	curl_easy_setopt(p->easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)READ_ROOM);
	curl_easy_setopt(p->easy, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(p->easy, CURLOPT_CAINFO, ca);
	curl_easy_setopt(p->easy, CURLOPT_POST, 1L);
	curl_easy_setopt(p->easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(p->easy, CURLOPT_HEADERFUNCTION, on_bytes);
	curl_easy_setopt(p->easy, CURLOPT_HEADERDATA, p);
	curl_easy_setopt(p->easy, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(p->easy, CURLOPT_WRITEDATA, p);
	curl_easy_setopt(p->easy, CURLOPT_PRIVATE, p);
	curl_easy_setopt(p->easy, CURLOPT_FRESH_CONNECT, (long)plan.fresh);
	curl_easy_setopt(p->easy, CURLOPT_FORBID_REUSE, (long)plan.fresh);
	return p;
}

static void begin(void)
{
	struct probe *p = spares;
	int n;

	if (begun == plan.warm)
		cpu_us = plan_cpu_us();
	if (p)
		spares = p->next_spare;
	else
		p = create();
	n = plan_body(&plan, begun++, p->request);
	curl_easy_setopt(p->easy, CURLOPT_POSTFIELDS, p->request);
	curl_easy_setopt(p->easy, CURLOPT_POSTFIELDSIZE, (long)n);
	(void)curl_multi_add_handle(multi, p->easy);
}

static void end(struct probe *p, CURLcode code)
{
	long status = 0;

	curl_easy_getinfo(p->easy, CURLINFO_RESPONSE_CODE, &status);
	failed += code != CURLE_OK || status != 200;
	(void)curl_multi_remove_handle(multi, p->easy);
	free(p->at);
	p->at = NULL;
	p->n = p->room = 0;
	p->next_spare = spares;
	spares = p;
	ended++;
}

static void ring(uint64_t at_us)
{
	const struct itimerspec when = { .it_value = { .tv_sec = (time_t)(at_us / US_PER_S),
						       .tv_nsec =
							       (long)(at_us % US_PER_S * 1000) } };

	(void)timerfd_settime(alarm_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static void act(curl_socket_t fd, int what)
{
	CURLMsg *m;
	int n;

	(void)curl_multi_socket_action(multi, fd, what, &n);
	while ((m = curl_multi_info_read(multi, &n))) {
		struct probe *p;

		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &p);
		end(p, m->data.result);
		if (ended == plan.warm)
			ring(1);
	}
}

/* libcurl's timer goes off once. */
static void act_on_time(void)
{
	timeout_ms = -1;
	act(CURL_SOCKET_TIMEOUT, 0);
}

/* 0: nobody, or nobody knows yet. */
static uint64_t due(void)
{
	return begun < plan.probes ? plan_due_us(&plan, begun, ended) : 0;
}

static void keep_pace(void)
{
	uint64_t due_us;
	uint64_t ticks;

	(void)!read(alarm_fd, &ticks, sizeof(ticks));
	while ((due_us = due()) && due_us <= plan_now_us())
		begin();
	act_on_time();
	if (due_us)
		ring(due_us);
}

static void run(void)
{
	static struct epoll_event ready[BATCH];

	keep_pace();
	while (ended < plan.probes) {
		int n = epoll_wait(epoll, ready, BATCH, (int)timeout_ms);

		if (n == 0)
			act_on_time();
		for (int i = 0; i < n; i++) {
			int what = 0;

			if (ready[i].data.fd == alarm_fd) {
				keep_pace();
				continue;
			}
			what |= ready[i].events & EPOLLIN ? CURL_CSELECT_IN : 0;
			what |= ready[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0;
			what |= ready[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_IN : 0;
			act(ready[i].data.fd, what);
		}
	}
}

static void set_up(void)
{
	struct epoll_event e = { .events = EPOLLIN };
	char key[256];

	(void)snprintf(wire, sizeof(wire), "%s/%s", plan.upstream, plan.url + strlen("https://"));
	(void)snprintf(key, sizeof(key), "Authorization: Bearer %s", plan.key);
	headers = curl_slist_append(headers, key);
	headers = curl_slist_append(headers, "Content-Type: application/json");
	headers = curl_slist_append(headers, "Accept-Encoding: identity");
	epoll = epoll_create1(0);
	alarm_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	e.data.fd = alarm_fd;
	(void)epoll_ctl(epoll, EPOLL_CTL_ADD, alarm_fd, &e);
	multi = curl_multi_init();
	curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timeout);
	curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 8192L);
}

int main(int argc, char **argv)
{
	uint64_t rss_kib, begun_us;

	plan_read(&plan, argc, argv);
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
	set_up();
	rss_kib = plan_rss_kib();
	begun_us = plan_now_us();
	run();
	(void)printf("{\"probes\":%ju,\"failed\":%ju,\"cpu_us\":%.1f,\"memory_kib\":%ju,"
		     "\"whole_us\":%ju}\n",
		     (uintmax_t)plan.probes, (uintmax_t)failed,
		     (double)(plan_cpu_us() - cpu_us) / (double)(plan.probes - plan.warm),
		     (uintmax_t)(plan_peak_kib() - rss_kib), (uintmax_t)(plan_now_us() - begun_us));
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
