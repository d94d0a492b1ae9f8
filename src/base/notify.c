#include "base/notify.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"

enum { FIRST_FD = 3 };

/* '@' in front stands for the abstract namespace's NUL. */
static bool find_socket(const char *path, struct sockaddr_un *ret, socklen_t *ret_n)
{
	size_t n = strlen(path);

	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if ((path[0] != '/' && path[0] != '@') || n >= sizeof(ret->sun_path))
		return false;
	memcpy(ret->sun_path, path, n);
	if (path[0] == '@')
		ret->sun_path[0] = '\0';
	*ret_n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	return true;
}

void notify_send(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to;
	socklen_t n;
	int fd;

	if (!path || !find_socket(path, &to, &n))
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&to, n);
	(void)close(fd);
}

static bool number_of(const char *variable, int64_t min, int64_t *ret)
{
	const char *text = getenv(variable);

	return text && str_to_i64(str_of(text), min, INT32_MAX, ret);
}

int notify_listen_fd(void)
{
	int64_t pid;
	int64_t n;

	if (!number_of("LISTEN_PID", 1, &pid) || pid != getpid() || !number_of("LISTEN_FDS", 1, &n))
		return -1;
	return fcntl(FIRST_FD, F_SETFD, FD_CLOEXEC) ? -1 : FIRST_FD;
}
