/* ask_end: how an ask ended, in the words of core/sample.h. */
#include "net/answer.h"
#include "net/ask_job.h"

/* `unsent`, `headless`, `in_body`: before the request, before the head was whole, behind it. */
static const struct ending {
	CURLcode code;
	enum transport_end unsent, headless, in_body;
} endings[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, TRANSPORT_DNS, TRANSPORT_DNS, TRANSPORT_DNS },
	{ CURLE_COULDNT_RESOLVE_PROXY, TRANSPORT_DNS, TRANSPORT_DNS, TRANSPORT_DNS },
	{ CURLE_COULDNT_CONNECT, TRANSPORT_CONNECT, TRANSPORT_CONNECT, TRANSPORT_CONNECT },
	{ CURLE_SSL_CONNECT_ERROR, TRANSPORT_TLS, TRANSPORT_TLS, TRANSPORT_TLS },
	{ CURLE_PEER_FAILED_VERIFICATION, TRANSPORT_TLS, TRANSPORT_TLS, TRANSPORT_TLS },
	{ CURLE_SSL_CACERT_BADFILE, TRANSPORT_TLS, TRANSPORT_TLS, TRANSPORT_TLS },
	{ CURLE_SSL_CIPHER, TRANSPORT_TLS, TRANSPORT_TLS, TRANSPORT_TLS },
	{ CURLE_SSL_CERTPROBLEM, TRANSPORT_TLS, TRANSPORT_TLS, TRANSPORT_TLS },
	{ CURLE_GOT_NOTHING, TRANSPORT_CONNECT, TRANSPORT_RESET, TRANSPORT_CUT },
	{ CURLE_SEND_ERROR, TRANSPORT_CONNECT, TRANSPORT_RESET, TRANSPORT_CUT },
	{ CURLE_RECV_ERROR, TRANSPORT_CONNECT, TRANSPORT_RESET, TRANSPORT_CUT },
	{ CURLE_PARTIAL_FILE, TRANSPORT_CONNECT, TRANSPORT_RESET, TRANSPORT_CUT },
	/* And what else there may be. */
	{ CURLE_OK, TRANSPORT_CONNECT, TRANSPORT_PROTOCOL, TRANSPORT_PROTOCOL },
};

static enum transport_end end_of(const struct ask *k, CURLcode code)
{
	const struct ending *t = endings;

	while (t->code != code && t->code != CURLE_OK)
		t++;
	if (!k->sent_us)
		return t->unsent;
	/* libcurl has one code for a broken connection and for a broken chunk. */
	if (code == CURLE_RECV_ERROR && strstr(k->detail, "chunk"))
		return TRANSPORT_PROTOCOL;
	return taken_head_is_whole(k->taken) ? t->in_body : t->headless;
}

static bool answer_is_good(struct ask *k)
{
	enum fetch_encoding encoding;
	struct ask_answer *r = k->answer;

	if (!taken_head_is_whole(k->taken)) {
		r->end = TRANSPORT_RESET;
		return err_set(&r->err, ERR_NET, "connection closed within the headers");
	}
	r->end = TRANSPORT_PROTOCOL;
	if (!answer_encoding(k->transfer.easy, &encoding, &r->err))
		return false;
	if (encoding != FETCH_IDENTITY)
		return err_set(&r->err, ERR_DATA, "content encoding \"gzip\" was not asked for");
	r->end = TRANSPORT_COMPLETE;
	return true;
}

static const struct {
	enum transport_end end;
	const char *words;
} timeouts[ASK_TIMEOUTS] = {
	{ TRANSPORT_TIMEOUT_CONNECT, "no connection" },
	{ TRANSPORT_TIMEOUT_FIRST_BYTE, "no byte of an answer" },
	{ TRANSPORT_TIMEOUT_TOTAL, "no complete answer" },
};

void ask_say_timeout(struct ask *k, size_t which, uint32_t limit_ms)
{
	k->answer->end = timeouts[which].end;
	(void)err_set(&k->answer->err, ERR_TIMEOUT, "%s within %g s", timeouts[which].words,
		      limit_ms / 1000.0);
}

static void say_failure(struct ask *k, CURLcode code)
{
	struct ask_answer *r = k->answer;
	bool again;

	if (k->no_socket) {
		r->end = TRANSPORT_CANCELLED;
		(void)err_set(&r->err, ERR_IO, "this machine has no descriptor left for a socket");
	} else if (k->resend_refused) {
		r->end = TRANSPORT_RESET;
		(void)err_set(&r->err, ERR_NET, "connection closed before an answer");
	} else if (k->head_too_long) {
		r->end = TRANSPORT_PROTOCOL;
		(void)err_set(&r->err, ERR_LIMIT, "more than %d bytes of headers", HEAD_MAX);
	} else if (code == CURLE_OPERATION_TIMEDOUT && !k->sent_us) {
		ask_say_timeout(k, 0, k->connect_ms); /* libcurl's timer was first */
	} else {
		r->end = end_of(k, code);
		answer_failure(k->transfer.easy, code, k->detail, &again, &r->err);
	}
}

bool ask_judge(struct ask *k, CURLcode code)
{
	struct ask_answer *r = k->answer;
	bool good = code == CURLE_OK && answer_is_good(k);

	if (code != CURLE_OK)
		say_failure(k, code);
	if (taken_head_is_whole(k->taken)) {
		r->status = answer_status(k->transfer.easy);
		r->retry_after_s = answer_retry_after_s(k->transfer.easy);
	}
	return good;
}

size_t ask_next_timeout(const struct ask *k, uint32_t *ret_ms)
{
	const uint32_t limits[ASK_TIMEOUTS] = {
		k->sent_us ? 0 : k->connect_ms,
		k->answer->stamps.first_byte_us == STAMP_NONE ? k->first_byte_ms : 0,
		k->total_ms,
	};
	size_t next = ASK_TIMEOUTS;

	*ret_ms = UINT32_MAX;
	for (size_t i = 0; i < ASK_TIMEOUTS; i++)
		if (limits[i] && limits[i] < *ret_ms) {
			next = i;
			*ret_ms = limits[i];
		}
	return next;
}
