#include "web/origin.h"

#include <arpa/inet.h>
#include <ctype.h>

enum { PORT_MAX = 65535, NAME_MAX_BYTES = 253, LABEL_MAX_BYTES = 63 };

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

/* A number as its last label makes it an address, or nothing. */
static bool is_name(struct str name)
{
	struct str label = STR_NONE;
	struct str rest = name;
	int64_t n;
	bool more = true;

	if (name.n && name.at[name.n - 1] == '.')
		rest.n--;
	if (rest.n == 0 || rest.n > NAME_MAX_BYTES)
		return false;
	while (more) {
		more = str_cut(&rest, '.', &label);
		if (label.n == 0 || label.n > LABEL_MAX_BYTES || label.at[0] == '-' ||
		    label.at[label.n - 1] == '-')
			return false;
		for (size_t i = 0; i < label.n; i++)
			if (!isalnum((unsigned char)label.at[i]) && !strchr("-_", label.at[i]))
				return false;
	}
	return !str_to_i64(label, 0, INT64_MAX, &n);
}

/* Name or address of "name", "name:80", "127.0.0.1:80", "::1", "[::1]:80". */
static bool read_host(struct str text, struct str *ret_name)
{
	struct in_addr a4;
	struct in6_addr a6;
	int family;

	*ret_name = text;
	if (parse_address(text, &a4, &a6, &family))
		return true;
	if (!split_host(text, ret_name))
		return false;
	return parse_address(*ret_name, &a4, &a6, &family)
		       ? (family == AF_INET6) == (text.at[0] == '[')
		       : text.at[0] != '[' && is_name(*ret_name);
}

/* Each of them, blanks around it removed. */
static bool all_are(struct str list, bool (*is)(struct str one))
{
	bool more = true;
	struct str one;

	while (more) {
		more = str_cut(&list, ',', &one);
		if (!is(str_trim(one)))
			return false;
	}
	return true;
}

static bool is_host(struct str text)
{
	struct str name;

	return read_host(text, &name);
}

bool origin_hosts_fit(struct str hosts)
{
	return str_eq(str_trim(hosts), STR("*")) || all_are(hosts, is_host);
}

/* What a browser leaves out: it would never be equal. */
static bool is_default_port(struct str scheme, struct str host)
{
	return (str_eq(scheme, STR("https")) && str_ends(host, STR(":443"))) ||
	       (str_eq(scheme, STR("http")) && str_ends(host, STR(":80")));
}

static bool is_origin(struct str text)
{
	struct str scheme;
	struct str host = text;
	struct in6_addr a6;
	struct in_addr a4;
	int family;

	for (size_t i = 0; i < text.n; i++)
		if (isupper((unsigned char)text.at[i]))
			return false;
	if (!str_cut(&host, ':', &scheme) || !str_starts(host, STR("//")) || !scheme.n ||
	    !islower((unsigned char)scheme.at[0]))
		return false;
	for (size_t i = 0; i < scheme.n; i++)
		if (!isalnum((unsigned char)scheme.at[i]) && !strchr("+-.", scheme.at[i]))
			return false;
	host = (struct str){ host.at + 2, host.n - 2 };
	if (parse_address(host, &a4, &a6, &family) && family == AF_INET6)
		return false;
	return !str_ends(host, STR(":")) && !is_default_port(scheme, host) && is_host(host);
}

bool origin_cors_fits(struct str cors)
{
	return str_eq(str_trim(cors), STR("*")) || all_are(cors, is_origin);
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
		if (str_eq(one, STR("*")) || (read_host(one, &one) && str_eq_nocase(one, name)))
			return true;
	}
	return false;
}

static bool names_origin(struct str list, struct str origin)
{
	bool found = false;
	struct str one;

	while (list.n && !found) {
		(void)str_cut(&list, ',', &one);
		found = str_eq(str_trim(one), origin);
	}
	return found;
}

bool origin_may_read(const struct origin_rules *r, struct str origin)
{
	return origin.n && (str_eq(r->cors, STR("*")) || names_origin(r->cors, origin));
}

bool origin_may_change(const struct origin_rules *r, struct str origin, struct str host)
{
	struct str rest = origin;

	if (str_is_none(origin))
		return true;
	if (names_origin(r->cors, origin))
		return true;
	if (str_starts(rest, STR("http://")))
		rest = (struct str){ rest.at + 7, rest.n - 7 };
	else if (str_starts(rest, STR("https://")))
		rest = (struct str){ rest.at + 8, rest.n - 8 };
	else
		return false;
	return str_eq_nocase(rest, host);
}
