/*
 * Signatures against the openssl program, with keys made now: none is in the repository.
 */
#include "unit.h"

#include "base/file.h"
#include "base/jwt.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER STR("{\"alg\":\"RS256\",\"typ\":\"JWT\"}")
#define CLAIMS STR("{\"iss\":\"robot@acme.test\",\"iat\":1787400000}")

static char place[] = "/tmp/assay-jwt-XXXXXX";

static bool shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static bool shell(const char *format, ...)
{
	char *inner = NULL;
	char *command = NULL;
	va_list args;
	int status;

	va_start(args, format);
	if (vasprintf(&inner, format, args) < 0)
		abort();
	va_end(args);
	if (asprintf(&command, "cd %s && { %s; } >/dev/null 2>&1", place, inner) < 0)
		abort();
	status = system(command); /* NOLINT(cert-env33-c): made of literals */
	free(inner);
	free(command);
	return status == 0;
}

static int make_keys(void **state)
{
	(void)state;
	if (!mkdtemp(place))
		return -1;
	return shell("openssl genrsa -out rsa.pem 2048 && openssl rsa -in rsa.pem -pubout -out pub.pem"
		     " && openssl rsa -in rsa.pem -traditional -out pkcs1.pem"
		     " && openssl ecparam -name prime256v1 -genkey -noout -out ec.pem"
		     " && openssl rsa -in rsa.pem -aes128 -passout pass:secret -out locked.pem")
		       ? 0
		       : -1;
}

static int tidy(void **state)
{
	(void)state;
	return shell("rm -f *.pem text signature") && rmdir(place) == 0 ? 0 : -1;
}

static struct str read_file(const char *name, struct arena *a)
{
	struct str text;
	struct err e;

	if (!file_read(arena_printf(a, "%s/%s", place, name).at, 1 << 16, a, &text, &e))
		fail_msg("%s", e.text);
	return text;
}

static void write_file(const char *name, const void *bytes, size_t n, struct arena *a)
{
	FILE *f = fopen(arena_printf(a, "%s/%s", place, name).at, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static int value_of(char c)
{
	const char *alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

	return (int)(strchr(alphabet, c) - alphabet);
}

/* Independent of what is tested. */
static size_t decode(struct str text, char *out)
{
	unsigned bits = 0;
	unsigned n_bits = 0;
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		bits = bits << 6 | (unsigned)value_of(text.at[i]);
		n_bits += 6;
		if (n_bits >= 8) {
			n_bits -= 8;
			out[n++] = (char)(bits >> n_bits & 255);
		}
	}
	return n;
}

static void assert_verifies(const char *key)
{
	ARENA_AUTO(a);
	BUF_SECRET_AUTO(out, 1 << 16);
	char bytes[4096];
	struct str parts[3];
	struct str rest;
	struct err e;

	if (!jwt_sign_rs256(HEADER, CLAIMS, read_file(key, &a), &out, &e))
		fail_msg("%s", e.text);
	rest = buf_str(&out);
	for (int i = 0; i < 3; i++)
		(void)str_cut(&rest, '.', &parts[i]);
	assert_int_equal(decode(parts[0], bytes), HEADER.n);
	assert_memory_equal(bytes, HEADER.at, HEADER.n);
	assert_int_equal(decode(parts[1], bytes), CLAIMS.n);
	assert_memory_equal(bytes, CLAIMS.at, CLAIMS.n);
	write_file("text", parts[0].at, parts[0].n + 1 + parts[1].n, &a);
	write_file("signature", bytes, decode(parts[2], bytes), &a);
	assert_true(shell("openssl dgst -sha256 -verify pub.pem -signature signature text"));
	write_file("text", parts[0].at, parts[0].n + parts[1].n, &a);
	assert_false(shell("openssl dgst -sha256 -verify pub.pem -signature signature text"));
}

static void test_openssl_verifies_it(void **state)
{
	(void)state;
	assert_verifies("rsa.pem");
	assert_verifies("pkcs1.pem");
}

static void assert_refused(struct str pem, const char *words)
{
	BUF_SECRET_AUTO(out, 1 << 16);
	struct err e;

	assert_false(jwt_sign_rs256(HEADER, CLAIMS, pem, &out, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_string_equal(e.text, words);
}

static void test_keys_that_cannot_sign(void **state)
{
	ARENA_AUTO(a);
	struct str whole = read_file("rsa.pem", &a);
	struct str cut = { whole.at, whole.n / 2 };

	(void)state;
	assert_refused(STR(""), "the private key cannot be read");
	assert_refused(STR("sk-not-a-pem"), "the private key cannot be read");
	assert_refused(cut, "the private key cannot be read");
	assert_refused(read_file("pub.pem", &a), "the private key cannot be read");
	assert_refused(read_file("locked.pem", &a), "the private key cannot be read");
	assert_refused(read_file("ec.pem", &a), "the private key is not an RSA key");
}

static void test_a_token_that_has_no_room(void **state)
{
	ARENA_AUTO(a);
	BUF_SECRET_AUTO(out, 100);
	struct err e;

	(void)state;
	assert_false(jwt_sign_rs256(HEADER, CLAIMS, read_file("rsa.pem", &a), &out, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_openssl_verifies_it),
		cmocka_unit_test(test_keys_that_cannot_sign),
		cmocka_unit_test(test_a_token_that_has_no_room),
	};

	return cmocka_run_group_tests(tests, make_keys, tidy);
}
