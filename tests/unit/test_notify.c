#include "unit.h"

#include "base/notify.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ROOM = 64 };

/* The whole environment: one variable or two; NULL: none. */
static void be_in(char *one, char *two)
{
	static char *all[3];

	all[0] = one;
	all[1] = two;
	all[2] = NULL;
	environ = all;
}

/* A manager's end: systemd's is in the abstract namespace or in /run. */
static int listen_as(const char *path, socklen_t n)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(at.sun_path, path, n);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)),
			 0);
	return fd;
}

static void test_the_manager_is_told(void **state)
{
	char variable[ROOM];
	char got[ROOM];
	char *name = variable + strlen("NOTIFY_SOCKET=");

	(void)state;
	(void)snprintf(variable, sizeof(variable), "NOTIFY_SOCKET=@assay-test-%d", (int)getpid());
	be_in(variable, NULL);
	char address[ROOM];
	size_t n = strlen(name);
	memcpy(address, name, n);
	address[0] = '\0';
	int fd = listen_as(address, (socklen_t)n);
	notify_send("READY=1");
	assert_int_equal(recv(fd, got, sizeof(got), MSG_DONTWAIT), strlen("READY=1"));
	assert_memory_equal(got, "READY=1", strlen("READY=1"));
	close(fd);
}

static void test_nobody_to_tell(void **state)
{
	static char places[][ROOM] = { "NOTIFY_SOCKET=", "NOTIFY_SOCKET=@",
				       "NOTIFY_SOCKET=relative", "NOTIFY_SOCKET=/nowhere/at/all",
				       "NOTIFY_SOCKET=vsock:2:1234" };

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		be_in(places[i], NULL);
		notify_send("READY=1");
	}
	be_in(NULL, NULL);
	notify_send("READY=1");
}

static void test_a_socket_handed_over(void **state)
{
	static char one[] = "LISTEN_FDS=1";
	static char none[] = "LISTEN_FDS=0";
	static char other[] = "LISTEN_PID=1";
	char ours[ROOM];

	(void)state;
	(void)snprintf(ours, sizeof(ours), "LISTEN_PID=%d", (int)getpid());
	be_in(NULL, NULL);
	assert_int_equal(notify_listen_fd(), -1);
	be_in(ours, NULL);
	assert_int_equal(notify_listen_fd(), -1);
	assert_int_equal(dup2(STDERR_FILENO, 3), 3);
	be_in(ours, one);
	assert_int_equal(notify_listen_fd(), 3);
	assert_true(fcntl(3, F_GETFD) & FD_CLOEXEC);
	be_in(other, one);
	assert_int_equal(notify_listen_fd(), -1);
	be_in(ours, none);
	assert_int_equal(notify_listen_fd(), -1);
	close(3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_manager_is_told),
		cmocka_unit_test(test_nobody_to_tell),
		cmocka_unit_test(test_a_socket_handed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
