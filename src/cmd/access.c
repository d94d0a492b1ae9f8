#include "cmd/access.h"

#include "base/secret.h"

/* A service account's credentials are a secret only where they are not a path. */
static struct str find_key(const struct cmd_context *c, const struct descriptor *d,
			   const char **ret_variable)
{
	struct str key;

	if (d->auth == AUTH_NONE)
		return STR_NONE;
	if (d->auth != AUTH_GOOGLE)
		return settings_key(c->settings, d->env, ret_variable);
	key = settings_value(c->settings, d->env, ret_variable);
	if (str_starts(key, STR("{")))
		secret_hide(key);
	return key;
}

static bool find_variable(const struct cmd_context *c, const struct variable *x, struct str *ret,
			  const char **ret_missing, struct err *e)
{
	const char *name = x->env[0];
	struct str value = settings_value(c->settings, x->env, &name);

	if (value.n == 0)
		value = x->fallback;
	if (value.n == 0 && !*ret_missing)
		*ret_missing = x->env[0];
	*ret = value;
	return value.n == 0 || descriptor_is_value(value) ||
	       err_set(e, ERR_USAGE,
		       "%s: only letters, digits, '.', '_' and '-' may stand in it, for it goes "
		       "into a URL",
		       name);
}

bool access_find(const struct cmd_context *c, const struct descriptor *d, struct sync_access *ret,
		 const char **ret_missing, struct err *e)
{
	struct str *values = arena_array(c->arena, d->n_variables + 1, struct str);
	const char *variable = NULL;
	struct sync_access access = { .variables = values };

	access.key = find_key(c, d, &variable);
	access.key_variable = str_of(variable);
	*ret_missing = d->key_required && access.key.n == 0 ? d->env[0] : NULL;
	for (size_t i = 0; i < d->n_variables; i++)
		if (!find_variable(c, &d->variables[i], &values[i], ret_missing, e))
			return false;
	*ret = access;
	return true;
}

bool access_find_all(const struct cmd_context *c, const struct descriptor *const *providers,
		     size_t n, struct syncer_access **ret, struct err *e)
{
	struct syncer_access *all = arena_array(c->arena, n + 1, struct syncer_access);

	for (size_t i = 0; i < n; i++) {
		const struct descriptor *d = providers[i];
		const char *missing;

		if (!access_find(c, d, &all[i].access, &missing, e))
			return false;
		all[i].provider = d;
		all[i].missing = str_of(missing);
		all[i].missing_is_key = d->key_required && missing == d->env[0];
	}
	*ret = all;
	return true;
}

bool access_find_known(const struct cmd_context *c, struct syncer_access **ret, struct err *e)
{
	const struct registry *known = c->registry;
	const struct descriptor **all =
		arena_array(c->arena, known->n + 1, const struct descriptor *);

	for (size_t i = 0; i < known->n; i++)
		all[i] = &known->items[i];
	return access_find_all(c, all, known->n, ret, e);
}

struct str access_lack(const struct syncer_access *a, struct arena *arena)
{
	return arena_printf(arena, "%s: set %s",
			    a->missing_is_key ? "API key not configured" : "not configured",
			    a->missing.at);
}
