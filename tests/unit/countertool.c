#include "base/json.h"
#include "provider/descriptor.h"
#include "web/counters.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * What web/counters.c makes of events, for tests/flow/test_metrics.py:
 *
 *	countertool SERIES_MAX text|openmetrics
 *
 * One event a line of standard input, as JSON; at its end the whole text:
 *
 *	{"probe":PROVIDER,"outcome":N,"us":N,"first_us":N}    {"request":ROUTE,"method":M,"status":N,"us":N}
 *	{"sync":PROVIDER,"us":N}    {"late":TASK,"us":N}
 */
enum { LINE_MAX_BYTES = 1 << 16, OUT_MAX = 1 << 26 };

static struct str member(yyjson_val *v, const char *key)
{
	yyjson_val *m = yyjson_obj_get(v, key);

	return m ? (struct str){ yyjson_get_str(m), yyjson_get_len(m) } : STR_NONE;
}

static int64_t number(yyjson_val *v, const char *key)
{
	return yyjson_get_sint(yyjson_obj_get(v, key));
}

static void probe(struct counters *c, yyjson_val *v)
{
	struct sample s = { .provider = member(v, "probe"),
			    .outcome = (enum outcome)number(v, "outcome"),
			    .streamed = true,
			    .tokens = { -1, -1, -1, -1 } };

	s.stamps.end_us = number(v, "us");
	s.stamps.first_content_us = number(v, "first_us");
	s.stamps.first_reasoning_us = STAMP_NONE;
	counters_sample(c, &s);
}

static void take(struct counters *c, yyjson_val *v)
{
	struct descriptor d = { .slug = member(v, "sync") };
	struct sync_report r = { .provider = &d, .duration_us = (uint64_t)number(v, "us") };

	if (!str_is_none(member(v, "probe")))
		probe(c, v);
	else if (!str_is_none(d.slug))
		counters_sync(c, &r);
	else if (!str_is_none(member(v, "late")))
		counters_late(c, member(v, "late").at, (uint64_t)number(v, "us"));
	else
		counters_request(c, member(v, "request").at, member(v, "method").at,
				 (int)number(v, "status"), (uint64_t)number(v, "us"), 0);
}

int main(int argc, char **argv)
{
	static char line[LINE_MAX_BYTES];
	struct counters *c;
	BUF_AUTO(out, OUT_MAX);
	int64_t max;

	if (argc != 3 || !str_to_i64(str_of(argv[1]), 1, INT32_MAX, &max))
		return EXIT_FAILURE;
	c = counters_create((size_t)max);
	while (fgets(line, sizeof(line), stdin)) {
		yyjson_doc *doc = yyjson_read(line, strlen(line), 0);

		if (!doc)
			return EXIT_FAILURE;
		take(c, yyjson_doc_get_root(doc));
		yyjson_doc_free(doc);
	}
	counters_print(c, NULL, strcmp(argv[2], "openmetrics") == 0, &out);
	(void)fwrite(out.at, 1, out.n, stdout);
	counters_destroy(c);
	return buf_overflowed(&out) ? EXIT_FAILURE : EXIT_SUCCESS;
}
