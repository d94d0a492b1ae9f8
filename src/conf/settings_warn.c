#include "conf/settings_parts.h"

/* What we set for hooks: a command of ours that a hook runs sees them. */
static const char *const hook_names[] = { "ASSAY_HASH", "ASSAY_PREV_HASH", "ASSAY_PROVIDER",
					  "ASSAY_NOTICE_ID" };

static void warn(struct settings *s, struct str sentence)
{
	struct str *grown = arena_array(&s->arena, s->n_warnings + 1, struct str);

	if (s->n_warnings)
		memcpy(grown, s->warnings, s->n_warnings * sizeof(*grown));
	grown[s->n_warnings++] = sentence;
	s->warnings = grown;
}

enum { NAME_MAX_COMPARED = 48 };

/* Letters to insert, drop or replace to make b of a. */
static size_t edit_distance(struct str a, struct str b)
{
	size_t row[NAME_MAX_COMPARED + 1];

	for (size_t j = 0; j <= b.n; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			size_t best = diagonal + (a.at[i - 1] != b.at[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[b.n];
}

/* NULL when no name is near; of a short name two letters are no slip but another word. */
static const char *nearest_name(struct str name)
{
	size_t least = 2 + name.n / 12;
	const char *nearest = NULL;

	if (name.n > NAME_MAX_COMPARED)
		return NULL;
	for (size_t i = 0; i < settings_table_n; i++) {
		size_t distance = edit_distance(name, str_of(settings_table[i].name));

		if (distance >= least)
			continue;
		least = distance;
		nearest = settings_table[i].name;
	}
	return nearest;
}

static bool is_known(struct str name)
{
	for (size_t i = 0; i < settings_table_n; i++) {
		if (str_eq(name, str_of(settings_table[i].name)))
			return true;
	}
	for (size_t i = 0; i < sizeof(hook_names) / sizeof(hook_names[0]); i++) {
		if (str_eq(name, str_of(hook_names[i])))
			return true;
	}
	return false;
}

bool settings_warn_unknown(struct settings *s, struct str name, struct str value, struct err *e)
{
	const char *nearest;

	(void)value;
	(void)e;
	if (!str_starts(name, STR("ASSAY_")) || is_known(name))
		return true;
	nearest = nearest_name(name);
	warn(s, arena_printf(&s->arena, "%s is no setting of assay%s%s%s",
			     err_quote(name.at, name.n), nearest ? ": did you mean " : "",
			     nearest ? nearest : "", nearest ? "?" : ""));
	return true;
}

void settings_warn_misplaced(struct settings *s)
{
	for (size_t i = 0; i < settings_table_n; i++) {
		const char *name = settings_table[i].name;

		if (settings_table[i].flags & SETTING_ENV_ONLY &&
		    dotenv_get(&s->file, str_of(name)).n > 0)
			warn(s,
			     arena_printf(&s->arena,
					  "%s has no effect in a file: set it in the environment",
					  name));
	}
}
