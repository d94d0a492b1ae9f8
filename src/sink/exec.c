#include "sink/exec.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GRACE_MS = 2000, PIECE = 16 * 1024 };

struct child {
	pid_t pid;
	int pipe, pidfd; /* pipe -1: nobody holds the other end any more */
	bool ended;
	struct buf *output;
	uint64_t output_bytes;
};

/* ---- start ---- */

static void must(int failed)
{
	if (failed)
		abort(); /* for want of memory */
}

static void set_up_files(posix_spawn_file_actions_t *files, int out)
{
	must(posix_spawn_file_actions_init(files));
	must(posix_spawn_file_actions_adddup2(files, out, STDOUT_FILENO));
	must(posix_spawn_file_actions_adddup2(files, out, STDERR_FILENO));
	must(posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0));
	must(posix_spawn_file_actions_addclosefrom_np(files, STDERR_FILENO + 1));
}

/* A session of its own is a group of its own; threads of ours may block signals. */
static void set_up_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none;
	sigset_t usual;

	(void)sigemptyset(&none);
	(void)sigemptyset(&usual);
	(void)sigaddset(&usual, SIGPIPE);
	must(posix_spawnattr_init(attributes));
	must(posix_spawnattr_setsigmask(attributes, &none));
	must(posix_spawnattr_setsigdefault(attributes, &usual));
	must(posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
							  POSIX_SPAWN_SETSIGDEF));
}

static int spawn_shell(const struct exec_request *r, int out, pid_t *ret)
{
	char shell[] = "sh";
	char option[] = "-c";
	char *const argv[] = { shell, option, (char *)(uintptr_t)r->command, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	int number;

	set_up_files(&files, out);
	set_up_attributes(&attributes);
	number = posix_spawn(ret, "/bin/sh", &files, &attributes, argv, r->environment);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&files);
	return number;
}

static bool start(const struct exec_request *r, struct child *c, struct err *e)
{
	int ends[2];
	int number;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return err_errno(e, ERR_IO, errno, "a pipe");
	number = spawn_shell(r, ends[1], &c->pid);
	(void)close(ends[1]);
	c->pipe = ends[0];
	if (number == 0)
		c->pidfd = pidfd_open(c->pid, 0);
	if (number == 0 && c->pidfd >= 0)
		return true;
	if (number == 0) {
		number = errno;
		(void)kill(-c->pid, SIGKILL);
		(void)waitpid(c->pid, NULL, 0);
	}
	(void)close(c->pipe);
	return err_errno(e, ERR_IO, number, "/bin/sh");
}

/* ---- until it is over ---- */

static void take_output(struct child *c)
{
	char piece[PIECE];
	ssize_t n = read(c->pipe, piece, sizeof(piece));
	size_t room;

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) {
		(void)close(c->pipe);
		c->pipe = -1;
		return;
	}
	c->output_bytes += (uint64_t)n;
	room = c->output->max - c->output->n;
	buf_add(c->output, piece, (size_t)n < room ? (size_t)n : room);
}

static bool is_over(const struct child *c)
{
	return c->ended && c->pipe < 0;
}

/* Until it is over, or so much time has passed. */
static void attend(struct child *c, uint64_t limit_ms)
{
	uint64_t begun_us = clock_mono_us();

	while (!is_over(c)) {
		struct pollfd wait[] = { { .fd = c->pipe, .events = POLLIN },
					 { .fd = c->ended ? -1 : c->pidfd, .events = POLLIN } };
		uint64_t gone_ms = (clock_mono_us() - begun_us) / 1000;

		if (gone_ms >= limit_ms)
			return;
		if (poll(wait, 2, (int)(limit_ms - gone_ms)) <= 0)
			continue;
		c->ended = c->ended || wait[1].revents != 0;
		if (wait[0].revents)
			take_output(c);
	}
}

/* The shell is not waited for yet, so that its number still names this group and no other. */
static void kill_group(struct child *c)
{
	(void)kill(-c->pid, SIGTERM);
	attend(c, GRACE_MS);
	(void)kill(-c->pid, SIGKILL);
	attend(c, GRACE_MS);
}

static void reap(struct child *c, struct exec_result *ret)
{
	int status = 0;

	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	ret->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	ret->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

bool exec_run(const struct exec_request *r, struct buf *output, struct exec_result *ret,
	      struct err *e)
{
	struct child c = { .output = output };
	uint64_t begun_us = clock_mono_us();

	*ret = (struct exec_result){ .exit_code = -1 };
	if (!start(r, &c, e))
		return false;
	attend(&c, r->limit_ms);
	ret->killed = !is_over(&c);
	if (ret->killed)
		kill_group(&c);
	if (c.pipe >= 0) /* somebody left the group and took it along */
		(void)close(c.pipe);
	reap(&c, ret);
	(void)close(c.pidfd);
	ret->output_bytes = c.output_bytes;
	ret->duration_ms = (clock_mono_us() - begun_us) / 1000;
	return true;
}
