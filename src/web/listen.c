#include "web/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT_MAX = 65535, HOST_MAX = 256, BACKLOG = 1024, PORT_TEXT_MAX = 8 };

bool listen_split(struct str address, struct str *ret_host, struct str *ret_port, struct err *e)
{
	struct str rest = address;
	int64_t n;
	bool ok;

	if (address.n && address.at[0] == '[') {
		ok = str_cut(&rest, ']', ret_host) && rest.n && rest.at[0] == ':';
		*ret_host = (struct str){ ret_host->at + 1, ret_host->n ? ret_host->n - 1 : 0 };
		rest = ok ? (struct str){ rest.at + 1, rest.n - 1 } : rest;
	} else {
		ok = str_cut(&rest, ':', ret_host);
		*ret_host = ok && !ret_host->n ? STR("127.0.0.1") : *ret_host;
	}
	if (!ok || !ret_host->n || ret_host->n >= HOST_MAX || !str_to_i64(rest, 0, PORT_MAX, &n))
		return err_set(
			e, ERR_USAGE,
			"%s is no address to listen on: 127.0.0.1:8000, [::1]:8000, :0 for any port",
			err_quote(address.at, address.n));
	*ret_port = rest;
	return true;
}

static bool try_listen(const struct addrinfo *a, int *ret_fd)
{
	int yes = 1;
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return false;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, a->ai_addr, a->ai_addrlen) || listen(fd, BACKLOG)) {
		int number = errno;

		(void)close(fd);
		errno = number;
		return false;
	}
	*ret_fd = fd;
	return true;
}

bool listen_open(struct str address, int *ret_fd, struct err *e)
{
	struct addrinfo *found;
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	struct str host;
	struct str port;
	char name[HOST_MAX];
	char service[PORT_TEXT_MAX];

	if (!listen_split(address, &host, &port, e))
		return false;
	(void)snprintf(name, sizeof(name), "%.*s", STR_FMT(host));
	(void)snprintf(service, sizeof(service), "%.*s", STR_FMT(port));
	int failed = getaddrinfo(name, service, &hints, &found);
	if (failed)
		return err_set(e, ERR_USAGE, "cannot listen on %s: %s",
			       err_quote(address.at, address.n), gai_strerror(failed));
	bool ok = try_listen(found, ret_fd);
	int number = errno;
	freeaddrinfo(found);
	return ok || err_errno(e, ERR_IO, number, "cannot listen on %s",
			       err_quote(address.at, address.n));
}

bool listen_name(int fd, char *out, size_t room, bool *ret_loopback)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_storage space;
	} at = { 0 };
	socklen_t n = sizeof(at);
	char text[INET6_ADDRSTRLEN];

	if (getsockname(fd, &at.any, &n))
		return false;
	if (at.any.sa_family == AF_INET) {
		*ret_loopback = ntohl(at.in.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
		inet_ntop(AF_INET, &at.in.sin_addr, text, sizeof(text));
		(void)snprintf(out, room, "%s:%u", text, ntohs(at.in.sin_port));
		return true;
	}
	if (at.any.sa_family != AF_INET6)
		return false;
	*ret_loopback = IN6_IS_ADDR_LOOPBACK(&at.in6.sin6_addr);
	inet_ntop(AF_INET6, &at.in6.sin6_addr, text, sizeof(text));
	(void)snprintf(out, room, "[%s]:%u", text, ntohs(at.in6.sin6_port));
	return true;
}
