/* Any bytes as the canonical text of a state: refused, or printed again byte by byte. */
#include "fuzz.h"

#include "base/utf8.h"
#include "core/snapshot.h"
#include "core/snapshot_read.h"

const char fuzz_name[] = "snapshot";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *exact = malloc(n ? n : 1); /* so that a look behind the end is seen */
	struct err e = { .kind = ERR_NONE };
	ARENA_AUTO(a);
	BUF_AUTO(out, SIZE_MAX / 2);
	struct catalog c;

	fuzz_check(exact != NULL);
	if (n)
		memcpy(exact, data, n);
	if (snapshot_read((struct str){ exact, n }, &a, &c, &e)) {
		snapshot_print(&c, &out);
		fuzz_check(str_eq(buf_str(&out), (struct str){ exact, n }));
	} else {
		fuzz_check(e.kind == ERR_PARSE || e.kind == ERR_DATA);
		fuzz_check(e.text[0] != '\0' && utf8_is_clean(str_of(e.text)));
	}
	free(exact);
	return 0;
}
