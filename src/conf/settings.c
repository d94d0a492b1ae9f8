#include "conf/settings.h"

#include "base/secret.h"
#include "conf/settings_parts.h"

static bool load(struct settings *s, struct err *e)
{
	if (!settings_read_file(s, e) || !settings_hide(s, e) || !settings_read(s, e) ||
	    !settings_check_admin_key(s, e))
		return false;
	settings_warn_misplaced(s);
	return settings_each(s, settings_warn_unknown, e);
}

bool settings_load(struct settings *ret, char *const *environment, struct err *e)
{
	struct settings s = { .environment = environment, .arena = ARENA_INIT };

	s.origin = arena_array(&s.arena, settings_table_n, unsigned char);
	if (!load(&s, e)) {
		arena_release(&s.arena);
		return false;
	}
	*ret = s;
	return true;
}

void settings_release(struct settings *s)
{
	arena_release(&s->arena);
	*s = (struct settings){ 0 };
}

enum setting_origin settings_origin(const struct settings *s, const char *name)
{
	for (size_t i = 0; i < settings_table_n; i++) {
		if (strcmp(settings_table[i].name, name) == 0)
			return (enum setting_origin)s->origin[i];
	}
	return SETTING_DEFAULT;
}

bool settings_differ(const struct settings *a, const struct settings *b, const struct setting *row)
{
	const void *x = (const char *)a + row->offset;
	const void *y = (const char *)b + row->offset;

	switch (row->type) {
	case SETTING_INTEGER:
	case SETTING_DURATION:
	case SETTING_WORD:
		return *(const int64_t *)x != *(const int64_t *)y;
	case SETTING_INSTANT:
		return *(const int64_t *)x != *(const int64_t *)y ||
		       a->now_offset_ms != b->now_offset_ms;
	case SETTING_LEVEL:
		return *(const enum log_level *)x != *(const enum log_level *)y;
	case SETTING_SWITCH:
		return *(const bool *)x != *(const bool *)y;
	default:
		return !str_eq(*(const struct str *)x, *(const struct str *)y);
	}
}

struct str settings_value(const struct settings *s, const char *const names[],
			  const char **ret_name)
{
	for (; *names; names++) {
		enum setting_origin origin;
		struct str value = str_trim(settings_lookup(s, str_of(*names), &origin));

		if (value.n == 0)
			continue;
		*ret_name = *names;
		return value;
	}
	return STR_NONE;
}

struct str settings_key(const struct settings *s, const char *const names[], const char **ret_name)
{
	struct str value = settings_value(s, names, ret_name);

	secret_hide(value);
	return value;
}

bool settings_check_database(const struct settings *s, struct err *e)
{
	enum setting_origin origin;

	if (settings_origin(s, "DATABASE_URL") != SETTING_DEFAULT ||
	    (str_is_none(settings_lookup(s, STR("SUPABASE_URL"), &origin)) &&
	     str_is_none(settings_lookup(s, STR("SUPABASE_KEY"), &origin))))
		return true;
	return err_set(e, ERR_USAGE,
		       "SUPABASE_URL and SUPABASE_KEY are not used: Supabase is PostgreSQL, its "
		       "connection string goes into DATABASE_URL (postgres:// or postgresql://)");
}
