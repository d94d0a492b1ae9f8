#include "cmd/cmd.h"

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

/*
 * Started with a standard descriptor closed, the next file opened would take its
 * number, and a line of output would go into a database.  Fill the gaps with
 * something that takes no writing.
 */
static void fill_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		(void)close(fd);
}

/*
 * A few threads that mostly work one after another: one heap, which grows in large
 * steps and keeps what was freed.  Heaps of their own would each grow a page or two
 * at a time, by a system call that holds up the page faults of all others (over
 * 1,000 in one large sync).  Blocks of megabytes still come and go by themselves.
 */
static void set_up_heap(void)
{
	(void)mallopt(M_ARENA_MAX, 1);
	(void)mallopt(M_TOP_PAD, 1 << 20);
	(void)mallopt(M_MMAP_THRESHOLD, 4 << 20);
	(void)mallopt(M_TRIM_THRESHOLD, 64 << 20);
}

int main(int argc, char **argv)
{
	fill_standard_descriptors();
	set_up_heap();
	return cmd_main(argc, argv, environ);
}
