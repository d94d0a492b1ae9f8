/*
 * ask_job: one ask while it lives; shared by the files of this box (ask.c its life, ask_wire.c what
 * libcurl is told and tells, ask_end.c how it ended, ask_place.c where it goes) and by
 * nobody else.
 */
#pragma once
#include "net/ask.h"
#include "net/ask_take.h"
#include "net/request.h"
#include "net/transport.h"
#include "net/url.h"

#include <sys/queue.h>

enum { ASK_US_PER_MS = 1000 };

TAILQ_HEAD(line, ask);
TAILQ_HEAD(asks, ask);

/* One look-up at a time of one name: the others stand in line for it. */
struct host {
	struct host *next;
	char *origin;
	uint64_t known_until_us;
	struct ask *leader; /* who looks, or NULL */
	struct line line;
};

/* A URL that was asked before; to parse it again would be a tenth of all our work. */
struct place {
	struct place *next;
	struct str text;
	struct url url;
};

struct asker {
	struct loop *loop;
	struct transport *transport;
	struct lag *lag;
	struct arena arena; /* strings of the configuration, NUL-terminated */
	const char *user_agent, *ca_file;
	struct str upstream;
	uv_idle_t beginner;
	struct line queue; /* to be begun */
	struct asks all, spares;
	size_t n_spares;
	struct host *hosts;
	struct place *places;
	size_t n_places;
	bool closing;
};

struct ask {
	struct asker *in;
	TAILQ_ENTRY(ask) of_all;  /* or of the spares */
	TAILQ_ENTRY(ask) in_line; /* of `line` */
	struct line *line;        /* or NULL */
	uint64_t uses;            /* one that ended and began anew is another ask */

	/* kept from one use to the next */
	uv_timer_t timer;
	struct transfer transfer;
	struct hasher *hasher;
	struct curl_slist ours[2];
	char detail[CURL_ERROR_SIZE]; /* libcurl's words */

	/* of this use */
	ask_fn *done;
	void *arg;
	struct request request;
	struct host *host;
	struct taken *taken;
	struct ask_answer *answer; /* in it */
	uint32_t connect_ms, first_byte_ms, total_ms;
	uint64_t sent_us;
	bool doomed; /* it ends as `answer` says already, without being sent */
	bool fresh, looks, opened, resend_refused, no_socket, head_too_long;
};

static inline int64_t ask_since_begin(const struct ask *k, uint64_t us)
{
	uint64_t begun_us = k->answer->started_mono_us;

	return us > begun_us ? (int64_t)(us - begun_us) : 0;
}

/* ---- ask.c ---- */

/* `failed`: the name does not exist, for the others neither; NULL: they go on. */
void ask_release_name(struct ask *leader, const struct ask_answer *failed);

/* ---- ask_place.c ---- */

/* Fills request and host. */
bool ask_find_place(struct ask *k, const struct fetch_request *r, struct err *e);

/* ---- ask_wire.c ---- */

void ask_set_up_easy(struct ask *k, transfer_fn *done);
/* `done`, of others, too, may be called. */
void ask_send(struct ask *k);
/* When what is being dealt with was read: now, where it came in the very round that sent the request. */
uint64_t ask_read_us(const struct ask *k);
/*
 * libcurl reads the trusted certificates at the first connection that needs them, and takes 20 ms of
 * the loop for it, in which no stamp is true.  So one is begun now and given up.
 */
void ask_read_certificates(struct asker *a);

/* ---- ask_end.c ---- */

/* By what libcurl says, into the answer; is it a good one? */
bool ask_judge(struct ask *k, CURLcode code);
/* The time-out that can come next, ASK_TIMEOUTS: none. */
enum { ASK_TIMEOUTS = 3 };
size_t ask_next_timeout(const struct ask *k, uint32_t *ret_ms);
void ask_say_timeout(struct ask *k, size_t which, uint32_t limit_ms);
