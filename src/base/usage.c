#include "base/usage.h"

#include "base/str.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static const int64_t us_per_s = 1000000;

static int64_t cpu_us(void)
{
	struct rusage u;

	if (getrusage(RUSAGE_SELF, &u) != 0)
		return 0;
	return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * us_per_s + u.ru_utime.tv_usec +
	       u.ru_stime.tv_usec;
}

/* Less the one that looks. */
static int64_t count_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *entry;
	int64_t n = -1;

	if (!d)
		return -1;
	while ((entry = readdir(d)))
		n += entry->d_name[0] != '.';
	(void)closedir(d);
	return n;
}

static size_t read_whole(const char *path, char *out, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return 0;
	n = read(fd, out, room);
	(void)close(fd);
	return n > 0 ? (size_t)n : 0;
}

/* /proc/self/stat, whose second field is a name in parentheses that may hold anything. */
static bool read_stat(struct usage *ret)
{
	enum { STAT_MAX = 1024, FIRST = 3, THREADS = 20, VIRTUAL = 23, RESIDENT = 24 };
	char text[STAT_MAX];
	struct str rest = { text, read_whole("/proc/self/stat", text, sizeof(text)) };
	const char *name_end = rest.n ? memrchr(rest.at, ')', rest.n) : NULL;
	int64_t values[RESIDENT + 1] = { 0 };
	struct str field;

	if (!name_end || rest.at + rest.n - name_end < 2)
		return false;
	rest = (struct str){ name_end + 2, (size_t)(rest.at + rest.n - name_end) - 2 };
	for (size_t i = FIRST; i <= RESIDENT; i++) {
		bool more = str_cut(&rest, ' ', &field);

		(void)str_to_i64(field, INT64_MIN, INT64_MAX, &values[i]);
		if (!more)
			return false;
	}
	ret->threads = values[THREADS];
	ret->virtual_bytes = values[VIRTUAL];
	ret->resident_bytes = values[RESIDENT] * sysconf(_SC_PAGESIZE);
	return true;
}

bool usage_now(struct usage *ret)
{
	struct rlimit limit;

	ret->cpu_us = cpu_us();
	ret->descriptors = count_descriptors();
	ret->descriptors_max = getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (int64_t)limit.rlim_cur : -1;
	return ret->descriptors >= 0 && read_stat(ret);
}
