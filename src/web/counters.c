#include "web/counters.h"

#include "base/clock.h"
#include "base/usage.h"
#include "provider/descriptor.h"
#include "store/notice.h"
#include "web/exposition.h"
#include "web/view.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdlib.h>

enum { SCALE_MS = 3, SCALE_US = 6, SCALE_NANO = 9 };
#define MS INT64_C(1000) /* in microseconds */
#define S  INT64_C(1000000)

static const int64_t request_bounds[] = { MS / 2,  MS,        5 * MS / 2, 5 * MS,   10 * MS,
					  25 * MS, 50 * MS,   100 * MS,   250 * MS, S / 2,
					  S,       5 * S / 2, 10 * S };
static const int64_t sync_bounds[] = { 100 * MS, 250 * MS, S / 2,  S,       5 * S / 2, 5 * S,
				       10 * S,   30 * S,   60 * S, 120 * S, 300 * S };
static const int64_t probe_bounds[] = { 50 * MS, 100 * MS, 250 * MS, S / 2,  S,      2 * S,  3 * S,
					5 * S,   10 * S,   20 * S,   30 * S, 60 * S, 120 * S };
static const int64_t late_bounds[] = { MS,    10 * MS, 100 * MS, S / 2,  S,
				       5 * S, 15 * S,  60 * S,   300 * S };
static const int64_t lag_bounds[] = { MS / 2,  MS,      2 * MS,   5 * MS,   10 * MS,
				      25 * MS, 50 * MS, 100 * MS, 250 * MS, S };
#define BUCKETS(list) \
	.scale = SCALE_US, .bounds = (list), .n_bounds = sizeof(list) / sizeof((list)[0])

enum {
	BUILD,
	MODELS,
	MODELS_HEALTH,
	PROVIDERS,
	HEALTH,
	VIEW_TIME,
	SYNC_RUNS,
	SYNC_DURATION,
	SYNC_SUCCESS_TIME,
	SYNC_INTERVAL,
	SYNC_BYTES,
	SYNC_SKIPPED,
	CHANGES,
	PRICES_WRITTEN,
	PRICES_HELD,
	REVIEWS,
	PROBES,
	PROBE_DURATION,
	PROBE_TTFT,
	PROBE_TOKENS,
	PROBE_COST,
	PROBE_CYCLES,
	PROBE_BUDGET,
	PROBE_SPENT,
	PUSHES,
	PUSHED_ROWS,
	CSV_ROWS,
	BATCHES,
	NOTICES,
	OUTBOX,
	OUTBOX_OLDEST,
	LATENESS,
	LAG,
	STORE_QUEUE,
	REQUESTS,
	REQUEST_DURATION,
	RESPONSE_BYTES,
	PROCESS_CPU,
	PROCESS_RESIDENT,
	PROCESS_VIRTUAL,
	PROCESS_FDS,
	PROCESS_FDS_MAX,
	PROCESS_THREADS,
	PROCESS_START,
	FAMILIES,
};

static const struct family_info table[FAMILIES] = {
	[BUILD] = { "assay_build",
		    FAMILY_INFO,
		    NULL,
		    "The program that answers, and the server in it.",
		    { "version", "libmicrohttpd" } },
	[MODELS] = { "assay_models",
		     FAMILY_GAUGE,
		     NULL,
		     "Models known of a provider: listed, missing from its last complete list, or inactive.",
		     { "provider", "state" } },
	[MODELS_HEALTH] = { "assay_models_health",
			    FAMILY_GAUGE,
			    NULL,
			    "Active models of a provider by what probes say of them.",
			    { "provider", "status" } },
	[PROVIDERS] = { "assay_providers",
			FAMILY_GAUGE,
			NULL,
			"Providers in the database: active, or deactivated by an operator.",
			{ "state" } },
	[HEALTH] = { "assay_health",
		     FAMILY_GAUGE,
		     NULL,
		     "1 for the status that probes say a provider has, 0 for the others.",
		     { "provider", "status" } },
	[VIEW_TIME] = { "assay_view_timestamp_seconds", FAMILY_GAUGE, "seconds",
			"When what the API shows was last read from the database.",
			.scale = SCALE_MS },
	[SYNC_RUNS] = { "assay_sync_runs",
			FAMILY_COUNTER,
			NULL,
			"Syncs that ended, by how.",
			{ "provider", "outcome" } },
	[SYNC_DURATION] = { "assay_sync_duration_seconds",
			    FAMILY_HISTOGRAM,
			    "seconds",
			    "How long a sync took, whatever came of it.",
			    { "provider" },
			    BUCKETS(sync_bounds) },
	[SYNC_SUCCESS_TIME] = { "assay_sync_last_success_timestamp_seconds",
				FAMILY_GAUGE,
				"seconds",
				"When a provider was last synced completely, by whomever.",
				{ "provider" },
				.scale = SCALE_MS },
	[SYNC_INTERVAL] = { "assay_sync_interval_seconds",
			    FAMILY_GAUGE,
			    "seconds",
			    "How often a provider is to be synced by the schedule.",
			    { "provider" },
			    .scale = SCALE_MS },
	[SYNC_BYTES] = { "assay_sync_fetched_bytes",
			 FAMILY_COUNTER,
			 "bytes",
			 "Bytes of lists on the wire.",
			 { "provider" } },
	[SYNC_SKIPPED] = { "assay_sync_skipped_rows",
			   FAMILY_GAUGE,
			   NULL,
			   "Rows left out of the last complete list, each for a reason that is kept.",
			   { "provider" } },
	[CHANGES] = { "assay_changes",
		      FAMILY_COUNTER,
		      NULL,
		      "Changes of the market that were written.",
		      { "provider", "kind" } },
	[PRICES_WRITTEN] = { "assay_prices_written",
			     FAMILY_COUNTER,
			     NULL,
			     "Prices that began to hold.",
			     { "provider" } },
	[PRICES_HELD] = { "assay_price_moves_held",
			  FAMILY_COUNTER,
			  NULL,
			  "Moves of prices that were not credible, and held.",
			  { "provider" } },
	[REVIEWS] = { "assay_reviews_open", FAMILY_GAUGE, NULL,
		      "Moves of prices that are held and wait for a decision." },
	[PROBES] = { "assay_probes",
		     FAMILY_COUNTER,
		     NULL,
		     "Probes that ended, by how and by whose fault.",
		     { "provider", "outcome", "fault" } },
	[PROBE_DURATION] = { "assay_probe_duration_seconds",
			     FAMILY_HISTOGRAM,
			     "seconds",
			     "From the request of a probe to the end of its answer, where it was answered.",
			     { "provider" },
			     BUCKETS(probe_bounds) },
	[PROBE_TTFT] = { "assay_probe_ttft_seconds",
			 FAMILY_HISTOGRAM,
			 "seconds",
			 "From the request of a probe to the first token of a streamed answer.",
			 { "provider" },
			 BUCKETS(probe_bounds) },
	[PROBE_TOKENS] = { "assay_probe_tokens",
			   FAMILY_COUNTER,
			   NULL,
			   "Tokens that probes used, as reported.",
			   { "provider", "kind" } },
	[PROBE_COST] = { "assay_probe_cost_dollars",
			 FAMILY_COUNTER,
			 "dollars",
			 "What probes cost.",
			 { "provider" },
			 .scale = SCALE_NANO },
	[PROBE_CYCLES] = { "assay_probe_cycles",
			   FAMILY_COUNTER,
			   NULL,
			   "Cycles of probes: run, or skipped because one before was still running.",
			   { "outcome" } },
	[PROBE_BUDGET] = { "assay_probe_budget_dollars", FAMILY_GAUGE, "dollars",
			   "What probes may cost in a UTC day; no series: no limit.",
			   .scale = SCALE_NANO },
	[PROBE_SPENT] = { "assay_probe_spent_dollars", FAMILY_GAUGE, "dollars",
			  "Spent and reserved since the UTC day began.", .scale = SCALE_NANO },
	[PUSHES] = { "assay_pushes",
		     FAMILY_COUNTER,
		     NULL,
		     "Pushes to the dataset.",
		     { "outcome" } },
	[PUSHED_ROWS] = { "assay_pushed_rows", FAMILY_COUNTER, NULL,
			  "Rows pushed to the dataset." },
	[CSV_ROWS] = { "assay_csv_pending_rows", FAMILY_GAUGE, NULL,
		       "Rows of measurements that wait to be pushed." },
	[BATCHES] = { "assay_csv_pending_batches", FAMILY_GAUGE, NULL,
		      "Batches of measurements that wait to be pushed." },
	[NOTICES] = { "assay_notices",
		      FAMILY_COUNTER,
		      NULL,
		      "Attempts to deliver a notice: delivered, or to be tried again.",
		      { "kind", "outcome" } },
	[OUTBOX] = { "assay_outbox_pending",
		     FAMILY_GAUGE,
		     NULL,
		     "Notices that are owed.",
		     { "kind" } },
	[OUTBOX_OLDEST] = { "assay_outbox_oldest_seconds", FAMILY_GAUGE, "seconds",
			    "Age of the oldest notice that is owed; 0: none is.",
			    .scale = SCALE_MS },
	[LATENESS] = { "assay_scheduler_lateness_seconds",
		       FAMILY_HISTOGRAM,
		       "seconds",
		       "How much later than due a scheduled task began.",
		       { "task" },
		       BUCKETS(late_bounds) },
	[LAG] = { "assay_loop_lag_seconds", FAMILY_HISTOGRAM, "seconds",
		  "Longest time that the loop was away from its sockets, one value a second.",
		  BUCKETS(lag_bounds) },
	[STORE_QUEUE] = { "assay_store_queue_depth", FAMILY_GAUGE, NULL,
			  "Jobs that wait for the thread that writes." },
	[REQUESTS] = { "assay_http_requests",
		       FAMILY_COUNTER,
		       NULL,
		       "Requests that were answered.",
		       { "route", "method", "status" } },
	[REQUEST_DURATION] = { "assay_http_request_duration_seconds",
			       FAMILY_HISTOGRAM,
			       "seconds",
			       "From the last header of a request to the last byte of its answer.",
			       { "route" },
			       BUCKETS(request_bounds) },
	[RESPONSE_BYTES] = { "assay_http_response_bytes",
			     FAMILY_COUNTER,
			     "bytes",
			     "Bytes of bodies that were sent.",
			     { "route" } },
	[PROCESS_CPU] = { "process_cpu_seconds", FAMILY_COUNTER, "seconds",
			  "User and system CPU time.", .scale = SCALE_US },
	[PROCESS_RESIDENT] = { "process_resident_memory_bytes", FAMILY_GAUGE, "bytes",
			       "Resident memory." },
	[PROCESS_VIRTUAL] = { "process_virtual_memory_bytes", FAMILY_GAUGE, "bytes",
			      "Virtual memory." },
	[PROCESS_FDS] = { "process_open_fds", FAMILY_GAUGE, NULL, "Open file descriptors." },
	[PROCESS_FDS_MAX] = { "process_max_fds", FAMILY_GAUGE, NULL,
			      "Most file descriptors that may be open." },
	[PROCESS_THREADS] = { "process_threads", FAMILY_GAUGE, NULL, "Threads." },
	[PROCESS_START] = { "process_start_time_seconds", FAMILY_GAUGE, "seconds",
			    "When the process began.", .scale = SCALE_MS },
};

/* The series that requests of one kind are counted in: found once, for that costs more than counting. */
enum { COUNTED = 256, COUNTED_PATTERN = 64, COUNTED_METHOD = 16 };
struct counted {
	int status;
	char pattern[COUNTED_PATTERN], method[COUNTED_METHOD];
	size_t requests, duration, bytes;
};

struct counters {
	pthread_mutex_t lock; /* of all that follows */
	struct families *families;
	struct hash view_name; /* whose gauges are in */
	bool has_view;
	int64_t outbox_oldest_ms;
	bool has_owed;
	struct counted counted[COUNTED];
};

static void lock(struct counters *c)
{
	(void)pthread_mutex_lock(&c->lock);
}

static void unlock(struct counters *c)
{
	(void)pthread_mutex_unlock(&c->lock);
}

#define LABELS(...) ((const struct str[FAMILY_LABELS_MAX]){ __VA_ARGS__ })

/* ---- making and ending ---- */

struct counters *counters_create(size_t series_max)
{
	struct counters *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	(void)pthread_mutex_init(&c->lock, NULL);
	c->families = families_create(table, FAMILIES, series_max);
	c->outbox_oldest_ms = CLOCK_NONE;
	families_set(c->families, BUILD, LABELS(STR(ASSAY_VERSION), str_of(MHD_get_version())), 1);
	families_set(c->families, PROCESS_START, NULL, clock_real_ms());
	return c;
}

void counters_destroy(struct counters *c)
{
	if (!c)
		return;
	families_destroy(c->families);
	(void)pthread_mutex_destroy(&c->lock);
	free(c);
}

/* ---- from the loop ---- */

static const char *outcome_name(const struct sync_report *r)
{
	static const char *const names[] = {
		[SYNC_OVERTAKEN] = "overtaken",
		[SYNC_INACTIVE] = "inactive",
	};

	if (r->outcome == SYNC_OVERTAKEN || r->outcome == SYNC_INACTIVE)
		return names[r->outcome];
	/* What failed may have been complete: it could not be read, or not be written. */
	if (r->outcome == SYNC_FAILED && r->completeness == FETCH_COMPLETE)
		return store_completeness_names[FETCH_FAILED];
	return store_completeness_names[r->completeness];
}

static void count_changes(struct families *f, struct str provider, const struct changes *changes)
{
	ARENA_AUTO(a);

	for (size_t i = 0; i < changes->n; i++) {
		const struct change *one = &changes->items[i];

		families_add(f, CHANGES, LABELS(provider, str_of(change_kind_names[one->kind])), 1);
		if (one->kind == CHANGE_PRICE &&
		    !str_is_none(change_find_tag(one, STR("suspect"), &a)))
			families_add(f, PRICES_HELD, LABELS(provider), 1);
	}
}

void counters_sync(struct counters *c, const struct sync_report *r)
{
	struct families *f = c->families;
	struct str provider = r->provider->slug;

	lock(c);
	families_add(f, SYNC_RUNS, LABELS(provider, str_of(outcome_name(r))), 1);
	families_add(f, SYNC_BYTES, LABELS(provider), (int64_t)r->bytes);
	families_observe(f, SYNC_DURATION, LABELS(provider), (int64_t)r->duration_us);
	if (r->outcome == SYNC_DONE) {
		families_set(f, SYNC_SUCCESS_TIME, LABELS(provider), clock_now_ms());
		families_set(f, SYNC_SKIPPED, LABELS(provider), (int64_t)r->skipped);
		families_add(f, PRICES_WRITTEN, LABELS(provider), (int64_t)r->prices_written);
		count_changes(f, provider, &r->changes);
	}
	unlock(c);
}

static void count_tokens(struct families *f, struct str provider, const char *kind, int64_t n)
{
	if (n >= 0)
		families_add(f, PROBE_TOKENS, LABELS(provider, str_of(kind)), n);
}

/* Money as billionths of a dollar, the rest cut off: enough for a gauge, and no double. */
static int64_t nano_dollars(const struct dec *d)
{
	char text[DEC_TEXT_MAX];
	struct str fraction = { text, dec_print(d, text) };
	struct str whole;
	char digits[SCALE_NANO + 1] = "000000000";
	int64_t dollars, nano;

	(void)str_cut(&fraction, '.', &whole);
	memcpy(digits, fraction.at, fraction.n < SCALE_NANO ? fraction.n : SCALE_NANO);
	if (!str_to_i64(whole, 0, INT64_MAX / S / MS - 1, &dollars) ||
	    !str_to_i64((struct str){ digits, SCALE_NANO }, 0, INT64_MAX, &nano))
		return INT64_MAX;
	return dollars * S * MS + nano;
}

/* The first piece of a stream, whether it was thought or said. */
static int64_t first_token_us(const struct stamps *s)
{
	if (s->first_reasoning_us == STAMP_NONE || s->first_content_us == STAMP_NONE)
		return s->first_reasoning_us == STAMP_NONE ? s->first_content_us
							   : s->first_reasoning_us;
	return s->first_reasoning_us < s->first_content_us ? s->first_reasoning_us
							   : s->first_content_us;
}

static bool was_answered(enum outcome o)
{
	return o == OUTCOME_OK || o == OUTCOME_WRONG_ANSWER || o == OUTCOME_LENGTH ||
	       o == OUTCOME_REFUSED;
}

void counters_sample(struct counters *c, const struct sample *s)
{
	static const char *const faults[] = {
		[FAULT_NONE] = "none",
		[FAULT_THEIRS] = "theirs",
		[FAULT_OURS] = "ours",
		[FAULT_NOBODYS] = "nobodys",
	};
	const struct outcome_info *how = &outcomes[s->outcome];
	struct families *f = c->families;
	int64_t first_us = first_token_us(&s->stamps);

	lock(c);
	families_add(f, PROBES, LABELS(s->provider, str_of(how->name), str_of(faults[how->fault])),
		     1);
	if (was_answered(s->outcome) && s->stamps.end_us != STAMP_NONE)
		families_observe(f, PROBE_DURATION, LABELS(s->provider), s->stamps.end_us);
	if (was_answered(s->outcome) && s->streamed && first_us != STAMP_NONE)
		families_observe(f, PROBE_TTFT, LABELS(s->provider), first_us);
	count_tokens(f, s->provider, "input", s->tokens.input);
	count_tokens(f, s->provider, "output", s->tokens.output);
	if (s->has_cost)
		families_add(f, PROBE_COST, LABELS(s->provider), nano_dollars(&s->cost));
	unlock(c);
}

void counters_cycle(struct counters *c, bool skipped)
{
	lock(c);
	families_add(c->families, PROBE_CYCLES, LABELS(skipped ? STR("skipped") : STR("run")), 1);
	unlock(c);
}

void counters_push(struct counters *c, bool ok, uint64_t rows)
{
	lock(c);
	families_add(c->families, PUSHES, LABELS(ok ? STR("ok") : STR("failed")), 1);
	families_add(c->families, PUSHED_ROWS, NULL, (int64_t)rows);
	unlock(c);
}

void counters_notice(struct counters *c, bool hook, bool delivered)
{
	enum notice_kind kind = hook ? NOTICE_HOOK : NOTICE_WEBHOOK;

	lock(c);
	families_add(c->families, NOTICES,
		     LABELS(str_of(notice_kind_names[kind]),
			    delivered ? STR("delivered") : STR("failed")),
		     1);
	unlock(c);
}

void counters_late(struct counters *c, const char *task, uint64_t late_us)
{
	lock(c);
	families_observe(c->families, LATENESS, LABELS(str_of(task)), (int64_t)late_us);
	unlock(c);
}

void counters_planned(struct counters *c, struct str provider, int64_t interval_ms,
		      int64_t last_success_ms)
{
	struct families *f = c->families;

	lock(c);
	families_set(f, SYNC_INTERVAL, LABELS(provider), interval_ms);
	if (last_success_ms != CLOCK_NONE)
		families_set(f, SYNC_SUCCESS_TIME, LABELS(provider), last_success_ms);
	/* A counter that begins at 1 shows Prometheus no increase. */
	for (size_t i = 0; i < sizeof(store_completeness_names) / sizeof(*store_completeness_names);
	     i++)
		families_add(f, SYNC_RUNS, LABELS(provider, str_of(store_completeness_names[i])),
			     0);
	unlock(c);
}

void counters_lag(struct counters *c, int64_t lag_us)
{
	lock(c);
	families_observe(c->families, LAG, NULL, lag_us);
	unlock(c);
}

void counters_owed(struct counters *c, const struct counters_owed *o)
{
	struct families *f = c->families;

	lock(c);
	for (size_t i = 0; i < NOTICE_KINDS; i++)
		families_set(f, OUTBOX, LABELS(str_of(notice_kind_names[i])),
			     (int64_t)o->outbox[i]);
	c->outbox_oldest_ms = o->outbox_oldest_ms;
	c->has_owed = true;
	families_set(f, PROBE_SPENT, NULL, nano_dollars(&o->spent_today));
	families_clear(f, PROBE_BUDGET);
	if (o->has_budget)
		families_set(f, PROBE_BUDGET, NULL, nano_dollars(&o->budget));
	families_set(f, STORE_QUEUE, NULL, (int64_t)o->store_queue);
	families_set(f, CSV_ROWS, NULL, (int64_t)o->csv_rows);
	families_set(f, BATCHES, NULL, (int64_t)o->batches);
	families_set(f, REVIEWS, NULL, (int64_t)o->reviews);
	unlock(c);
}

/* ---- from the pool's threads ---- */

/* Whoever asks chooses the method's name; he shall not choose names of series. */
static struct str known_method(const char *method)
{
	static const char *const known[] = { "GET",   "HEAD",   "POST",   "PUT",
					     "PATCH", "DELETE", "OPTIONS" };

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(known[i], method) == 0)
			return str_of(known[i]);
	return STR("other");
}

static char digit(int n)
{
	return (char)('0' + n % 10);
}

static void find_series(struct families *f, struct str route, struct str method, int status,
			struct counted *ret)
{
	const char text[] = { digit(status / 100), digit(status / 10), digit(status) };

	ret->requests = families_find(f, REQUESTS,
				      LABELS(route, method, (struct str){ text, sizeof(text) }));
	ret->duration = families_find(f, REQUEST_DURATION, LABELS(route));
	ret->bytes = families_find(f, RESPONSE_BYTES, LABELS(route));
}

static struct counted *counted_of(struct counters *c, const char *pattern, const char *method,
				  int status)
{
	struct str route = str_of(pattern), known = known_method(method);
	size_t h = (size_t)status;
	struct counted *found;

	for (size_t i = 0; i < route.n; i++)
		h = h * 31 + (unsigned char)route.at[i];
	found = &c->counted[(h + (unsigned char)known.at[0]) % COUNTED];
	if (found->status == status && !strcmp(found->pattern, pattern) &&
	    !strcmp(found->method, known.at))
		return found;
	find_series(c->families, route, known, status, found);
	/* What does not fit is looked up each time. */
	found->status = route.n < COUNTED_PATTERN ? status : 0;
	(void)snprintf(found->pattern, COUNTED_PATTERN, "%s", pattern);
	(void)snprintf(found->method, COUNTED_METHOD, "%s", known.at);
	return found;
}

void counters_request(struct counters *c, const char *pattern, const char *method, int status,
		      uint64_t us, uint64_t bytes)
{
	const struct counted *to;

	lock(c);
	to = counted_of(c, pattern ? pattern : "none", method, status);
	families_add_at(c->families, REQUESTS, to->requests, 1);
	families_observe_at(c->families, REQUEST_DURATION, to->duration, (int64_t)us);
	families_add_at(c->families, RESPONSE_BYTES, to->bytes, (int64_t)bytes);
	unlock(c);
}

/* ---- what the view says ---- */

enum model_state { MODEL_LISTED, MODEL_MISSING, MODEL_INACTIVE, MODEL_STATES };
enum { HEALTHS = sizeof(health_names) / sizeof(*health_names) };

static void count_segment(struct families *f, const struct view_segment *s)
{
	static const char *const states[MODEL_STATES] = { "listed", "missing", "inactive" };
	int64_t by_state[MODEL_STATES] = { 0 };
	int64_t by_health[HEALTHS] = { 0 };

	for (size_t i = 0; i < s->n; i++) {
		const struct view_model *m = &s->models[i];

		by_state[!m->is_active   ? MODEL_INACTIVE
			 : m->is_missing ? MODEL_MISSING
					 : MODEL_LISTED]++;
		by_health[m->health] += m->is_active;
	}
	for (size_t i = 0; i < MODEL_STATES; i++)
		families_add(f, MODELS, LABELS(s->slug, str_of(states[i])), by_state[i]);
	families_add(f, PROVIDERS, LABELS(s->is_active ? STR("active") : STR("inactive")), 1);
	for (size_t i = 0; i < HEALTHS; i++)
		families_add(f, MODELS_HEALTH, LABELS(s->slug, str_of(health_names[i])),
			     by_health[i]);
	for (size_t i = 0; s->is_active && i < HEALTHS; i++)
		families_set(f, HEALTH, LABELS(s->slug, str_of(health_names[i])), i == s->health);
}

/* Counted when the view is another than the one that was asked with before. */
static void count_view(struct counters *c, const struct view *v)
{
	static const size_t of_view[] = { MODELS, MODELS_HEALTH, PROVIDERS, HEALTH };

	families_set(c->families, VIEW_TIME, NULL, v->loaded_at_ms);
	if (c->has_view && hash_eq(&c->view_name, &v->name))
		return;
	for (size_t i = 0; i < sizeof(of_view) / sizeof(*of_view); i++)
		families_clear(c->families, of_view[i]);
	for (size_t i = 0; i < v->n; i++)
		count_segment(c->families, v->segments[i]);
	c->view_name = v->name;
	c->has_view = true;
}

static void count_usage(struct families *f, const struct usage *u)
{
	families_set(f, PROCESS_CPU, NULL, u->cpu_us);
	families_set(f, PROCESS_RESIDENT, NULL, u->resident_bytes);
	families_set(f, PROCESS_VIRTUAL, NULL, u->virtual_bytes);
	families_set(f, PROCESS_FDS, NULL, u->descriptors);
	families_set(f, PROCESS_FDS_MAX, NULL, u->descriptors_max);
	families_set(f, PROCESS_THREADS, NULL, u->threads);
}

static void count_age(struct counters *c, int64_t now_ms)
{
	bool none = c->outbox_oldest_ms == CLOCK_NONE || c->outbox_oldest_ms > now_ms;

	if (c->has_owed)
		families_set(c->families, OUTBOX_OLDEST, NULL,
			     none ? 0 : now_ms - c->outbox_oldest_ms);
}

void counters_print(struct counters *c, const struct view *v, bool openmetrics, struct buf *out)
{
	ARENA_AUTO(a);
	const struct families *copy;
	struct usage usage;
	bool has_usage = usage_now(&usage);

	lock(c);
	if (v)
		count_view(c, v);
	if (has_usage)
		count_usage(c->families, &usage);
	count_age(c, clock_now_ms());
	copy = families_copy(c->families, &a);
	unlock(c);
	families_print(copy, openmetrics, out);
}
