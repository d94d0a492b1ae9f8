/* SPDX-License-Identifier: MIT */
#include "life_acts.h"

#include <stdlib.h>
#include <string.h>

#include "breed.h"
#include "providers.h"
#include "shape.h"

enum { CONTEXT_LOW = 8192, CONTEXT_HIGH = 4194304 };

static bool has_context(struct moment *t, const struct model *m)
{
	(void)t;
	return m->context_length != 0;
}

void life_move_context(struct moment *t)
{
	struct model *m = moment_any_that(t, SAYS_CONTEXT, has_context);

	if (!m)
		return;
	int64_t old = m->context_length;
	bool grow = old < 2 * CONTEXT_LOW || (old <= CONTEXT_HIGH / 2 && moment_chance(t, 55));

	m->context_length = grow ? old * 2 : old / 2;
	moment_tell_number(t, "context", m, "context_length", old, m->context_length, NULL);
}

static bool has_max_output(struct moment *t, const struct model *m)
{
	(void)t;
	return m->max_output != 0;
}

void life_move_max_output(struct moment *t)
{
	struct model *m = moment_any_that(t, SAYS_MAX_OUTPUT, has_max_output);

	if (!m)
		return;
	int64_t old = m->max_output;

	m->max_output = old <= 4096 || moment_chance(t, 50) ? old * 2 : old / 2;
	moment_tell_number(t, "context", m, "max_output_tokens", old, m->max_output, NULL);
}

void life_move_capability(struct moment *t)
{
	const struct shape *sh = t->shop->provider->shape;
	struct model *m = moment_any_that(t, SAYS_ABLE, NULL);
	uint32_t left = sh->toggles;

	if (!left || !m)
		return;
	for (size_t n = moment_below(t, (size_t)__builtin_popcount(left)); n; n--)
		left &= left - 1;
	uint32_t bit = left & -left;
	const struct kind_row *k = shape_kind(sh, m->kind);
	const char *no = sh->yes_no & bit ? "false" : NULL;

	if (k && !(k->able & bit))
		return;
	m->able ^= bit;
	bool now = m->able & bit;

	moment_tell(t, (struct event){ "capability", m, able_name((unsigned)__builtin_ctz(bit)),
				       now ? no : "true", now ? "true" : no, NULL, false });
}

/* "X", "X, ed. 2", "X, ed. 3", … and now and then "X" again. */
void life_rename_row(struct moment *t)
{
	struct model *m = moment_any_that(t, SAYS_NAME, NULL);

	if (!m)
		return;
	char *old = m->name;
	const char *edition = strstr(old, ", ed. ");
	size_t n = edition ? (size_t)(edition - old) : strlen(old);
	uint64_t next = edition ? strtoull(edition + strlen(", ed. "), NULL, 10) + 1 : 2;

	m->name = edition && moment_chance(t, 30)
			  ? sim_format("%.*s", (int)n, old)
			  : sim_format("%.*s, ed. %ju", (int)n, old, (uintmax_t)next);
	moment_tell(t, (struct event){ "renamed", m, "name", old, m->name, NULL, false });
	free(old);
}

void life_move_quantization(struct moment *t)
{
	struct model *m = moment_any_that(t, SAYS_QUANTIZATION, NULL);
	const char *new = m ? breed_quantization(t->shop->provider->shape, &t->shop->rng) : NULL;
	const char *old = m ? quantization_meaning(m->quantization) : NULL;

	if (!m || (old && !strcmp(old, quantization_meaning(new))))
		return;
	m->quantization = new;
	moment_tell(t, (struct event){ "quantization", m, "quantization", old,
				       quantization_meaning(new), NULL, false });
}

void life_move_replacement(struct moment *t)
{
	struct model *m = moment_any_that(t, SAYS_REPLACEMENT, NULL);
	const struct model *heir = m ? moment_any(t) : NULL;
	char *old = m ? m->replaced_by : NULL;

	if (!heir || heir == m || (old && !strcmp(old, heir->id)))
		return;
	m->replaced_by = old && moment_chance(t, 30) ? NULL : sim_strdup(heir->id);
	moment_tell(t, (struct event){ "replaced", m, "replaced_by", old, m->replaced_by, NULL,
				       false });
	free(old);
}
