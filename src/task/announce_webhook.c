/*
 * A webhook: one signed POST, and what its answer means.
 */
#include "base/clock.h"
#include "base/json.h"
#include "sink/webhook.h"
#include "task/announce_job.h"

#include <inttypes.h>

enum { TIMEOUT_MS = 15 * 1000, GONE = 410 };

/* ---- what the answer means ---- */

static bool is_taken(int64_t status)
{
	return status >= 200 && status < 300;
}

static void give_up(struct announce_lane *l, struct str why)
{
	l->report.outcome = ANNOUNCE_GIVEN_UP;
	l->delivery.done = true;
	l->delivery.given_up = why;
}

static void try_again(struct announce_lane *l, int64_t wait_ms, uint64_t asked_s)
{
	int64_t asked_ms = asked_s <= WEBHOOK_RETRY_AFTER_MAX_S ? (int64_t)asked_s * 1000 : 0;

	l->report.outcome = ANNOUNCE_AGAIN;
	l->delivery.due_at_ms = l->delivery.at_ms + (asked_ms > wait_ms ? asked_ms : wait_ms);
}

static void judge(struct announce_lane *l, uint64_t asked_s)
{
	int64_t wait_ms = webhook_wait_ms(l->notice.attempts + 1);

	if (is_taken(l->report.status)) {
		l->report.outcome = ANNOUNCED;
		l->report.why = STR_NONE;
		l->delivery.done = true;
	} else if (l->report.status == GONE) {
		give_up(l, STR("HTTP 410: the endpoint wants no more"));
		l->delivery.endpoint_gone = true;
	} else if (wait_ms == CLOCK_NONE) {
		give_up(l, arena_printf(&l->arena, "%d attempts failed, the last: %.*s",
					WEBHOOK_ATTEMPTS, STR_FMT(l->report.why)));
	} else {
		try_again(l, wait_ms, asked_s);
	}
}

static void answered(void *arg, struct fetch_response *r, const struct err *e)
{
	struct announce_lane *l = arg;

	l->report.status = r->status;
	l->report.duration_ms = (int64_t)(r->duration_us / 1000);
	if (e)
		l->report.why = arena_str(&l->arena, str_of(e->text));
	else
		l->report.why = arena_printf(&l->arena, "HTTP %ld", r->status);
	l->delivery.at_ms = clock_now_ms();
	judge(l, r->retry_after_s);
	announce_said(l);
}

/* ---- asking ---- */

static struct str id_of(struct announce_lane *l)
{
	JSON_DOC_AUTO(doc);
	struct err e;

	if (!json_read(l->notice.payload, &doc, &e))
		return STR_NONE;
	return arena_str(&l->arena,
			 json_str(yyjson_obj_get(yyjson_doc_get_root(doc), "id"), &l->arena));
}

static uint32_t time_for_it(const struct announce_lane *l)
{
	uint64_t left_ms = announce_left_ms(l);

	if (left_ms >= TIMEOUT_MS)
		return TIMEOUT_MS;
	return left_ms ? (uint32_t)left_ms : 1; /* 0 would be no limit of its own */
}

void announce_webhook(struct announce_lane *l)
{
	int64_t now_s = clock_now_ms() / 1000;
	struct str timestamp = arena_printf(&l->arena, "%" PRId64, now_s);
	struct str id = id_of(l);
	BUF_AUTO(signature, 256);

	l->report = (struct announce_report){ .id = id, .status = -1 };
	l->delivery = (struct store_delivery){ 0 };
	webhook_sign(l->conf->key, id, now_s, l->notice.payload, &signature);
	{
		const struct fetch_header headers[] = {
			{ STR("Content-Type"), STR("application/cloudevents+json"), false },
			{ STR("webhook-id"), id, false },
			{ STR("webhook-timestamp"), timestamp, false },
			{ STR("webhook-signature"), buf_str(&signature), true },
		};
		const struct fetch_request request = {
			.url = l->conf->url,
			.headers = headers,
			.n_headers = sizeof(headers) / sizeof(headers[0]),
			.post = l->notice.payload,
			.timeout_ms = time_for_it(l),
			.once = true,
			.direct = true,
			.status_only = true,
			.public_only = !l->conf->allow_private,
		};

		fetch_start(l->conf->fetcher, &request, answered, l);
	}
}
