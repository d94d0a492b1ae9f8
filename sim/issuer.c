/* SPDX-License-Identifier: MIT */
#include "issuer.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <yyjson.h>

#include "query.h"

enum { LIFE_MAX_S = 3600, SKEW_S = 300, EXPIRES_IN_S = 3599 };

static const char grant[] = "urn:ietf:params:oauth:grant-type:jwt-bearer";
static const char audience[] = "https://" ISSUER_HOST "/token";
static const char scope[] = "https://www.googleapis.com/auth/cloud-platform";

/* --- accounts --- */

void issuer_init(struct issuer *is)
{
	*is = (struct issuer){ .expires_in_s = EXPIRES_IN_S };
}

void issuer_release(struct issuer *is)
{
	for (size_t i = 0; i < is->account_count; i++) {
		free(is->accounts[i].email);
		EVP_PKEY_free(is->accounts[i].key);
	}
	is->account_count = 0;
}

/* account_count when nobody is called that. */
static size_t find_account(const struct issuer *is, const char *email)
{
	size_t i = 0;

	while (i < is->account_count && strcmp(is->accounts[i].email, email) != 0)
		i++;
	return i;
}

bool issuer_register(struct issuer *is, const char *email, const char *pem, size_t n)
{
	BIO *in = BIO_new_mem_buf(pem, (int)n);
	EVP_PKEY *key = PEM_read_bio_PUBKEY(in, NULL, NULL, NULL);
	size_t at = find_account(is, email);

	BIO_free(in);
	ERR_clear_error();
	if (!key || !EVP_PKEY_is_a(key, "RSA") || at == ACCOUNTS_MAX) {
		EVP_PKEY_free(key);
		return false;
	}
	if (at == is->account_count)
		is->accounts[is->account_count++].email = sim_strdup(email);
	EVP_PKEY_free(is->accounts[at].key);
	is->accounts[at].key = key;
	return true;
}

static const char *const answers[ISSUER_ANSWERS] = {
	[ISSUER_TOKEN] = "token",
	[ISSUER_INVALID_GRANT] = "invalid_grant",
	[ISSUER_NO_TOKEN] = "no_token",
	[ISSUER_GARBAGE] = "garbage",
};

bool issuer_answer_by_name(const char *name, enum issuer_answer *out)
{
	for (size_t i = 0; i < ISSUER_ANSWERS; i++) {
		if (strcmp(answers[i], name) != 0)
			continue;
		*out = (enum issuer_answer)i;
		return true;
	}
	return false;
}

static int64_t now_s(const struct issuer *is)
{
	return is->now_s ? is->now_s : (int64_t)time(NULL);
}

/* --- an assertion --- */

/* Base64 for URLs, without padding; false: it holds something else. */
static bool decode(const char *text, size_t n, struct buf *out)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned bits = 0, have = 0;

	for (size_t i = 0; i < n; i++) {
		const char *at = memchr(alphabet, text[i], sizeof(alphabet) - 1);

		if (!at)
			return false;
		bits = (bits << 6 | (unsigned)(at - alphabet)) & 0xffff;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		buf_char(out, (char)(bits >> have & 0xff));
	}
	return n % 4 != 1;
}

static yyjson_doc *decode_json(const char *text, size_t n)
{
	struct buf json = { 0 };
	yyjson_doc *doc = decode(text, n, &json) ? yyjson_read(json.data, json.len, 0) : NULL;

	buf_release(&json);
	return doc;
}

static bool verify(const struct account *a, const char *text, size_t n, const char *signature)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	struct buf bytes = { 0 };
	bool ok = decode(signature, strlen(signature), &bytes) &&
		  EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, a->key) == 1 &&
		  EVP_DigestVerify(context, (const unsigned char *)bytes.data, bytes.len,
				   (const unsigned char *)text, n) == 1;

	EVP_MD_CTX_free(context);
	ERR_clear_error();
	buf_release(&bytes);
	return ok;
}

static bool says(yyjson_val *root, const char *key, const char *text)
{
	return yyjson_equals_str(yyjson_obj_get(root, key), text);
}

static const char *fault_of_times(const struct issuer *is, yyjson_val *claims)
{
	yyjson_val *iat = yyjson_obj_get(claims, "iat");
	yyjson_val *exp = yyjson_obj_get(claims, "exp");
	int64_t from = yyjson_get_sint(iat), to = yyjson_get_sint(exp);

	if (!yyjson_is_int(iat) || !yyjson_is_int(exp))
		return "Invalid JWT: iat and exp must be whole numbers.";
	if (to <= from || to - from > LIFE_MAX_S)
		return "Invalid JWT: the lifetime is unreasonable.";
	if (from > now_s(is) + SKEW_S || to <= now_s(is))
		return "Invalid JWT: the token is used outside its lifetime.";
	return NULL;
}

static const char *fault_of_claims(const struct issuer *is, yyjson_val *header, yyjson_val *claims)
{
	if (!says(header, "alg", "RS256") || !says(header, "typ", "JWT"))
		return "Invalid JWT: alg RS256 and typ JWT were expected.";
	if (!says(claims, "aud", audience))
		return "Invalid JWT: aud is not this endpoint.";
	if (!says(claims, "scope", scope))
		return "Invalid OAuth scope.";
	return fault_of_times(is, claims);
}

/* NULL: it is good. */
static const char *fault_of(const struct issuer *is, const char *assertion)
{
	const char *first = strchr(assertion, '.');
	const char *second = first ? strchr(first + 1, '.') : NULL;
	const char *fault = "Invalid JWT: three parts were expected.";

	if (!second)
		return fault;
	yyjson_doc *header = decode_json(assertion, (size_t)(first - assertion));
	yyjson_doc *claims = decode_json(first + 1, (size_t)(second - first - 1));
	yyjson_val *root = yyjson_doc_get_root(claims);
	const char *email = yyjson_get_str(yyjson_obj_get(root, "iss"));
	size_t at = email ? find_account(is, email) : is->account_count;
	if (at == is->account_count)
		fault = "Invalid grant: account not found";
	else if (!verify(&is->accounts[at], assertion, (size_t)(second - assertion), second + 1))
		fault = "Invalid JWT Signature.";
	else
		fault = fault_of_claims(is, yyjson_doc_get_root(header), root);
	yyjson_doc_free(header);
	yyjson_doc_free(claims);
	return fault;
}

/* --- tokens --- */

static const struct issued *issue(struct issuer *is)
{
	struct issued *t = &is->tokens[is->issued++ % TOKENS_MAX];

	snprintf(t->text, sizeof(t->text), "ya29.simulated-token-number-%08ju",
		 (uintmax_t)is->issued);
	t->until_s = now_s(is) + (int64_t)is->expires_in_s;
	return t;
}

bool issuer_admits(const struct issuer *is, const char *token)
{
	for (size_t i = 0; i < TOKENS_MAX; i++)
		if (*is->tokens[i].text && !strcmp(is->tokens[i].text, token))
			return is->tokens[i].until_s > now_s(is);
	return false;
}

void issuer_expire(struct issuer *is)
{
	for (size_t i = 0; i < TOKENS_MAX; i++)
		is->tokens[i].until_s = 0;
}

/* --- answers --- */

static void refuse(struct issuer *is, struct reply *rp, const char *error, const char *reason)
{
	struct buf json = { 0 };

	is->reason = reason;
	buf_printf(&json, "{\"error\":\"%s\",\"error_description\":\"%s\"}", error, reason);
	reply_json(rp, 400, &json);
}

static void grant_token(struct issuer *is, struct reply *rp)
{
	struct buf body = { 0 };

	if (is->answer == ISSUER_INVALID_GRANT) {
		refuse(is, rp, "invalid_grant", "Invalid grant: told to refuse");
		return;
	}
	if (is->answer == ISSUER_GARBAGE)
		buf_str(&body, "<html>one moment</html>");
	else if (is->answer == ISSUER_NO_TOKEN)
		buf_str(&body, "{\"expires_in\":3599,\"token_type\":\"Bearer\"}");
	else
		buf_printf(&body,
			   "{\"access_token\":\"%s\",\"expires_in\":%ju,\"token_type\":\"Bearer\"}",
			   issue(is)->text, (uintmax_t)is->expires_in_s);
	reply_json(rp, 200, &body);
}

static bool is_form(const struct http_request *rq)
{
	const char *type = http_header(rq, "content-type");

	return type && !strncmp(type, "application/x-www-form-urlencoded", 33);
}

void issuer_serve(struct issuer *is, const struct http_request *rq, struct reply *rp)
{
	char *type = query_text(rq->body, "grant_type");
	char *assertion = query_text(rq->body, "assertion");
	const char *fault = NULL;

	is->asked++;
	if (strcmp(rq->method, "POST") != 0 || !is_form(rq) || !assertion)
		refuse(is, rp, "invalid_request", "a form with an assertion was expected");
	else if (!type || strcmp(type, grant) != 0)
		refuse(is, rp, "unsupported_grant_type", "Invalid grant_type");
	else if ((fault = fault_of(is, assertion)))
		refuse(is, rp, "invalid_grant", fault);
	else
		grant_token(is, rp);
	free(type);
	free(assertion);
}

void issuer_write(struct buf *out, const struct issuer *is)
{
	buf_printf(out, "{\"asked\":%ju,\"issued\":%ju,\"answer\":\"%s\",\"expires_in\":%ju,",
		   (uintmax_t)is->asked, (uintmax_t)is->issued, answers[is->answer],
		   (uintmax_t)is->expires_in_s);
	buf_str(out, "\"now\":");
	buf_uint(out, (uint64_t)now_s(is));
	buf_str(out, ",\"reason\":");
	buf_json(out, is->reason, JSON_UTF8);
	buf_char(out, '}');
}
