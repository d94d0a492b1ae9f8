/*
 * The header, and a row for each file named: its bytes are the answer's body.  For
 * tests/flow/test_csv.py, which reads them with other people's parsers.
 */
#include "base/file.h"
#include "sink/csv.h"

#include <stdio.h>

static bool put_row(const char *path, struct err *e)
{
	struct sample s = { .hf_model = STR("a \"quoted\", model"),
			    .provider_name = STR("two\nlines"),
			    .url = STR("https://router.example/chat"),
			    .stamps = { .end_us = 1500 },
			    .status = 200 };
	struct csv_row r = { .sample = &s };
	BUF_AUTO(out, SIZE_MAX / 2);
	ARENA_AUTO(a);

	if (!file_read(path, SIZE_MAX / 4, &a, &r.response_body, e))
		return false;
	csv_format(&r, &out);
	return fwrite(out.at, 1, out.n, stdout) == out.n;
}

int main(int argc, char **argv)
{
	struct err e;

	(void)fputs(csv_header, stdout);
	for (int i = 1; i < argc; i++) {
		if (!put_row(argv[i], &e)) {
			(void)fprintf(stderr, "%s\n", e.text);
			return 1;
		}
	}
	return 0;
}
