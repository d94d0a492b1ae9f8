/* SPDX-License-Identifier: MIT */
/*
 * calibrate: fixed work, timed, so that figures of different machines can be laid side by side.
 *
 *	bench_calibrate DIR    SHA-256 and memcpy of 64 MB, 4 MB written to DIR and fsync'd
 *
 * Each is the best of five: what the machine can do, not what it was doing besides.
 */
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BIG = 64 << 20, SMALL = 4 << 20, ROUNDS = 5 };

static char from[BIG], to[BIG];

static double now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static bool sha256(const char *unused)
{
	unsigned char out[32];

	(void)unused;
	return EVP_Digest(from, BIG, out, NULL, EVP_sha256(), NULL) == 1;
}

static bool copy(const char *unused)
{
	(void)unused;
	memcpy(to, from, BIG);
	__asm__ volatile("" : : "r"(to) : "memory"); /* nobody reads it: do it all the same */
	return true;
}

static bool write_through(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool ok = fd >= 0 && write(fd, from, SMALL) == SMALL && fsync(fd) == 0;

	if (fd >= 0)
		(void)close(fd);
	(void)unlink(path);
	return ok;
}

static double best_ms(const char *path, bool (*job)(const char *))
{
	double best = 1e9;

	for (int i = 0; i < ROUNDS; i++) {
		double start = now_ms();

		if (!job(path)) {
			perror("bench_calibrate");
			exit(EXIT_FAILURE);
		}
		if (now_ms() - start < best)
			best = now_ms() - start;
	}
	return best;
}

int main(int argc, char **argv)
{
	char path[4096];

	if (argc != 2) {
		(void)fputs("usage: bench_calibrate DIR\n", stderr);
		return EXIT_FAILURE;
	}
	(void)snprintf(path, sizeof(path), "%s/calibrate.%d", argv[1], (int)getpid());
	memset(from, 'a', BIG);
	memset(to, 'b', BIG);
	printf("{\"sha256_64mb_ms\":%.1f,", best_ms(path, sha256));
	printf("\"memcpy_64mb_ms\":%.1f,", best_ms(path, copy));
	printf("\"fsync_4mb_ms\":%.1f}\n", best_ms(path, write_through));
	return EXIT_SUCCESS;
}
