#include "base/log.h"
#include "cmd/service.h"

enum { MS_PER_S = 1000, AGAIN_MS = 60 * MS_PER_S };

/* ---- what is told ---- */

static void on_sample(void *arg, const struct sample *sample)
{
	struct service *s = arg;

	counters_sample(s->counters, sample);
}

static void on_slot(void *arg, uint64_t late_us, uint64_t skipped)
{
	struct service *s = arg;

	for (uint64_t i = 0; i < skipped; i++)
		counters_cycle(s->counters, true);
	if (skipped)
		return;
	if (s->probe_waits)
		log_say(LOG_INFO, "probe: runs again");
	s->probe_waits = false;
	counters_cycle(s->counters, false);
	counters_late(s->counters, "probe", late_us);
}

static void on_cycle(void *arg, const struct cycle_report *r)
{
	struct service *s = arg;

	(void)r;
	view_refresh_all(s->views); /* health has moved, perhaps of many */
}

static void on_pushed(void *arg, const struct push_report *r, const struct err *e)
{
	struct service *s = arg;

	counters_push(s->counters, !e, r->rows);
	if (e)
		log_event(LOG_ERROR, "the push failed, its rows are kept",
			  LOG_UINT("batches_left", r->left), LOG_ERR(e));
}

/* After a minute, or at what would be the next cycle. */
static void try_again(struct service *s, const struct err *why)
{
	int64_t every_ms = s->c->settings->schedule_interval_ms;
	int64_t wait_ms = every_ms < AGAIN_MS ? every_ms : AGAIN_MS;

	if (!s->probe_waits)
		log_event(LOG_WARN, "probe: cannot run now, it is tried again",
			  LOG_INT("every_s", wait_ms / MS_PER_S), LOG_ERR(why));
	s->probe_waits = true;
	timetable_touch(s->probe_again);
	timetable_next_exactly(s->probe_again, wait_ms, str_of(why->text));
}

static void on_ended(void *arg, const struct schedule_end *end)
{
	struct service *s = arg;

	s->probe_runs = false;
	if (s->stopping)
		return;
	if (end->no_place)
		try_again(s, &end->err);
	else
		log_event(LOG_ERROR, "probe: there are no more cycles", LOG_ERR(&end->err));
}

/* ---- begin ---- */

/* The variable or switch that stands in the way, NULL: nothing does. */
static const char *why_not(const struct settings *set)
{
	if (!set->schedule)
		return "ASSAY_SCHEDULE is off";
	if (!set->probe)
		return "ASSAY_PROBE is not on";
	return set->hf_token.n || set->probe_targets == PROBE_CATALOG ? NULL
								      : "HF_TOKEN is not set";
}

/* "a, b": both of them. */
static size_t read_list(struct str text, struct arena *a, const struct str **ret)
{
	struct str *items = arena_array(a, text.n + 1, struct str);
	size_t n = 0;

	while (text.n) {
		struct str item;

		(void)str_cut(&text, ',', &item);
		item = str_trim(item);
		if (item.n)
			items[n++] = item;
	}
	*ret = items;
	return n;
}

static struct probe_wish wish_of(const struct settings *set, struct arena *a)
{
	struct probe_wish w = {
		.trending = set->probe_targets != PROBE_CATALOG,
		.catalog = set->probe_targets != PROBE_TRENDING,
		.pick = { .sort = PICK_OLDEST, .top = (uint64_t)set->probe_top },
		.stream = set->probe_stream,
	};

	w.pick.n_models = read_list(set->probe_models, a, &w.pick.models);
	w.pick.n_providers = read_list(set->probe_providers, a, &w.pick.providers);
	return w;
}

bool service_probe_prepare(struct service *s, struct err *e)
{
	const struct settings *set = s->c->settings;
	const char *why = why_not(set);
	const struct probe_wish wish = wish_of(set, s->c->arena);

	if (why) {
		log_event(LOG_INFO, "probe: not run", LOG_TEXT("why", why));
		log_event(LOG_INFO, "push: not run", LOG_TEXT("why", "there are no probes"));
		return true;
	}
	if (!probe_setup_init(&s->probe, s->c, &wish, e))
		return false;
	log_event(LOG_INFO, "probe: runs", LOG_INT("every_s", set->schedule_interval_ms / MS_PER_S),
		  LOG_BOOL("trending", wish.trending), LOG_BOOL("catalog", wish.catalog));
	if (s->probe.conf.push)
		log_event(LOG_INFO, "push: runs", LOG_STR("dataset", set->hf_dataset_repo_id),
			  LOG_INT("every_cycles", set->push_interval_cycles));
	s->probe_is_open = true;
	return true;
}

static void start(struct service *s)
{
	timetable_rest(s->probe_again, STR("cycles keep their own grid"));
	probe_setup_start(&s->probe);
}

static void on_ready(void *arg, const struct err *e)
{
	struct service *s = arg;

	s->probe_is_ready = !e;
	if (!e && !s->stopping) {
		start(s);
		return;
	}
	s->probe_runs = false;
	if (!s->stopping)
		try_again(s, e);
}

static void on_again(void *arg, struct timetable_entry *entry, uint64_t late_us)
{
	struct service *s = arg;

	(void)entry;
	(void)late_us;
	if (s->stopping)
		return;
	s->probe_runs = true;
	probe_setup_rest(&s->probe);
	if (s->probe_is_ready) {
		start(s);
		return;
	}
	probe_setup_forget(&s->probe);
	probe_setup_store(&s->probe, s->store, on_ready, s);
}

bool service_probe_start(struct service *s, struct err *e)
{
	struct schedule_conf *conf = &s->probe.conf;

	if (!s->probe_is_open)
		return true;
	conf->cycle.sample = on_sample;
	conf->cycle.done = on_cycle;
	conf->cycle.arg = conf->arg = s;
	conf->slot = on_slot;
	conf->pushed = on_pushed;
	conf->ended = on_ended;
	if (!probe_setup_open(&s->probe, s->c, s->loop, e))
		return false;
	s->probe_again = timetable_add(s->timetable, STR("probe"), on_again, s);
	s->probe_runs = true;
	probe_setup_store(&s->probe, s->store, on_ready, s);
	return true;
}

/* ---- end ---- */

static void on_flushed(void *arg, const struct err *e)
{
	struct service *s = arg;

	s->probe_runs = false;
	if (e)
		log_event(LOG_ERROR, "probe: rows are not kept", LOG_ERR(e));
}

void service_probe_stop(struct service *s)
{
	if (s->probe_runs && s->probe.schedule) {
		schedule_stop(s->probe.schedule);
	} else if (s->probe_waits && !s->probe_runs && s->probe.rec) {
		/* Rows of what ran before may wait still. */
		s->probe_runs = true;
		record_flush(s->probe.rec, on_flushed, s);
	}
}

void service_probe_close(struct service *s)
{
	if (s->probe_is_open)
		probe_setup_close(&s->probe);
}
