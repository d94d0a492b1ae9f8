#include "cmd/cmd.h"

#include <fcntl.h>
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

int main(int argc, char **argv)
{
	fill_standard_descriptors();
	return cmd_main(argc, argv, environ);
}
