#include "store/migrate.h"

int migrate_latest(const struct migrate_tables *t)
{
	return t->steps[*t->n_steps - 1].version;
}

bool migrate_version(struct store *s, const struct migrate_tables *t, int *ret, struct err *e)
{
	struct err ignored;
	bool ours;

	if (!t->is_ours(s, &ours, e))
		return false;
	/* Two statements: another process may have made its schema, which is ours, between them. */
	if (!ours && !t->is_free(s, e) && (!t->is_ours(s, &ours, &ignored) || !ours))
		return false;
	if (ours)
		return t->newest(s, ret, e);
	*ret = 0;
	return true;
}

bool migrate_is_not_newer(const struct migrate_tables *t, int version, struct err *e)
{
	return version <= migrate_latest(t) ||
	       err_set(e, ERR_CONFIG,
		       "schema %d is newer than this program, which knows %d: use the assay that"
		       " wrote it, or a later one",
		       version, migrate_latest(t));
}

bool migrate_is_current(const struct migrate_tables *t, int version, struct err *e)
{
	if (!migrate_is_not_newer(t, version, e))
		return false;
	return version == migrate_latest(t) ||
	       err_set(e, ERR_CONFIG,
		       "schema %d is older than this program's %d: run `assay migrate` (every"
		       " writing command does)",
		       version, migrate_latest(t));
}

/* Under the lock: somebody else may have done it while we waited for it. */
static bool step_locked(struct store *s, const struct migrate_tables *t,
			const struct store_migration *m, struct err *e)
{
	int version;

	return migrate_version(s, t, &version, e) && (version >= m->version || t->apply(s, m, e));
}

static bool step(struct store *s, const struct migrate_tables *t, const struct store_migration *m,
		 struct err *e)
{
	if (!t->begin(s, e))
		return false;
	if (step_locked(s, t, m, e) && t->commit(s, e))
		return true;
	t->rollback(s);
	return err_wrap(e, "migration %s", m->name);
}

bool migrate_run(struct store *s, const struct migrate_tables *t, int version, struct err *e)
{
	for (int i = 0; i < *t->n_steps; i++)
		if (t->steps[i].version > version && !step(s, t, &t->steps[i], e))
			return false;
	return true;
}
