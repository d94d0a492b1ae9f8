#include "web/origin.h"

#include <arpa/inet.h>

enum { PORT_MAX = 65535 };

/* Host without its port; false: it is none. */
static bool split_host(struct str host, struct str *ret_name)
{
	struct str rest = host;
	struct str port;
	int64_t n;

	if (host.n && host.at[0] == '[') {
		if (!str_cut(&rest, ']', ret_name))
			return false;
		*ret_name = (struct str){ ret_name->at + 1, ret_name->n - 1 };
		if (!rest.n)
			return true;
		if (rest.at[0] != ':')
			return false;
		port = (struct str){ rest.at + 1, rest.n - 1 };
	} else if (str_cut(&rest, ':', ret_name)) {
		port = rest;
	} else {
		return host.n > 0;
	}
	return ret_name->n && (!port.n || str_to_i64(port, 1, PORT_MAX, &n));
}

static bool parse_address(struct str name, struct in_addr *ret4, struct in6_addr *ret6,
			  int *ret_family)
{
	char text[INET6_ADDRSTRLEN];

	if (name.n >= sizeof(text))
		return false;
	memcpy(text, name.at, name.n);
	text[name.n] = '\0';
	*ret_family = AF_INET;
	if (inet_pton(AF_INET, text, ret4) == 1)
		return true;
	*ret_family = AF_INET6;
	return inet_pton(AF_INET6, text, ret6) == 1;
}

static bool address_ok(const struct origin_rules *r, struct str name)
{
	struct in_addr a4;
	struct in6_addr a6;
	int family;

	if (!parse_address(name, &a4, &a6, &family))
		return false;
	if (r->any_address)
		return true;
	return family == AF_INET ? ntohl(a4.s_addr) >> 24 == IN_LOOPBACKNET
				 : IN6_IS_ADDR_LOOPBACK(&a6);
}

bool origin_host_ok(const struct origin_rules *r, struct str host)
{
	struct str name;
	struct str rest = r->hosts;
	bool more = !str_is_none(rest);

	if (!split_host(host, &name))
		return false;
	if (str_eq_nocase(name, STR("localhost")) || str_eq_nocase(name, r->listened) ||
	    address_ok(r, name))
		return true;
	while (more) {
		struct str one;

		more = str_cut(&rest, ',', &one);
		one = str_trim(one);
		if (str_eq(one, STR("*")) || (one.n && str_eq_nocase(one, name)))
			return true;
	}
	return false;
}

bool origin_may_read(const struct origin_rules *r, struct str origin)
{
	return origin.n && r->cors.n && (str_eq(r->cors, STR("*")) || str_eq(r->cors, origin));
}

bool origin_may_change(const struct origin_rules *r, struct str origin, struct str host)
{
	struct str rest = origin;

	if (str_is_none(origin))
		return true;
	if (r->cors.n && str_eq(r->cors, origin))
		return true;
	if (str_starts(rest, STR("http://")))
		rest = (struct str){ rest.at + 7, rest.n - 7 };
	else if (str_starts(rest, STR("https://")))
		rest = (struct str){ rest.at + 8, rest.n - 8 };
	else
		return false;
	return str_eq_nocase(rest, host);
}
