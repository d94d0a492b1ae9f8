/* Functions that this project does not use; the compiler says so by name. */
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok gets gmtime localtime ctime
#pragma GCC poison asctime atoi atol atof strtod strtof setenv putenv popen
