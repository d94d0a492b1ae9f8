/*
 * probe_setup: what probes need, made of the settings, for `assay probe`, the service and `assay check`.
 *
 *	probe_setup_init() ▶ callbacks of conf: the caller's ▶ probe_setup_open() ▶ probe_setup_store()
 *	▶ its `ready` ▶ probe_setup_start() ▶ conf.ended ▶ probe_setup_close()
 */
#pragma once
#include "cmd/cmd.h"
#include "task/probe_schedule.h"

struct probe_setup {
	struct schedule_conf conf;
	struct probe_conf probe;
	struct fetcher *lists, *uploads;
	struct asker *asker;
	struct recorder *rec;
	struct prober *prober;
	struct schedule *schedule; /* NULL until probe_setup_start() */
};

/* What the caller wants of a cycle that no setting says. */
struct probe_wish {
	bool trending; /* Hugging Face's list; it, or the catalog, or both */
	bool catalog;
	struct pick_query pick; /* of the catalog; slugs as typed, replaced by the descriptors' */
	bool stream, fresh;
	uint64_t cycles; /* 0: until stopped */
};

/*
 * Of the settings alone; nothing is opened.  ERR_USAGE for what is wrong or not set, by name.
 * What it points to is in the command's arena or of the settings.
 */
bool probe_setup_init(struct probe_setup *p, const struct cmd_context *c,
		      const struct probe_wish *w, struct err *e);
/* What leads outwards.  Whether it fails or not, probe_setup_close() is due. */
bool probe_setup_open(struct probe_setup *p, const struct cmd_context *c, struct loop *l,
		      struct err *e);
/* Puts buffer and database right with each other, then calls `ready`, as recorder_create(). */
void probe_setup_store(struct probe_setup *p, struct store_thread *store, record_fn *ready,
		       void *arg);
void probe_setup_start(struct probe_setup *p);
/* After conf.ended: as it was before probe_setup_start().  What waits to be stored waits on. */
void probe_setup_rest(struct probe_setup *p);
/* After a `ready` that said why not, not from inside it: as before probe_setup_store(). */
void probe_setup_forget(struct probe_setup *p);
/* After conf.ended, or where nothing was started.  The loop has some closing left to do. */
void probe_setup_close(struct probe_setup *p);

/*
 * The table of endpoints, with the operator's file over it; *ret_path is that file, or NULL where
 * there is none.  ERR_CONFIG, ERR_IO name it.
 */
bool probe_endpoints(const struct settings *s, struct arena *a, const char **ret_path,
		     struct endpoints **ret, struct err *e);
