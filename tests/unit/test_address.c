/* Which addresses are public: the edges of each block of IANA's registries. */
#include "unit.h"

#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

static bool is_public(const char *text)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		return address_is_public((const struct sockaddr *)&in);
	if (inet_pton(AF_INET6, text, &in6.sin6_addr) != 1)
		fail_msg("%s is no address", text);
	return address_is_public((const struct sockaddr *)&in6);
}

static void test_not_public(void **state)
{
	static const char *const addresses[] = {
		"0.0.0.0",
		"0.255.255.255",
		"10.0.0.0",
		"10.255.255.255",
		"100.64.0.0",
		"100.127.255.255",
		"127.0.0.1",
		"127.255.255.255",
		"169.254.0.0",
		"169.254.169.254",
		"172.16.0.0",
		"172.31.255.255",
		"192.0.0.8",
		"192.0.2.1",
		"192.88.99.1",
		"192.168.0.0",
		"192.168.255.255",
		"198.18.0.0",
		"198.19.255.255",
		"198.51.100.7",
		"203.0.113.7",
		"224.0.0.1",
		"239.255.255.255",
		"240.0.0.1",
		"255.255.255.255",
		"::",
		"::1",
		"::7f00:1",
		"::ffff:127.0.0.1",
		"::ffff:8.8.8.8",
		"64:ff9b::7f00:1",
		"64:ff9b::10.1.2.3",
		"64:ff9b:1::8.8.8.8",
		"100::1",
		"2001::1",
		"2001:1ff:ffff::1",
		"2001:db8::1",
		"2002:7f00:1::",
		"2002:808:808::1",
		"3fff::1",
		"fc00::1",
		"fdff:ffff::1",
		"fe80::1",
		"febf::1",
		"fec0::1",
		"ff02::1",
		"4000::1",
		"1fff::1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		if (is_public(addresses[i]))
			fail_msg("%s is not public", addresses[i]);
}

static void test_public(void **state)
{
	static const char *const addresses[] = {
		"1.0.0.0",         "8.8.8.8",     "9.255.255.255",   "11.0.0.0",
		"100.63.255.255",  "100.128.0.0", "126.255.255.255", "128.0.0.0",
		"169.253.255.255", "169.255.0.0", "172.15.255.255",  "172.32.0.0",
		"192.0.1.0",       "192.0.3.0",   "192.167.255.255", "192.169.0.0",
		"198.17.255.255",  "198.20.0.0",  "223.255.255.255", "2001:200::1",
		"2001:4860::8888", "2001:db7::1", "2001:db9::1",     "2003::1",
		"2606:4700::1111", "3ffe::1",     "3fff:1000::1",    "64:ff9b::8.8.8.8",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		if (!is_public(addresses[i]))
			fail_msg("%s is public", addresses[i]);
}

static void test_other_families(void **state)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	(void)state;
	assert_false(address_is_public((const struct sockaddr *)&un));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_public),
		cmocka_unit_test(test_public),
		cmocka_unit_test(test_other_families),
	};

	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
