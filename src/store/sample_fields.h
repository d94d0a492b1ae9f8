/*
 * sample_fields: struct sample as columns of table `samples`, once for every back end.
 *
 * A back end knows five types; what stands for NULL in struct sample, and which member is
 * which column, is known here.  Not here: model_id, csv_file and csv_end, which
 * are not the sample's alone.
 */
#pragma once
#include "base/buf.h"
#include "core/sample.h"
#include "store/probe.h"

enum sample_type { SAMPLE_TEXT, SAMPLE_NUMBER, SAMPLE_TIME, SAMPLE_FLAG, SAMPLE_MONEY };

struct sample_field {
	const char *name;
	enum sample_type type;
	unsigned kind; /* sample_fields.c's */
	size_t at;     /* in struct sample */
};
enum { SAMPLE_FIELDS = 49 };
extern const struct sample_field sample_fields[SAMPLE_FIELDS];

struct sample_value {
	bool is_null;
	int64_t number;  /* SAMPLE_NUMBER, SAMPLE_TIME (wall ms), SAMPLE_FLAG (0, 1) */
	struct str text; /* SAMPLE_TEXT, SAMPLE_MONEY (canonical) */
};

/* Where what is printed, or not as it came, is kept; texts stay as long as this and the arena. */
struct sample_scratch {
	struct arena *a;
	char hash[HASH_TEXT_MAX], cost[DEC_TEXT_MAX];
};
/* A text that not every database takes (U+0000, bytes that are no UTF-8) is cleaned: providers wrote it. */
struct sample_value sample_get(const struct sample_field *f, const struct sample *s,
			       struct sample_scratch *scratch);
/* Texts are not copied.  ERR_DB: a word that this program does not know. */
bool sample_set(const struct sample_field *f, const struct sample_value *v, struct sample *s,
		struct err *e);

/* ", cycle_at, hf_model, …": all names in order, a comma and `alias` ("x.", "") before each. */
void sample_print_names(struct buf *out, const char *alias);

/* By which of its indexes `samples` is asked. */
enum sample_way {
	SAMPLES_OF_ALL,
	SAMPLES_OF_PROVIDER,
	SAMPLES_OF_ENDPOINT,
	SAMPLES_OF_MODEL, /* whichever provider it is at */
	SAMPLE_WAYS,
};
enum sample_way sample_way_of(const struct store_sample_query *q);

/*
 * Between which two a list lies, each being an instant and an id, neither of them included.  CLOCK_NONE: it has no
 * end on that side.
 */
struct sample_bounds {
	int64_t from_ms, from_id, to_ms, to_id;
};
/*
 * `after_ms`, `before_ms`: when those began that the query names; CLOCK_NONE: gone, or it names none.  False:
 * there is nothing between.
 */
bool sample_bounds_of(const struct store_sample_query *q, int64_t after_ms, int64_t before_ms,
		      struct sample_bounds *ret);

/* In front of a statement: p (provider), of which there are samples, each found by one look at an index. */
#define SAMPLE_PROVIDERS_SQL                                                                   \
	"WITH RECURSIVE p (provider) AS (SELECT min(provider) FROM samples UNION ALL"          \
	" SELECT (SELECT min(x.provider) FROM samples x WHERE x.provider > p.provider) FROM p" \
	" WHERE p.provider IS NOT NULL) "
