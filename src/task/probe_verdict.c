/*
 * What is known only when others have ended, too.
 */
#include "base/log.h"
#include "task/probe_round.h"

/* ---- agreement ---- */

struct agreeing {
	struct arena arena;
	struct store_agreement *rows;
	size_t n;
	int64_t since_ms;
	bool ok;
	struct err err;
};

static void save(struct store *s, void *arg)
{
	struct agreeing *g = arg;

	g->ok = store_save_agreement(s, g->since_ms, g->rows, g->n, &g->err);
}

static void on_saved(void *arg)
{
	struct agreeing *g = arg;

	if (!g->ok)
		log_event(LOG_ERROR, "probe: who agrees with whom is not kept", LOG_ERR(&g->err));
	arena_release(&g->arena);
	free(g);
}

static void add_row(struct agreeing *g, const struct sample *s)
{
	struct arena *a = &g->arena;

	g->rows[g->n++] = (struct store_agreement){
		.group_key = arena_str(a, s->group_key),
		.provider = arena_str(a, s->provider),
		.provider_model_id = arena_str(a, s->provider_model_id),
		.agrees = s->agrees,
	};
}

static void keep(struct cycle *c, const struct cycle_group *g)
{
	struct agreeing *job = calloc(1, sizeof(*job));

	if (!job)
		abort();
	job->since_ms = c->began_real_ms;
	job->rows = arena_array(&job->arena, g->n, struct store_agreement);
	for (size_t i = g->first; i < g->first + g->n; i++)
		if (c->states[i].kept && c->samples[i].agrees >= 0)
			add_row(job, &c->samples[i]);
	if (job->n) {
		store_thread_post(c->conf->store, save, on_saved, job);
		return;
	}
	arena_release(&job->arena);
	free(job);
}

void cycle_agree(struct cycle *c, const struct cycle_group *g)
{
	struct str *answers = arena_array(&c->arena, g->n, struct str);
	int *agrees = arena_array(&c->arena, g->n, int);

	for (size_t i = 0; i < g->n; i++)
		answers[i] = c->samples[g->first + i].answer;
	prompt_agreement(answers, g->n, agrees);
	for (size_t i = 0; i < g->n; i++)
		c->samples[g->first + i].agrees = agrees[i];
	keep(c, g);
}

/* ---- our own network ---- */

static bool is_no_way(enum outcome o)
{
	return o == OUTCOME_DNS || o == OUTCOME_CONNECT || o == OUTCOME_TIMEOUT_CONNECT;
}

static struct str host_of(struct str url)
{
	const char *at = memmem(url.at, url.n, "://", 3);
	struct str host = STR_NONE;

	if (at) {
		url.n -= (size_t)(at + 3 - url.at);
		url.at = at + 3;
	}
	(void)str_cut(&url, '/', &host);
	return host;
}

enum { PROBES_ENOUGH = 5, HOSTS_ENOUGH = 3 };

bool cycle_is_cut_off(const struct cycle *c)
{
	struct str hosts[HOSTS_ENOUGH];
	size_t n_hosts = 0;
	size_t n = 0;

	for (size_t i = 0; i < c->n_calls; i++) {
		struct str host;
		size_t k = 0;

		if (!c->states[i].has_sample || c->samples[i].outcome == OUTCOME_CANCELLED)
			continue;
		if (!is_no_way(c->samples[i].outcome))
			return false;
		n++;
		host = host_of(c->samples[i].url);
		while (k < n_hosts && !str_eq(hosts[k], host))
			k++;
		if (k == n_hosts && n_hosts < HOSTS_ENOUGH)
			hosts[n_hosts++] = host;
	}
	return n >= PROBES_ENOUGH || n_hosts >= HOSTS_ENOUGH;
}
