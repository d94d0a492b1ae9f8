#include "task/token.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/secret.h"
#include "task/service_account.h"

#include <assert.h>
#include <stdlib.h>

enum {
	ANSWER_MAX = 64 * 1024,
	TOKEN_MAX = 8 * 1024,
	FORM_MAX = 256 * 1024,
	MARGIN_MS = 60 * 1000, /* a list may take that long to be asked for */
	LIFE_MAX_S = 24 * 3600,
};

#define GRANT STR("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=")

struct waiter {
	struct waiter *next;
	struct token_request request; /* of its own: it stays until this one has been told */
	token_fn *done;
	void *arg;
};

/* A token, or one on its way: then somebody waits for it. */
struct entry {
	struct tokens *in;
	struct entry *next;
	struct hash of; /* credentials and scope */
	struct waiter *waiters;

	char *value, *account; /* malloc'd; value NULL: none */
	uint64_t serial;
	int64_t good_until_ms;

	/* while it is on its way */
	struct token_request request; /* of the first who waits */
	struct buf form;              /* to be sent; a secret */
	char *uri;
	struct err err;
	bool failed;
	int64_t asked_at_ms;
};

struct tokens {
	struct loop *loop;
	struct fetcher *fetcher;
	struct entry *entries;
	uint64_t serials;
};

struct tokens *tokens_create(struct loop *l, struct fetcher *f)
{
	struct tokens *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	*t = (struct tokens){ .loop = l, .fetcher = f };
	return t;
}

static void forget(struct entry *en)
{
	if (!en->value)
		return;
	secret_forget(str_of(en->value));
	explicit_bzero(en->value, strlen(en->value));
	free(en->value);
	en->value = NULL;
}

void tokens_destroy(struct tokens *t)
{
	while (t && t->entries) {
		struct entry *en = t->entries;

		assert(!en->waiters);
		t->entries = en->next;
		forget(en);
		free(en->account);
		free(en);
	}
	free(t);
}

void tokens_drop(struct tokens *t, uint64_t serial)
{
	for (struct entry *en = t->entries; en; en = en->next)
		if (en->value && en->serial == serial)
			forget(en);
}

/* ---- the end of one on its way ---- */

static void tell(const struct entry *en, token_fn *done, void *arg, bool kept)
{
	struct token token = { .value = str_of(en->value),
			       .account = str_of(en->account),
			       .serial = en->serial,
			       .kept = kept };

	done(arg, &token, NULL);
}

static void end(struct entry *en)
{
	struct waiter *waiters = en->waiters;

	buf_wipe(&en->form);
	free(en->uri);
	en->uri = NULL;
	en->waiters = NULL;
	while (waiters) {
		struct waiter *w = waiters;

		waiters = w->next;
		/* One of them may have found it refused by now: then the next one asks anew. */
		if (en->failed)
			w->done(w->arg, NULL, &en->err);
		else if (en->value)
			tell(en, w->done, w->arg, false);
		else
			tokens_get(en->in, &w->request, w->done, w->arg);
		free(w);
	}
}

static void end_with_error(struct entry *en)
{
	en->failed = true;
	end(en);
}

/* ---- the answer ---- */

/* What the endpoint says of a refusal, in one line; it may repeat what it was sent. */
static void quote_refusal(yyjson_val *root, long status, struct err *e)
{
	char text[2][200];
	static const char *const members[] = { "error", "error_description" };
	bool cut;

	for (size_t i = 0; i < 2; i++) {
		struct str said = json_raw(yyjson_obj_get(root, members[i]));
		size_t n = secret_mask_into(said, text[i], sizeof(text[i]) - 1, &cut);

		text[i][n] = '\0';
	}
	(void)err_set(e, ERR_HTTP, "HTTP %ld", status);
	if (*text[0])
		(void)err_set(e, ERR_HTTP, "HTTP %ld: %s", status,
			      err_quote(text[0], strlen(text[0])));
	if (*text[0] && *text[1]) {
		struct err first = *e;

		(void)err_set(e, ERR_HTTP, "%s: %s", first.text,
			      err_quote(text[1], strlen(text[1])));
	}
}

static bool is_plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.at[i] <= 0x20 || s.at[i] > 0x7e)
			return false;
	return s.n > 0 && s.n <= TOKEN_MAX;
}

static char *copy(struct str s)
{
	char *text = strndup(s.at, s.n);

	if (!text)
		abort();
	return text;
}

static bool take_token(struct entry *en, yyjson_val *root)
{
	struct str value = json_raw(yyjson_obj_get(root, "access_token"));
	struct str type = json_raw(yyjson_obj_get(root, "token_type"));
	int64_t life_s = 0;

	if (value.n == 0)
		return err_set(&en->err, ERR_DATA, "the answer has no access_token");
	if (!is_plain(value) || !yyjson_is_str(yyjson_obj_get(root, "access_token")))
		return err_set(&en->err, ERR_DATA, "the access_token of the answer is none");
	if (!str_is_none(type) && !str_eq_nocase(type, STR("bearer")))
		return err_set(&en->err, ERR_DATA, "the token_type of the answer is not Bearer");
	/* One that does not say how long it is good for serves those who wait for it. */
	(void)str_to_i64(json_raw(yyjson_obj_get(root, "expires_in")), 0, INT32_MAX, &life_s);
	life_s = life_s < LIFE_MAX_S ? life_s : LIFE_MAX_S;
	secret_hide(value);
	en->value = copy(value);
	en->serial = ++en->in->serials;
	en->good_until_ms = en->asked_at_ms + life_s * 1000 - MARGIN_MS;
	return true;
}

static bool read_answer(struct entry *en, struct fetch_response *r)
{
	JSON_DOC_AUTO(doc);
	struct err ignored; /* it may quote */
	bool ok = r->encoding == FETCH_IDENTITY && r->body_n <= ANSWER_MAX &&
		  json_read_insitu((char *)r->body, r->body_n, &doc, &ignored);

	if (r->status != 200) {
		quote_refusal(yyjson_doc_get_root(doc), r->status, &en->err);
		return false;
	}
	if (!ok || !yyjson_is_obj(yyjson_doc_get_root(doc)))
		return err_set(&en->err, ERR_DATA, "the answer is not what a token comes in");
	return take_token(en, yyjson_doc_get_root(doc));
}

static struct str assertion(const struct entry *en)
{
	return (struct str){ en->form.at + GRANT.n, en->form.n - GRANT.n };
}

static void on_answer(void *arg, struct fetch_response *r, const struct err *e)
{
	struct entry *en = arg;
	bool ok = !e && read_answer(en, r);

	secret_forget(assertion(en));
	if (e)
		en->err = *e;
	if (ok) {
		end(en);
	} else {
		(void)err_wrap(&en->err, "access token");
		end_with_error(en);
	}
}

/* ---- the question ---- */

static bool sign(struct entry *en, struct service_account *sa, struct err *e)
{
	free(en->account);
	en->account = copy(sa->email);
	en->uri = copy(sa->token_uri);
	en->form = BUF_INIT(FORM_MAX);
	/* At once, so that growing leaves no copy behind. */
	(void)buf_reserve(&en->form, FORM_MAX);
	buf_add_str(&en->form, GRANT);
	return service_account_assert(sa, en->request.scope, en->asked_at_ms, &en->form, e);
}

static void sign_work(void *arg)
{
	struct entry *en = arg;
	struct service_account sa = { 0 };

	en->failed = !service_account_load(en->request.credentials, &sa, &en->err) ||
		     !sign(en, &sa, &en->err);
	service_account_release(&sa);
	if (en->failed)
		(void)err_wrap(&en->err, "%.*s", STR_FMT(en->request.variable));
}

static void signed_done(void *arg)
{
	const struct fetch_header type = { STR("Content-Type"),
					   STR("application/x-www-form-urlencoded"), false };
	struct entry *en = arg;
	struct fetch_request r = { .headers = &type, .n_headers = 1 };

	if (en->failed) {
		end_with_error(en);
		return;
	}
	r.url = str_of(en->uri);
	r.post = buf_str(&en->form);
	secret_hide(assertion(en));
	fetch_start(en->in->fetcher, &r, on_answer, en);
}

static void hash_request(const struct token_request *r, struct hash *ret)
{
	struct hasher *h = hasher_create();

	hasher_add(h, r->scope.at, r->scope.n);
	hasher_add(h, "", 1);
	hasher_add(h, r->credentials.at, r->credentials.n);
	hasher_end(h, ret);
	hasher_destroy(h);
}

static struct entry *entry_of(struct tokens *t, const struct token_request *r)
{
	struct hash of;
	struct entry *en;

	hash_request(r, &of);
	for (en = t->entries; en; en = en->next)
		if (hash_eq(&en->of, &of))
			return en;
	en = calloc(1, sizeof(*en));
	if (!en)
		abort();
	*en = (struct entry){ .in = t, .next = t->entries, .of = of };
	t->entries = en;
	return en;
}

static void wait_for(struct entry *en, const struct token_request *r, token_fn *done, void *arg)
{
	struct waiter **last = &en->waiters;
	struct waiter *w = malloc(sizeof(*w));

	if (!w)
		abort();
	*w = (struct waiter){ .request = *r, .done = done, .arg = arg };
	while (*last)
		last = &(*last)->next;
	*last = w;
}

void tokens_get(struct tokens *t, const struct token_request *r, token_fn *done, void *arg)
{
	struct entry *en = entry_of(t, r);
	bool on_its_way = en->waiters != NULL;

	if (!on_its_way && en->value && clock_now_ms() < en->good_until_ms) {
		tell(en, done, arg, true);
		return;
	}
	wait_for(en, r, done, arg);
	if (on_its_way)
		return;
	forget(en);
	en->request = *r;
	en->failed = false;
	en->asked_at_ms = clock_now_ms();
	loop_work(t->loop, sign_work, signed_done, en);
}
