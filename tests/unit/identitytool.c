#include "core/identity.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * One row in, "canonical TAB evidence" out (an unmatched row has no canonical), for
 * tests/flow/test_identity.py.  A row: provider TAB id TAB Hugging Face id.  An
 * argument is the text of an alias file.
 */
static void answer(struct str line, const struct identity_aliases *aliases)
{
	ARENA_AUTO(arena);
	struct identity_row row;
	struct identity is;

	(void)str_cut(&line, '\t', &row.provider);
	(void)str_cut(&line, '\t', &row.id);
	row.hugging_face_id = line;
	is = identity_of(&row, aliases, &arena);
	(void)fwrite(is.canonical.at ? is.canonical.at : "", 1, is.canonical.n, stdout);
	(void)putchar('\t');
	(void)fwrite(is.evidence.at, 1, is.evidence.n, stdout);
	(void)putchar('\n');
}

int main(int argc, char **argv)
{
	ARENA_AUTO(arena);
	struct identity_aliases aliases = { 0 };
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	struct err e;

	if (argc > 1 && !identity_aliases_read(str_of(argv[1]), &arena, &aliases, &e)) {
		(void)fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	while ((n = getline(&line, &room, stdin)) > 0) {
		if (line[n - 1] == '\n')
			n--;
		answer((struct str){ line, (size_t)n }, &aliases);
	}
	free(line);
	return 0;
}
