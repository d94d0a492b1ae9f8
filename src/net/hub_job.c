#include "net/hub_job.h"

#include "base/query.h"
#include "base/secret.h"
#include "net/hub_wire.h"

#include <stdlib.h>

enum {
	BODY_MAX = 1 << 30,
	ANSWER_MAX = 4 << 20,
	LARGE = 1 << 20, /* from here on the time to send it is added */
	TIME_MIN_MS = 120 * 1000,
	BYTES_PER_MS = 64,
	SAID_MAX = 256, /* of a refusal's words: more than is quoted */
};

void hub_job_init(struct hub_job *j, const struct hub_kind *kind, struct fetcher *f, struct loop *l,
		  const struct hub_conf *conf)
{
	struct arena *a = &j->arena;

	*j = (struct hub_job){ .kind = kind,
			       .fetcher = f,
			       .loop = l,
			       .conf = *conf,
			       .body = BUF_INIT(BODY_MAX),
			       .status = -1 };
	j->conf.endpoint = arena_str(a, conf->endpoint);
	j->conf.token = arena_str(a, conf->token);
	j->conf.repo = arena_str(a, conf->repo);
	j->conf.revision = arena_str(a, conf->revision);
	chance_seed(&j->chance);
}

/* Of what an arena holds. */
static void wipe(struct str secret)
{
	if (secret.n)
		explicit_bzero((void *)(uintptr_t)secret.at, secret.n);
}

void hub_job_release(struct hub_job *j)
{
	wipe(j->conf.token);
	buf_release(&j->body);
	arena_release(&j->attempt);
	arena_release(&j->arena);
}

void hub_begin(struct hub_job *j)
{
	arena_release(&j->attempt);
	buf_clear(&j->body);
	j->attempts++;
	j->request_id = STR_NONE;
	j->status = -1;
	j->stale = j->try_later = false;
	j->retry_after_s = 0;
	j->kind->begin(j);
}

static void begin_again(void *arg)
{
	hub_begin(arg);
}

void hub_end(struct hub_job *j)
{
	j->kind->end(j, NULL);
}

static void fail(struct hub_job *j, const struct err *e)
{
	bool again = j->try_later && j->attempts <= j->conf.retries &&
		     j->retry_after_s <= RETRY_AFTER_MAX_S;

	if (again)
		loop_after(j->loop,
			   retry_wait_ms(j->conf.backoff_ms, j->attempts, j->retry_after_s,
					 &j->chance),
			   begin_again, j);
	else
		j->kind->end(j, e);
}

void hub_fail(struct hub_job *j, struct err *e)
{
	(void)err_wrap(e, "%s", j->step->name);
	fail(j, e);
}

/* ---- answers ---- */

struct str hub_body(const struct fetch_response *r)
{
	return (struct str){ (char *)r->body, r->body_n <= ANSWER_MAX ? r->body_n : 0 };
}

bool hub_is_missing(const struct fetch_response *r)
{
	return r->status == 404 && str_eq(r->error_code, STR("RepoNotFound"));
}

/* What a status says, more than the Hub does itself. */
static const struct meaning {
	long status;
	const char *code; /* X-Error-Code; NULL: any */
	const char *words;
} meanings[] = {
	{ 401, NULL, "the token is not accepted" },
	{ 403, NULL, "the token may not do that" },
	{ 404, "RepoNotFound", "there is no such dataset, or the token may not see it" },
	{ 404, "RevisionNotFound", "there is no such branch" },
	{ 404, "EntryNotFound", "there is no such file" },
	{ 409, NULL, "something else is being done there" },
	{ 412, NULL, "somebody else has committed meanwhile" },
	{ 413, NULL, "it is too large" },
	{ 429, NULL, "too many requests" },
};

static const char *meaning_of(const struct fetch_response *r)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (meanings[i].status == r->status &&
		    (!meanings[i].code || str_eq(r->error_code, str_of(meanings[i].code))))
			return meanings[i].words;
	return NULL;
}

/* A 403 of storage: what it had signed has run out by now. */
static bool may_pass(const struct hub_step *step, long status, struct str said)
{
	static const char conflict[] = "another conflicting operation is in progress";

	return retry_status(status) || status == 408 || status == 409 ||
	       (status == 403 && step->storage) ||
	       (said.n && memmem(said.at, said.n, conflict, sizeof(conflict) - 1));
}

static uint64_t asked_wait_s(const struct fetch_response *r)
{
	uint64_t reset_s = r->status == 429 ? hub_reset_s(r->rate_limit) : 0;

	if (r->retry_after_s || !reset_s)
		return r->retry_after_s;
	return reset_s + 1;
}

/* Before it is quoted: what is kept of a token that is cut off is not masked any more. */
static struct str without_secrets(struct str said, struct arena *a)
{
	char *out = arena_alloc(a, SAID_MAX);
	bool cut;

	if (said.n == 0)
		return said;
	return (struct str){ out, secret_mask_into(said, out, SAID_MAX, &cut) };
}

static void refuse(struct hub_job *j, const struct fetch_response *r)
{
	struct str said = hub_read_error(hub_body(r), &j->attempt);
	const char *means = meaning_of(r);
	struct err e;

	if (str_is_none(said))
		said = r->error_message;
	j->status = r->status;
	j->stale = r->status == 412;
	j->try_later = may_pass(j->step, r->status, said);
	j->retry_after_s = asked_wait_s(r);
	said = without_secrets(said, &j->attempt);
	(void)err_set(&e, ERR_HTTP, "HTTP %ld%s%s%s%s%s%s", r->status, means ? ", " : "",
		      means ? means : "", said.n ? ": " : "",
		      said.n ? err_quote(said.at, said.n) : "", r->request_id.n ? "; request " : "",
		      r->request_id.n ? err_quote(r->request_id.at, r->request_id.n) : "");
	hub_fail(j, &e);
}

static void no_answer(struct hub_job *j, const struct fetch_response *r, struct err e)
{
	j->status = r->status;
	j->try_later = e.kind == ERR_NET || e.kind == ERR_TIMEOUT;
	j->retry_after_s = r->retry_after_s;
	hub_fail(j, &e);
}

static void on_answer(void *arg, struct fetch_response *r, const struct err *e)
{
	struct hub_job *j = arg;

	if (e)
		no_answer(j, r, *e);
	else if (r->status >= 200 && r->status < 300)
		j->step->answered(j, r);
	else if (!j->kind->refused || !j->kind->refused(j, r))
		refuse(j, r);
}

/* ---- questions ---- */

struct str hub_api_url(struct hub_job *j, const char *what, bool pull_request)
{
	struct str rev = query_encoded(j->conf.revision, &j->attempt);

	return arena_printf(&j->attempt, "%.*s/api/datasets/%.*s/%s/%.*s%s",
			    STR_FMT(j->conf.endpoint), STR_FMT(j->conf.repo), what, STR_FMT(rev),
			    pull_request ? "?create_pr=1" : "");
}

static uint32_t time_for(uint64_t bytes)
{
	uint64_t ms = TIME_MIN_MS + bytes / BYTES_PER_MS;

	if (bytes < LARGE)
		return 0;
	return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

void hub_ask(struct hub_job *j, const struct hub_step *step, struct str url,
	     const struct fetch_file *put)
{
	bool with_token = step->token && j->conf.token.n;
	struct str bearer = arena_printf(&j->attempt, "Bearer %.*s",
					 STR_FMT(with_token ? j->conf.token : STR("")));
	const struct fetch_header all[] = {
		{ STR("Authorization"), with_token ? bearer : STR_NONE, true },
		{ STR("Accept"), str_of(step->accept), false },
		{ STR("Content-Type"), str_of(step->type), false },
		{ STR("X-Request-Id"), step->request_id ? j->request_id : STR_NONE, false },
	};
	struct fetch_header headers[sizeof(all) / sizeof(all[0])];
	struct fetch_request r = { .url = url, .headers = headers, .once = true };

	j->step = step;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].value.n)
			headers[r.n_headers++] = all[i];
	if (put)
		r.put = *put;
	else if (j->body.n)
		r.post = buf_str(&j->body);
	r.timeout_ms = time_for(put ? put->n : j->body.n);
	fetch_start(j->fetcher, &r, on_answer, j);
	wipe(bearer);
	buf_clear(&j->body);
}
