/*
 * With what a provider is asked: header lines, its key, and where the key is a
 * service account's, the token that stands in for it.
 */
#include "base/query.h"
#include "task/auth.h"
#include "task/sync_job.h"

static void wipe(struct str s)
{
	if (s.n)
		explicit_bzero((char *)(uintptr_t)s.at, s.n);
}

/* ---- the key ---- */

/* From now on the provider is asked with this key, or token. */
static void set_auth(struct sync_job *job, struct str key)
{
	struct fetch_header *auth = &job->headers[job->d->n_headers];

	wipe(auth->value);
	*auth = auth_header(job->d->auth, job->d->auth_name, key, &job->arena);
}

void sync_ask_init(struct sync_job *job, const struct sync_access *access)
{
	const struct descriptor *d = job->d;

	job->headers = arena_array(&job->arena, d->n_headers + 1, struct fetch_header);
	for (size_t i = 0; i < d->n_headers; i++)
		job->headers[i] =
			(struct fetch_header){ d->headers[i].name, d->headers[i].value, false };
	if (d->auth == AUTH_NONE || access->key.n == 0)
		return;
	job->key = arena_str(&job->arena, access->key);
	job->key_variable = arena_str(&job->arena, access->key_variable);
	if (d->auth == AUTH_GOOGLE)
		return; /* a token, when it is needed */
	job->account = job->key;
	set_auth(job, job->key);
}

void sync_ask_release(struct sync_job *job)
{
	wipe(job->key);
	wipe(job->headers[job->d->n_headers].value);
}

bool sync_may_ask(const struct sync_list *l, struct err *e)
{
	return !l->list->key_needed || l->job->key.n > 0 ||
	       err_set(e, ERR_USAGE, "not asked: API key not configured: set %s",
		       l->job->d->env[0]);
}

struct fetch_request sync_request(struct sync_list *l, struct str url)
{
	struct sync_job *job = l->job;
	const struct descriptor *d = job->d;
	struct fetch_header *auth = &job->headers[d->n_headers];
	bool keyed = auth->value.n && l->list->keyed;
	bool in_query = keyed && d->auth == AUTH_QUERY;

	l->token = job->token;
	return (struct fetch_request){
		.url = in_query ? query_set(url, d->auth_name, auth->value, &job->arena) : url,
		.headers = job->headers,
		.n_headers = d->n_headers + (keyed && !in_query),
	};
}

/* ---- tokens ---- */

static void get_token(struct sync_job *job, token_fn *done, void *arg)
{
	const struct token_request r = { .credentials = job->key,
					 .variable = job->key_variable,
					 .scope = job->d->auth_scope };

	tokens_get(job->conf->tokens, &r, done, arg);
}

static void take_token(struct sync_job *job, const struct token *t)
{
	set_auth(job, t->value);
	if (job->account.n == 0)
		job->account = arena_str(&job->arena, t->account);
	job->token = t->serial;
	job->token_kept = t->kept;
}

static void first_token(void *arg, const struct token *t, const struct err *e)
{
	struct sync_job *job = arg;

	if (t)
		take_token(job, t);
	else
		sync_fail(job, FETCH_FAILED, e);
	job->ready(job);
}

void sync_ask_ready(struct sync_job *job, loop_fn *ready)
{
	job->ready = ready;
	if (job->d->auth == AUTH_GOOGLE && job->key.n)
		get_token(job, first_token, job);
	else
		ready(job);
}

static void next_token(void *arg, const struct token *t, const struct err *e)
{
	struct sync_list *l = arg;

	if (l->job->cancelled) {
		sync_list_fetched(l);
		return;
	}
	if (t) {
		take_token(l->job, t);
		l->ask(l);
		return;
	}
	l->failed = true;
	l->err = *e;
	sync_list_fetched(l);
}

bool sync_ask_again(struct sync_list *l, const struct fetch_response *r,
		    void (*ask)(struct sync_list *))
{
	struct sync_job *job = l->job;

	if (job->d->auth != AUTH_GOOGLE || !job->token || !l->list->keyed)
		return false;
	/*
	 * A token that was never good for anything is not helped by another of its kind: but this
	 * one may have been replaced, for another list, while the answer was on its way.
	 */
	if (r->status != 401 || l->asked_again || (l->token == job->token && !job->token_kept)) {
		job->token_kept = job->token_kept || (r->status == 200 && l->token == job->token);
		return false;
	}
	l->asked_again = true;
	l->ask = ask;
	job->report.attempts += r->attempts;
	job->report.bytes += r->wire_bytes;
	tokens_drop(job->conf->tokens, l->token);
	get_token(job, next_token, l);
	return true;
}
