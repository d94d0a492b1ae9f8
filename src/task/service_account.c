#include "task/service_account.h"

#include "base/file.h"
#include "base/jwt.h"
#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	CREDENTIALS_MAX = 64 * 1024,
	PADDING = 16, /* for parsing in place */
	LIFE_S = 3600,
};

#define TOKEN_URI STR("https://oauth2.googleapis.com/token")

/* ---- the bytes ---- */

static void make_room(struct service_account *sa)
{
	sa->bytes = calloc(1, CREDENTIALS_MAX + PADDING);
	if (!sa->bytes)
		abort();
}

static bool too_long(struct err *e)
{
	return err_set(e, ERR_CONFIG, "the credentials are longer than %d bytes", CREDENTIALS_MAX);
}

/* Not by base/file.h: what an arena held cannot be wiped. */
static bool read_file(const char *path, struct service_account *sa, struct err *e)
{
	/* O_NONBLOCK: opening a pipe must not wait for its other end. */
	const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
	int fd __attribute__((cleanup(file_close))) = open(path, flags);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) != 0)
		return err_errno(e, ERR_CONFIG, errno, "the credentials file");
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_CONFIG, "the credentials file is not a regular file");
	while (sa->n < CREDENTIALS_MAX) {
		n = read(fd, sa->bytes + sa->n, CREDENTIALS_MAX - sa->n);
		if (n < 0 && errno != EINTR)
			return err_errno(e, ERR_CONFIG, errno, "the credentials file");
		if (n == 0)
			return true;
		sa->n += n > 0 ? (size_t)n : 0;
	}
	return too_long(e);
}

static bool read_bytes(struct str credentials, struct service_account *sa, struct err *e)
{
	ARENA_AUTO(a);

	make_room(sa);
	if (!str_starts(credentials, STR("{")))
		return read_file(arena_cstr(&a, credentials), sa, e);
	if (credentials.n > CREDENTIALS_MAX)
		return too_long(e);
	memcpy(sa->bytes, credentials.at, credentials.n);
	sa->n = credentials.n;
	return true;
}

/* ---- what they say ---- */

/* A string that must be there and hold something. */
static bool member(yyjson_val *root, const char *name, struct str *ret, struct err *e)
{
	yyjson_val *v = yyjson_obj_get(root, name);

	if (!v || (yyjson_is_str(v) && yyjson_get_len(v) == 0))
		return err_set(e, ERR_CONFIG, "the credentials have no %s", name);
	if (!yyjson_is_str(v))
		return err_set(e, ERR_CONFIG, "%s of the credentials is %s, a string was expected",
			       name, json_type(v));
	*ret = json_raw(v);
	return true;
}

static bool check_type(yyjson_val *root, struct err *e)
{
	struct str type;

	return member(root, "type", &type, e) &&
	       (str_eq(type, STR("service_account")) ||
		err_set(e, ERR_CONFIG, "the credentials are not of type service_account"));
}

static bool read_members(yyjson_val *root, struct service_account *sa, struct err *e)
{
	sa->token_uri = TOKEN_URI;
	if (!check_type(root, e) || !member(root, "client_email", &sa->email, e) ||
	    !member(root, "private_key", &sa->key, e) ||
	    (yyjson_obj_get(root, "private_key_id") &&
	     !member(root, "private_key_id", &sa->key_id, e)) ||
	    (yyjson_obj_get(root, "token_uri") && !member(root, "token_uri", &sa->token_uri, e)))
		return false;
	return str_starts(sa->token_uri, STR("https://")) ||
	       err_set(e, ERR_CONFIG, "token_uri of the credentials does not begin with https://");
}

static bool parse(struct service_account *sa, struct err *e)
{
	struct err ignored; /* it may quote */
	yyjson_val *root;

	if (!json_read_insitu(sa->bytes, sa->n, &sa->doc, &ignored))
		return err_set(e, ERR_CONFIG, "the credentials are not JSON");
	root = yyjson_doc_get_root(sa->doc);
	if (!yyjson_is_obj(root))
		return err_set(e, ERR_CONFIG, "the credentials are %s, an object was expected",
			       json_type(root));
	return read_members(root, sa, e);
}

bool service_account_load(struct str credentials, struct service_account *ret, struct err *e)
{
	struct service_account sa = { 0 };

	if (!read_bytes(credentials, &sa, e) || !parse(&sa, e)) {
		service_account_release(&sa);
		return false;
	}
	secret_hide(sa.key);
	*ret = sa;
	return true;
}

void service_account_release(struct service_account *sa)
{
	yyjson_doc_free(sa->doc);
	if (sa->bytes)
		explicit_bzero(sa->bytes, CREDENTIALS_MAX + PADDING);
	free(sa->bytes);
	*sa = (struct service_account){ 0 };
}

/* ---- the assertion ---- */

static void write_header(const struct service_account *sa, struct buf *out)
{
	struct json_writer w = { .out = out };

	json_open(&w, '{');
	json_add_str(&w, "alg", STR("RS256"));
	json_add_str(&w, "typ", STR("JWT"));
	if (sa->key_id.n)
		json_add_str(&w, "kid", sa->key_id);
	json_close(&w, '}');
}

static void write_claims(const struct service_account *sa, struct str scope, int64_t now_s,
			 struct buf *out)
{
	struct json_writer w = { .out = out };

	json_open(&w, '{');
	json_add_str(&w, "iss", sa->email);
	json_add_str(&w, "scope", scope);
	json_add_str(&w, "aud", sa->token_uri);
	json_add_i64(&w, "iat", now_s);
	json_add_i64(&w, "exp", now_s + LIFE_S);
	json_close(&w, '}');
}

bool service_account_assert(const struct service_account *sa, struct str scope, int64_t now_ms,
			    struct buf *out, struct err *e)
{
	BUF_AUTO(header, CREDENTIALS_MAX * 8);
	BUF_AUTO(claims, CREDENTIALS_MAX * 8);

	write_header(sa, &header);
	write_claims(sa, scope, now_ms / 1000, &claims);
	return jwt_sign_rs256(buf_str(&header), buf_str(&claims), sa->key, out, e);
}
