/* SPDX-License-Identifier: MIT */
/*
 * life_acts: everything that may befall a shop that lives; how often is said in life.c.
 *
 * Each act draws whom it befalls, and does nothing where there is nobody or the provider's documents
 * have no words for it.
 */
#pragma once
#include "moment.h"

/* life_rows.c: rows that come and go, announced ends, outages */
void life_add_row(struct moment *t);
void life_remove_row(struct moment *t);
void life_row_back(struct moment *t, const struct due *d);
void life_announce_end(struct moment *t);
void life_move_end(struct moment *t);
void life_take_end_back(struct moment *t);
void life_keep_dates(struct moment *t); /* every hour */
void life_lose_some(struct moment *t);
void life_lose_many(struct moment *t);

/* life_prices.c: prices that move, and keys that many rows get or lose at once */
void life_move_price(struct moment *t);
void life_price_back(struct moment *t, const struct due *d);
/* To that number and state; what follows from it is worked out, nothing is told. */
void life_set_price(struct model *m, struct price *p, const struct price *to);
void life_publish_widely(struct moment *t);
void life_publish_partly(struct moment *t);
void life_withdraw_widely(struct moment *t);
void life_say_limits(struct moment *t);

/* life_facts.c */
void life_move_context(struct moment *t);
void life_move_max_output(struct moment *t);
void life_move_capability(struct moment *t);
void life_rename_row(struct moment *t);
void life_move_quantization(struct moment *t);
void life_move_replacement(struct moment *t);
