/*
 * migrate: from whatever is there to the schema of this program: what the back ends share.
 *
 * Steps are numbered, go forward only, and each is one transaction together with its row in
 * schema_version.  Nothing is written to what is not ours or newer than we are.
 */
#pragma once
#include "store/backend.h"

/* What a back end brings. */
struct migrate_tables {
	const struct store_migration *steps;
	const int *n_steps;
	/* Ours is told by the shape of schema_version: it survives a dump and a restore. */
	bool (*is_ours)(struct store *s, bool *ret, struct err *e);
	/* ERR_CONFIG: tables of somebody else are in our way. */
	bool (*is_free)(struct store *s, struct err *e);
	bool (*newest)(struct store *s, int *ret, struct err *e); /* of schema_version */
	/* A transaction that waits for others' steps; ended by its commit or rollback. */
	bool (*begin)(struct store *s, struct err *e);
	bool (*commit)(struct store *s, struct err *e);
	void (*rollback)(struct store *s);
	/* Its SQL, and its row. */
	bool (*apply)(struct store *s, const struct store_migration *step, struct err *e);
};

/* 0: there is none yet, and room for one. */
bool migrate_version(struct store *s, const struct migrate_tables *t, int *ret, struct err *e);
int migrate_latest(const struct migrate_tables *t);

/* Is it this program's?  ERR_CONFIG: newer; older.  The sentence does not say of which database. */
bool migrate_is_not_newer(const struct migrate_tables *t, int version, struct err *e);
bool migrate_is_current(const struct migrate_tables *t, int version, struct err *e);

/* All steps after `version`. */
bool migrate_run(struct store *s, const struct migrate_tables *t, int version, struct err *e);
