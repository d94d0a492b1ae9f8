#include "conf/settings_parts.h"

struct str settings_environment(char *const *environment, struct str name)
{
	for (; *environment; environment++) {
		struct str value = str_of(*environment);
		struct str found;

		if (str_cut(&value, '=', &found) && str_eq(found, name))
			return value;
	}
	return STR_NONE;
}

struct str settings_lookup(const struct settings *s, struct str name, enum setting_origin *ret)
{
	struct str value = settings_environment(s->environment, name);

	*ret = SETTING_ENVIRONMENT;
	if (str_is_none(value)) {
		*ret = SETTING_FILE;
		value = dotenv_get(&s->file, name);
	}
	if (value.n > 0)
		return value;
	*ret = SETTING_DEFAULT;
	return STR_NONE;
}

bool settings_each(struct settings *s, settings_variable_fn *fn, struct err *e)
{
	for (char *const *at = s->environment; *at; at++) {
		struct str value = str_of(*at);
		struct str name;

		if (str_cut(&value, '=', &name) && !fn(s, name, value, e))
			return false;
	}
	for (size_t i = 0; i < s->file.n; i++) {
		struct str name = s->file.entries[i].name;

		if (str_is_none(settings_environment(s->environment, name)) &&
		    !fn(s, name, s->file.entries[i].value, e))
			return false;
	}
	return true;
}

bool settings_read_file(struct settings *s, struct err *e)
{
	struct str named = settings_environment(s->environment, STR("ASSAY_ENV_FILE"));
	bool must_exist = named.n > 0;
	const char *path = must_exist ? named.at : ".env";

	s->env_file = arena_str(&s->arena, str_of(path));
	if (dotenv_read(path, must_exist, &s->arena, &s->file, e))
		return true;
	return must_exist ? err_wrap(e, "ASSAY_ENV_FILE") : false;
}
