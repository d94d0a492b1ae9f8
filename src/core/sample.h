/*
 * sample: the outcome of one probe of one endpoint.
 *
 * A probe is one request and its repetitions; what is recorded is the last attempt
 * alone: stamps, status, body are its.  Earlier ones are counted, and what they and
 * the waits between them took stands apart.
 *
 * Stamps are microseconds on the monotonic clock since the attempt began, taken
 * where the bytes were read, before anything looked into them; STAMP_NONE: that
 * point was not reached.  A time-out is a value too: `duration_us` is then how long
 * was waited, and the outcome says that the answer lies beyond.
 */
#pragma once
#include "base/arena.h"
#include "base/hash.h"
#include "core/decimal.h"
#include "core/outcome.h"

#define STAMP_NONE INT64_C(-1)

/* So much of the body had been read by then. */
struct arrival {
	uint64_t end; /* bytes of the body */
	int64_t us;
};

struct stamps {
	int64_t dns_us, connected_us, tls_us; /* STAMP_NONE on a connection that was kept alive */
	int64_t sent_us;                      /* the whole request is out */
	int64_t first_byte_us;                /* of the answer, headers included */
	int64_t first_event_us;               /* the first event of a stream */
	int64_t first_reasoning_us, first_content_us; /* the first piece that is not empty */
	int64_t last_token_us;                        /* the last such piece */
	int64_t end_us;                               /* the answer is complete, or was given up */
};

/* Gaps between pieces of a stream that brought something; 0 of them: no member means anything. */
struct gaps {
	uint64_t n;
	int64_t p50_us, p95_us, max_us;
};

struct tokens {
	int64_t input, output, reasoning, cached; /* -1: not reported */
};

struct sample {
	/* whom */
	struct str hf_model; /* Hugging Face id, or absent */
	struct str provider; /* slug where a descriptor knows it, else the name on the router */
	struct str provider_name; /* as the list of models spells it: the CSV's */
	struct str provider_model_id;
	int64_t model_id; /* row of `models`; 0: no catalog lists it */
	struct str via;   /* "router" or "direct" */
	struct str url;   /* as the world knows it */

	/* when; wall ms */
	int64_t cycle_at_ms;
	int64_t intended_at_ms; /* when the first attempt was to begin */
	int64_t started_at_ms;  /* the recorded attempt */
	int64_t lateness_us;    /* how much later than intended the first attempt began */

	/* the recorded attempt */
	struct stamps stamps;
	struct gaps gaps;
	bool streamed, reused; /* the connection was */
	int64_t lag_us; /* the longest time that the loop was away from its sockets meanwhile */
	int64_t status; /* -1: no HTTP answer */
	enum outcome outcome;
	struct str error; /* one line; absent for a complete 200 */
	struct tokens tokens;
	struct str finish;    /* finish_reason, or absent */
	struct str answer;    /* what was extracted as the answer, or absent */
	struct str expected;  /* what it should be, or absent */
	int agrees;           /* with most of its group: 1, 0; -1: not known */
	struct str group_key; /* those whose answers are compared, or absent */
	uint64_t request_bytes,
		response_bytes;    /* bodies; the whole one, also where less was kept */
	struct hash response_hash; /* SHA-256 of the whole body; zero: none */
	uint64_t chunks;           /* pieces of a stream that brought something */

	/* the probe as a whole */
	unsigned attempts; /* requests really sent */
	int64_t waited_ms; /* between attempts */
	int64_t total_us;  /* from the first attempt's begin to the end */
	bool counted;      /* counts for health: the loop was not late, the network was there */

	/* money */
	bool has_cost;
	struct dec cost;         /* USD */
	struct str price_source; /* which price, "assumed" */
};

/* When the first token of a stream was there, reasoning or not; STAMP_NONE: never, or not a stream. */
int64_t sample_first_token_us(const struct sample *s);
/* Thousandths of tokens per second from the first token to the last; -1: not known. */
int64_t sample_token_rate(const struct sample *s);

/* Above that a stamp may be wrong: the sample is flagged and counts for nothing. */
enum { SAMPLE_LAG_MAX_US = 5000 };
