#include "base/process.h"

#include <errno.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/*
 * proc(5), stat: the third word is the state, the 22nd the start; the second, the
 * command, may hold blanks and brackets.
 */
enum { STATE_BEHIND_COMMAND = 2, STARTTIME_BEHIND_COMMAND = 20 };

/* When a process of this host started, 0: not known; and whether it only waits to be buried. */
static int64_t started_at(int64_t pid, bool *ret_is_dead)
{
	char path[64];
	char line[1024];
	char *at;
	size_t n;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%lld/stat", (long long)pid);
	*ret_is_dead = false;
	f = fopen(path, "re");
	if (!f)
		return 0;
	n = fread(line, 1, sizeof(line) - 1, f);
	(void)fclose(f);
	line[n] = '\0';
	at = strrchr(line, ')');
	if (at && strlen(at) > STATE_BEHIND_COMMAND)
		*ret_is_dead = strchr("ZX", at[STATE_BEHIND_COMMAND]) != NULL;
	for (int i = 0; at && i < STARTTIME_BEHIND_COMMAND; i++)
		at = strchr(at + 1, ' ');
	return at ? strtoll(at + 1, NULL, 10) : 0;
}

static struct process self;

static void find_self(void)
{
	bool ignored;

	if (gethostname(self.host, sizeof(self.host) - 1) < 0)
		self.host[0] = '\0';
	self.pid = getpid();
	self.started = started_at(self.pid, &ignored);
}

const struct process *process_self(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, find_self);
	return &self;
}

bool process_is_gone(struct str host, int64_t pid, int64_t started)
{
	bool is_dead;
	int64_t now;

	if (pid <= 0 || pid > INT32_MAX || !*process_self()->host ||
	    !str_eq(host, str_of(process_self()->host)))
		return false;
	if (kill((pid_t)pid, 0) < 0 && errno == ESRCH)
		return true;
	now = started_at(pid, &is_dead);
	return is_dead || (now != 0 && started != 0 && now != started);
}

const char *process_user(char out[PROCESS_USER_MAX])
{
	enum { ROOM = 4096 };
	char room[ROOM];
	struct passwd entry, *found = NULL;

	if (getpwuid_r(geteuid(), &entry, room, sizeof(room), &found) == 0 && found)
		(void)snprintf(out, PROCESS_USER_MAX, "%s", found->pw_name);
	else
		(void)snprintf(out, PROCESS_USER_MAX, "uid %lu", (unsigned long)geteuid());
	return out;
}

void process_raise_descriptors(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur == r.rlim_max)
		return;
	r.rlim_cur = r.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &r); /* what there was before is enough for less */
}
