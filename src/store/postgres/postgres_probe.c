/*
 * postgres_probe: what probes leave behind.
 */
#include "store/postgres/postgres.h"

bool postgres_save_samples(struct store *s, const struct store_sample *samples, size_t n,
			   struct err *e)
{
	(void)s;
	(void)samples;
	(void)n;
	return err_set(e, ERR_DB, "save_samples: not written yet");
}

bool postgres_list_samples(struct store *s, const struct store_sample_query *q, store_sample_fn *fn,
			   void *arg, struct err *e)
{
	(void)s;
	(void)q;
	(void)fn;
	(void)arg;
	return err_set(e, ERR_DB, "list_samples: not written yet");
}

bool postgres_open_csv_file(struct store *s, struct str host, struct str path, int64_t now_ms,
			    struct arena *a, struct store_csv_file *ret, struct err *e)
{
	(void)s;
	(void)host;
	(void)path;
	(void)now_ms;
	(void)a;
	(void)ret;
	return err_set(e, ERR_DB, "open_csv_file: not written yet");
}

bool postgres_save_csv_file(struct store *s, const struct store_csv_file *f, struct err *e)
{
	(void)s;
	(void)f;
	return err_set(e, ERR_DB, "save_csv_file: not written yet");
}

bool postgres_load_batches(struct store *s, struct str host, struct arena *a,
			   struct store_csv_file **ret, size_t *ret_n, struct err *e)
{
	(void)s;
	(void)host;
	(void)a;
	(void)ret;
	(void)ret_n;
	return err_set(e, ERR_DB, "load_batches: not written yet");
}

bool postgres_load_spool(struct store *s, struct str host, struct str path, uint64_t limit,
			 struct arena *a, struct store_spooled **ret, size_t *ret_n, struct err *e)
{
	(void)s;
	(void)host;
	(void)path;
	(void)limit;
	(void)a;
	(void)ret;
	(void)ret_n;
	return err_set(e, ERR_DB, "load_spool: not written yet");
}

bool postgres_unspool(struct store *s, const int64_t *sample_ids, const uint64_t *ends, size_t n,
		      int64_t csv_file_id, struct err *e)
{
	(void)s;
	(void)sample_ids;
	(void)ends;
	(void)n;
	(void)csv_file_id;
	return err_set(e, ERR_DB, "unspool: not written yet");
}

bool postgres_load_job(struct store *s, const char *name, struct arena *a, struct str *ret_state,
		       struct err *e)
{
	(void)s;
	(void)name;
	(void)a;
	(void)ret_state;
	return err_set(e, ERR_DB, "load_job: not written yet");
}

bool postgres_save_job(struct store *s, const char *name, int64_t now_ms, struct str state,
		       struct str error, struct err *e)
{
	(void)s;
	(void)name;
	(void)now_ms;
	(void)state;
	(void)error;
	return err_set(e, ERR_DB, "save_job: not written yet");
}

bool postgres_reserve(struct store *s, const struct store_budget *b, int64_t now_ms,
		      struct store_reservation *r, size_t n, struct err *e)
{
	(void)s;
	(void)b;
	(void)now_ms;
	(void)r;
	(void)n;
	return err_set(e, ERR_DB, "reserve: not written yet");
}

bool postgres_release_reservations(struct store *s, const int64_t *ids, size_t n, struct err *e)
{
	(void)s;
	(void)ids;
	(void)n;
	return err_set(e, ERR_DB, "release_reservations: not written yet");
}

bool postgres_spent(struct store *s, struct str provider, int64_t since_ms, struct dec *ret,
		    struct err *e)
{
	(void)s;
	(void)provider;
	(void)since_ms;
	(void)ret;
	return err_set(e, ERR_DB, "spent: not written yet");
}

bool postgres_load_corrections(struct store *s, struct arena *a, struct store_correction **ret,
			       size_t *ret_n, struct err *e)
{
	(void)s;
	(void)a;
	(void)ret;
	(void)ret_n;
	return err_set(e, ERR_DB, "load_corrections: not written yet");
}

bool postgres_save_correction(struct store *s, const struct store_correction *c, struct err *e)
{
	(void)s;
	(void)c;
	return err_set(e, ERR_DB, "save_correction: not written yet");
}

bool postgres_load_endpoints(struct store *s, struct str provider, struct arena *a,
			     struct store_endpoint_row **ret, size_t *ret_n, struct err *e)
{
	(void)s;
	(void)provider;
	(void)a;
	(void)ret;
	(void)ret_n;
	return err_set(e, ERR_DB, "load_endpoints: not written yet");
}

bool postgres_update_health(struct store *s, const struct health_conf *conf, int64_t now_ms,
			    struct err *e)
{
	(void)s;
	(void)conf;
	(void)now_ms;
	return err_set(e, ERR_DB, "update_health: not written yet");
}
