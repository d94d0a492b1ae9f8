/* SPDX-License-Identifier: MIT */
#include "replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool replay_is_dir(const char *dir)
{
	struct stat st;

	return !stat(dir, &st) && S_ISDIR(st.st_mode);
}

/* Whatever the name looks like, the file it means must lie below the directory. */
static char *resolve(const char *dir, const char *name)
{
	char *root = realpath(dir, NULL), *file = realpath(name, NULL);
	size_t n = root ? strlen(root) : 0;

	if (root && file && (strncmp(root, file, n) != 0 || (file[n] != '/' && n > 1))) {
		free(file);
		file = NULL;
	}
	free(root);
	return file;
}

static struct blob *read_all(const char *file)
{
	struct stat st;
	struct buf b = { 0 };
	FILE *f = fopen(file, "rb");

	if (!f)
		return NULL;
	if (fstat(fileno(f), &st) || !S_ISREG(st.st_mode) || st.st_size > REPLAY_BYTES_MAX) {
		fclose(f);
		return NULL;
	}
	buf_reserve(&b, (size_t)st.st_size);
	b.len = fread(b.data, 1, (size_t)st.st_size, f);
	fclose(f);
	return blob_from(&b);
}

struct blob *replay_load(const char *dir, const char *path, const char *query)
{
	if (strstr(path, "/../") || strchr(query, '/'))
		return NULL;
	char *name = sim_format("%s%s%s%s.json", dir, path, *query ? "@" : "", query);
	char *file = resolve(dir, name);
	struct blob *found = file ? read_all(file) : NULL;

	free(file);
	free(name);
	return found;
}
