#include "task/sync_notice.h"

#include "base/secret.h"
#include "sink/hook.h"
#include "sink/webhook.h"
#include "store/notice.h"

#include <stdlib.h>
#include <sys/random.h>

enum { ID_BYTES = 16, PAYLOAD_MAX = 1 << 20 };

/* What every attempt says under; chance alone makes it one of its kind, on whatever machine. */
static struct str make_id(struct arena *a)
{
	struct hash random = { 0 };
	char text[HASH_TEXT_MAX];

	if (getrandom(random.bytes, ID_BYTES, 0) != ID_BYTES)
		abort();
	return arena_printf(a, "msg_%.*s", 2 * ID_BYTES, hash_text(&random, text));
}

/* The state that the market moved from: what our own correction made of the one before. */
static struct str hash_before(struct sync_job *job)
{
	char text[HASH_TEXT_MAX];

	if (!job->report.has_prev)
		return STR_NONE;
	return arena_str(&job->arena, str_of(hash_text(&job->moved_from, text)));
}

static bool save(struct store *s, struct sync_job *job, struct store_notice *n, struct buf *payload,
		 struct err *e)
{
	/* A provider may echo our key. */
	secret_mask(payload);
	n->at_ms = n->due_at_ms = job->started_at_ms;
	n->provider_id = job->provider_id;
	n->payload = buf_str(payload);
	return store_save_notice(s, n, e);
}

static bool owe_hook(struct store *s, struct sync_job *job, const struct hook_notice *told,
		     struct err *e)
{
	struct store_notice n = { .kind = NOTICE_HOOK };
	BUF_AUTO(payload, PAYLOAD_MAX);

	hook_format(told, &payload);
	return save(s, job, &n, &payload, e);
}

static bool owe_webhook(struct store *s, struct sync_job *job, const struct hook_notice *told,
			const struct store_change_row *rows, size_t n_rows, struct err *e)
{
	struct webhook_change *changes = arena_array(&job->arena, n_rows, struct webhook_change);
	struct store_notice n = {
		.kind = NOTICE_WEBHOOK,
		.endpoint_id = job->conf->notice.endpoint_id,
		.first_change = rows[0].id,
		.last_change = rows[n_rows - 1].id,
	};
	struct webhook_news news = {
		.id = make_id(&job->arena),
		.at_ms = job->started_at_ms,
		.provider = told->provider,
		.hash = told->hash,
		.prev_hash = told->prev_hash,
		.changes = changes,
		.n = n_rows,
	};
	BUF_AUTO(payload, PAYLOAD_MAX);

	for (size_t i = 0; i < n_rows; i++)
		changes[i] = (struct webhook_change){ rows[i].id, &rows[i].change };
	webhook_format(&news, &payload);
	return save(s, job, &n, &payload, e);
}

/* Corrections are dated at the sync before this one and so not among them; were one, it is no news. */
static size_t without_corrections(struct store_change_row *rows, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (rows[i].change.kind != CHANGE_CORRECTED)
			rows[kept++] = rows[i];
	return kept;
}

bool sync_notice_save(struct store *s, struct sync_job *job, struct err *e)
{
	const struct sync_notice *to = &job->conf->notice;
	const struct sync_report *r = &job->report;
	struct store_change_row *rows;
	struct hook_notice told;
	char hash[HASH_TEXT_MAX];
	bool moved;
	size_t n;

	if (!to->hook && !to->endpoint_id)
		return true;
	if (!store_load_changes_at(s, job->provider_id, job->started_at_ms, &job->arena, &rows, &n,
				   e))
		return false;
	n = without_corrections(rows, n);
	moved = !r->has_prev || !hash_eq(&r->hash, &job->moved_from);
	told = (struct hook_notice){
		.provider = job->d->slug,
		.hash = str_of(hash_text(&r->hash, hash)),
		.prev_hash = hash_before(job),
		.id = make_id(&job->arena),
	};
	return (!to->hook || !moved || owe_hook(s, job, &told, e)) &&
	       (!to->endpoint_id || n == 0 || owe_webhook(s, job, &told, rows, n, e));
}
