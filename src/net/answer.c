#include "net/answer.h"

#include <string.h>

static struct curl_header *header(CURL *easy, const char *name, size_t i)
{
	enum { LAST_REQUEST = -1 };
	struct curl_header *h;

	if (curl_easy_header(easy, name, i, CURLH_HEADER, LAST_REQUEST, &h) != CURLHE_OK)
		return NULL;
	return h;
}

long answer_status(CURL *easy)
{
	long status = 0;

	if (easy)
		(void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	return status > 0 ? status : -1;
}

struct str answer_header(CURL *easy, const char *name)
{
	struct curl_header *h = header(easy, name, 0);

	return h ? str_of(h->value) : STR_NONE;
}

void answer_headers(CURL *easy, const char *name, struct buf *out)
{
	struct curl_header *h;

	for (size_t i = 0; (h = header(easy, name, i)); i++) {
		if (i)
			buf_add_str(out, STR(", "));
		buf_add_str(out, str_of(h->value));
	}
}

static bool is_gzip(struct str coding)
{
	return str_eq_nocase(coding, STR("gzip")) || str_eq_nocase(coding, STR("x-gzip"));
}

static bool is_identity(struct str coding)
{
	return coding.n == 0 || str_eq_nocase(coding, STR("identity"));
}

/* "gzip", "identity, gzip" … over one line; at most one gzip in all. */
static bool read_codings(struct str list, bool *gzip_io, struct err *e)
{
	struct str rest = list;
	struct str coding;
	bool more;

	do {
		more = str_cut(&rest, ',', &coding);
		coding = str_trim(coding);
		if (is_identity(coding))
			continue;
		if (!is_gzip(coding) || *gzip_io)
			return err_set(e, ERR_DATA, "content encoding \"%s\" was not asked for",
				       err_quote(list.at, list.n));
		*gzip_io = true;
	} while (more);
	return true;
}

bool answer_encoding(CURL *easy, enum fetch_encoding *ret, struct err *e)
{
	struct curl_header *h;
	bool gzip = false;

	for (size_t i = 0; (h = header(easy, "Content-Encoding", i)); i++)
		if (!read_codings(str_of(h->value), &gzip, e))
			return false;
	*ret = gzip ? FETCH_GZIP : FETCH_IDENTITY;
	return true;
}

/* Seconds from the answer's own Date: neither clock need be right. */
static int64_t seconds_until(time_t then, CURL *easy)
{
	struct str date = answer_header(easy, "Date");
	time_t now = date.n ? curl_getdate(date.at, NULL) : -1;

	return (int64_t)then - (int64_t)(now == -1 ? time(NULL) : now);
}

uint64_t answer_retry_after_s(CURL *easy)
{
	struct str text = str_trim(answer_header(easy, "Retry-After"));
	int64_t seconds = 0;
	time_t then;

	if (text.n == 0)
		return 0;
	if (strspn(text.at, "0123456789") >= text.n)
		return str_to_i64(text, 0, INT64_MAX, &seconds) ? (uint64_t)seconds : UINT64_MAX;
	then = curl_getdate(text.at, NULL);
	if (then != -1)
		seconds = seconds_until(then, easy);
	return seconds > 0 ? (uint64_t)seconds : 0;
}

enum { CACHE_CONTROL_MAX = 64 * 1024 };

int64_t answer_max_age_s(CURL *easy)
{
	BUF_AUTO(all, CACHE_CONTROL_MAX);
	int64_t seconds = -1;
	struct str rest;
	struct str word;
	struct str name;

	answer_headers(easy, "Cache-Control", &all);
	rest = buf_str(&all);
	while (rest.n > 0) {
		(void)str_cut(&rest, ',', &word);
		word = str_trim(word);
		if (str_eq_nocase(word, STR("no-store")) || str_eq_nocase(word, STR("no-cache")))
			return -1;
		if (str_cut(&word, '=', &name) && str_eq_nocase(name, STR("max-age")) &&
		    !str_to_i64(word, 0, INT32_MAX, &seconds))
			return -1;
	}
	return seconds;
}

static const struct failure {
	CURLcode code;
	enum err_kind kind;
	bool final; /* trying again cannot help */
	const char *cause;
} failures[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, ERR_NET, false, "could not resolve host" },
	{ CURLE_COULDNT_RESOLVE_PROXY, ERR_NET, false, "could not resolve the proxy" },
	{ CURLE_PROXY, ERR_NET, false, "the proxy refused" },
	{ CURLE_COULDNT_CONNECT, ERR_NET, false, "could not connect" },
	{ CURLE_OPERATION_TIMEDOUT, ERR_TIMEOUT, false, "no answer in time" },
	{ CURLE_GOT_NOTHING, ERR_NET, false, "connection closed before an answer" },
	{ CURLE_SEND_ERROR, ERR_NET, false, "connection broken while sending" },
	{ CURLE_RECV_ERROR, ERR_NET, false, "connection broken while reading" },
	{ CURLE_PARTIAL_FILE, ERR_NET, false, "the body was cut short" },
	{ CURLE_HTTP2, ERR_NET, false, "HTTP/2 connection broken" },
	{ CURLE_HTTP2_STREAM, ERR_NET, false, "HTTP/2 stream broken off" },
	{ CURLE_SSL_CONNECT_ERROR, ERR_NET, false, "TLS handshake failed" },
	{ CURLE_PEER_FAILED_VERIFICATION, ERR_NET, true, "the certificate is not trusted" },
	{ CURLE_SSL_CACERT_BADFILE, ERR_CONFIG, true,
	  "the file of trusted certificates is unusable" },
	{ CURLE_UNSUPPORTED_PROTOCOL, ERR_NET, false, "what came back is not HTTP" },
	{ CURLE_WEIRD_SERVER_REPLY, ERR_NET, false, "what came back is not HTTP" },
	{ CURLE_URL_MALFORMAT, ERR_CONFIG, true, "not a usable URL" },
};

static const struct failure *find(CURLcode code)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++)
		if (failures[i].code == code)
			return &failures[i];
	return NULL;
}

/* libcurl keeps the errno of a connect; of a read it keeps only its own words. */
static void describe(CURL *easy, const struct failure *f, const char *detail, struct err *e)
{
	long number = 0;

	(void)err_set(e, f->kind, "%s", f->cause);
	if (f->code == CURLE_COULDNT_CONNECT) {
		(void)curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
		if (number)
			(void)err_errno(e, f->kind, (int)number, "%s", f->cause);
	} else if (f->code == CURLE_RECV_ERROR || f->code == CURLE_SEND_ERROR) {
		if (strcasestr(detail, "reset"))
			(void)err_set(e, f->kind, "connection reset");
	} else if (f->code == CURLE_PEER_FAILED_VERIFICATION) {
		(void)err_set(e, f->kind, "%s: %s", f->cause, err_quote(detail, strlen(detail)));
	}
}

void answer_failure(CURL *easy, CURLcode code, const char *detail, bool *ret_again, struct err *e)
{
	const struct failure *f = find(code);

	*ret_again = !f || !f->final;
	if (f)
		describe(easy, f, detail, e);
	else
		(void)err_set(e, ERR_NET, "libcurl: %s", curl_easy_strerror(code));
}
