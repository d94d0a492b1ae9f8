/*
 * contract: what the contract suite needs of a database that store.h does not
 * give: an empty one, and somebody else's SQL.  Here, and only here, a test
 * knows which database it runs on; each back end adds a row to the table in
 * contract.c.
 *
 * Beside it the smallest honest sync: what a provider lists now against what
 * is stored, through store.h alone.
 */
#pragma once
#include "store/store.h"

/* The databases under test: the words of ASSAY_TEST_DATABASES, else a SQLite file of our own. */
const char *const *contract_urls(size_t *ret_n);
/* Take away what contract_urls() made. */
void contract_tidy(void);

/* As if it had never been used. */
void contract_wipe(const char *url);
/* In an empty database the schema of an older program: the steps up to `version`. */
void contract_make_old(const char *url, int version);
/* Statements by another connection, as an operator would type them. */
void contract_exec(const char *url, const char *sql);
/* The same with rows: '|' between columns, '\n' behind each row, NULL as "-"; free() it. */
char *contract_query(const char *url, const char *sql);
/* Every row of a table in order of id. */
char *contract_dump(const char *url, const char *table);
/* The next rows of providers, models, prices get ids above 2^31. */
void contract_raise_ids(const char *url);

/* One sync of one provider in one transaction: what a task does, less its rules. */
struct contract_counts {
	size_t written, versions, opened, closed, missing, returned, changes;
};
bool contract_sync(struct store *s, const struct catalog *c, int64_t at_ms,
		   struct contract_counts *ret, struct err *e);

/* A model with nothing said but its id; and one with a price of input and of output tokens. */
struct model contract_bare_model(const char *id);
struct model contract_model(struct arena *a, const char *id, const char *input, const char *output);
struct price contract_price(enum meter meter, const char *condition, const char *amount);

/* Reproducible chance. */
struct contract_random {
	uint64_t state;
};
uint32_t contract_below(struct contract_random *r, uint32_t n);
/* A catalog of up to `n` models in which everything that may vary does. */
struct catalog contract_random_catalog(struct contract_random *r, size_t n, struct arena *a);
