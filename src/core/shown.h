/*
 * shown: what table `models` shows of a model: what its provider says, less the prices
 * that are held, with an operator's values laid over.  Pure functions; what is
 * observed, hashed and compared never goes through here.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "core/model.h"

/* The amount in force of one price while the observed one is held; "0" is free. */
struct shown_price {
	enum meter meter;
	struct str condition, amount;
};

/* An operator's value of one column of `models`, as text in its canonical spelling. */
struct shown_value {
	struct str field, value;
};

/* The columns that an operator may lay a value over, from 0 on; NULL behind the last. */
const char *shown_field(size_t i);

/* ERR_USAGE names the fields that there are. */
bool shown_check(struct str field, struct err *e);

/*
 * What an operator typed, as it is to be kept: amounts exact and without exponent,
 * instants in UTC, "yes" and "no".  ERR_USAGE says what the field takes, or which fields
 * there are.  An empty text is none: a field is given back, not emptied.
 */
bool shown_parse(struct str field, struct str typed, struct arena *a, struct str *ret,
		 struct err *e);

/* What the model says in that field, in the same spelling; absent: nothing.  A price: in USD or not. */
struct str shown_said(const struct model *m, struct str field, struct arena *a);

/*
 * The model as it is shown: `m` itself when nothing is laid over it.  Else a copy in the
 * arena that shares its strings, good for its columns: its prices are in no order.
 */
const struct model *shown_model(const struct model *m, const struct shown_price *held,
				size_t n_held, const struct shown_value *values, size_t n_values,
				struct arena *a);
