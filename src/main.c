#include "cmd/cmd.h"

#include <unistd.h>

int main(int argc, char **argv)
{
	return cmd_main(argc, argv, environ);
}
