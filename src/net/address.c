#include "net/address.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* IANA's registries of special-purpose addresses. */
struct block4 {
	uint32_t first;
	unsigned bits;
};

static const struct block4 not_public4[] = {
	{ 0x00000000, 8 },  /* this network */
	{ 0x0a000000, 8 },  /* 10/8 private */
	{ 0x64400000, 10 }, /* 100.64/10 carrier's */
	{ 0x7f000000, 8 },  /* loopback */
	{ 0xa9fe0000, 16 }, /* 169.254/16 link-local, metadata services */
	{ 0xac100000, 12 }, /* 172.16/12 private */
	{ 0xc0000000, 24 }, /* 192.0.0/24 protocols */
	{ 0xc0000200, 24 }, /* documents */
	{ 0xc0586300, 24 }, /* 192.88.99/24 6to4 relays */
	{ 0xc0a80000, 16 }, /* 192.168/16 private */
	{ 0xc6120000, 15 }, /* 198.18/15 benchmarks */
	{ 0xc6336400, 24 }, /* documents */
	{ 0xcb007100, 24 }, /* documents */
	{ 0xe0000000, 3 },  /* multicast, reserved, broadcast */
};

static bool is_public4(uint32_t address)
{
	for (size_t i = 0; i < sizeof(not_public4) / sizeof(not_public4[0]); i++) {
		const struct block4 *b = &not_public4[i];

		if ((address ^ b->first) >> (32 - b->bits) == 0)
			return false;
	}
	return true;
}

struct block6 {
	unsigned char first[8];
	unsigned bits; /* up to 64 */
};

/* Global unicast is 2000::/3 less these. */
static const struct block6 global6 = { { 0x20 }, 3 };
static const struct block6 not_public6[] = {
	{ { 0x20, 0x01, 0x00 }, 23 },       /* protocols, Teredo among them */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 }, /* documents */
	{ { 0x20, 0x02 }, 16 },             /* 6to4 */
	{ { 0x3f, 0xff, 0x00 }, 20 },       /* documents */
};
static const unsigned char nat64[12] = { 0x00, 0x64, 0xff, 0x9b };

static bool is_in6(const unsigned char *at, const struct block6 *b)
{
	unsigned whole = b->bits / 8;
	unsigned rest = b->bits % 8;

	return memcmp(at, b->first, whole) == 0 &&
	       (rest == 0 || (at[whole] ^ b->first[whole]) >> (8 - rest) == 0);
}

static uint32_t last4(const unsigned char *at)
{
	return (uint32_t)at[12] << 24 | (uint32_t)at[13] << 16 | (uint32_t)at[14] << 8 | at[15];
}

static bool is_public6(const unsigned char *at)
{
	if (memcmp(at, nat64, sizeof(nat64)) == 0)
		return is_public4(last4(at));
	if (!is_in6(at, &global6))
		return false;
	for (size_t i = 0; i < sizeof(not_public6) / sizeof(not_public6[0]); i++)
		if (is_in6(at, &not_public6[i]))
			return false;
	return true;
}

bool address_is_public(const struct sockaddr *a)
{
	if (a->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, a, sizeof(in));
		return is_public4(ntohl(in.sin_addr.s_addr));
	}
	if (a->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, a, sizeof(in6));
		return is_public6(in6.sin6_addr.s6_addr);
	}
	return false;
}
