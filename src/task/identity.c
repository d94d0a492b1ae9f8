#include "task/identity.h"

#include "base/file.h"
#include "base/fingerprint.h"
#include "base/json.h"

enum { ALIASES_MAX = 16 << 20 };

/* ---- rules ---- */

static bool load_file(struct str path, struct arena *a, struct identity_aliases *ret, struct err *e)
{
	struct str text;

	if (str_is_none(path))
		return true;
	if (!file_read(path.at, ALIASES_MAX, a, &text, e))
		return err_wrap(e, "ASSAY_ALIASES");
	return identity_aliases_read(text, a, ret, e) ||
	       err_wrap(e, "ASSAY_ALIASES: %s", err_quote(path.at, path.n));
}

static bool read_row(const struct store_alias *row, struct arena *a, struct identity_alias *ret,
		     struct err *e)
{
	struct str alias = row->alias;

	if (!str_is_none(row->provider))
		alias = arena_printf(a, "%.*s:%.*s", STR_FMT(row->provider), STR_FMT(alias));
	return identity_alias_read(alias, row->canonical_id.n ? row->canonical_id : STR_NONE, a,
				   ret, e) ||
	       err_wrap(e, "table aliases, row %lld", (long long)row->id);
}

static bool load_table(struct store *s, struct arena *a, struct identity_aliases *ret,
		       struct err *e)
{
	struct store_alias *rows;
	size_t n;

	if (!s)
		return true;
	if (!store_load_aliases(s, a, &rows, &n, e))
		return false;
	ret->at = arena_array(a, n, struct identity_alias);
	for (; ret->n < n; ret->n++)
		if (!read_row(&rows[ret->n], a, &ret->at[ret->n], e))
			return false;
	return identity_aliases_sort(ret, e) || err_wrap(e, "table aliases");
}

/* No alias holds a NUL, and no canonical id is empty: each list has one text. */
static struct str basis_of(const struct identity_aliases *aliases, struct arena *a)
{
	struct fingerprinter *f = fingerprinter_create();
	char text[HASH_TEXT_MAX];
	struct hash h;

	for (size_t i = 0; i < aliases->n; i++) {
		fingerprinter_add(f, aliases->at[i].alias.at, aliases->at[i].alias.n);
		fingerprinter_add(f, "", 1);
		if (!str_is_none(aliases->at[i].canonical))
			fingerprinter_add(f, aliases->at[i].canonical.at,
					  aliases->at[i].canonical.n);
		fingerprinter_add(f, "", 1);
	}
	fingerprinter_end(f, &h);
	fingerprinter_destroy(f);
	return arena_printf(a, "%d %s", IDENTITY_VERSION, hash_text(&h, text));
}

bool identity_rules_load(struct str path, struct store *s, struct arena *a,
			 struct identity_rules *ret, struct err *e)
{
	struct identity_aliases file = { 0 }, table = { 0 };

	if (!load_file(path, a, &file, e) || !load_table(s, a, &table, e))
		return false;
	ret->aliases = identity_aliases_join(&table, &file, a);
	ret->basis = basis_of(&ret->aliases, a);
	return true;
}

/* ---- one model ---- */

/* A model carried over from what was observed has it in its metadata alone. */
static struct str hugging_face_id(const struct model *m, struct arena *a)
{
	static const char key[] = "\"" MODEL_HUGGING_FACE_KEY "\"";
	JSON_DOC_AUTO(doc);
	struct err ignored;

	if (!str_is_none(m->hugging_face_id) || str_is_none(m->metadata) ||
	    !memmem(m->metadata.at, m->metadata.n, key, sizeof(key) - 1) ||
	    !json_read(m->metadata, &doc, &ignored))
		return m->hugging_face_id;
	/* Copied: the document ends here. */
	return arena_str(
		a, json_str(yyjson_obj_get(yyjson_doc_get_root(doc), MODEL_HUGGING_FACE_KEY), a));
}

struct identity identity_of_model(const struct identity_rules *rules, struct str provider,
				  const struct model *m, struct arena *a)
{
	struct identity_row row = { provider, m->id, hugging_face_id(m, a) };

	return identity_of(&row, &rules->aliases, a);
}

/* ---- what is stored ---- */

bool identity_follow(struct store *s, const struct identity_rules *rules, int64_t provider_id,
		     struct str provider, int64_t at_ms, struct err *e)
{
	ARENA_AUTO(a);
	struct store_identity *rows;
	size_t n, n_differing = 0;

	if (!store_load_identities(s, provider_id, &a, &rows, &n, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		struct identity_row row = { provider, rows[i].provider_model_id,
					    rows[i].hugging_face_id };
		struct identity is = identity_of(&row, &rules->aliases, &a);

		if (str_same(is.canonical, rows[i].canonical_id) &&
		    str_same(is.evidence, rows[i].canonical_evidence))
			continue;
		rows[n_differing] = rows[i];
		rows[n_differing].canonical_id = is.canonical;
		rows[n_differing++].canonical_evidence = is.evidence;
	}
	return store_save_identities(s, provider_id, at_ms, rows, n_differing, rules->basis, e);
}

/* In its own transaction; another process may have done it while we waited for the lock. */
static bool refresh_one(struct store *s, const struct identity_rules *rules,
			const struct store_identity_state *p, int64_t at_ms, struct err *e)
{
	if (!store_begin(s, p->provider.at, e))
		return false;
	if (identity_follow(s, rules, p->provider_id, p->provider, at_ms, e) && store_commit(s, e))
		return true;
	store_rollback(s);
	return err_wrap(e, "canonical ids of %s", err_quote(p->provider.at, p->provider.n));
}

bool identity_refresh(struct store *s, const struct identity_rules *rules, int64_t at_ms,
		      struct err *e)
{
	ARENA_AUTO(a);
	struct store_identity_state *states;
	struct err failure;
	bool ok = true;
	size_t n;

	if (!store_load_identity_states(s, &a, &states, &n, e))
		return false;
	for (size_t i = 0; i < n && (ok || e->kind == ERR_BUSY); i++) {
		if (!states[i].has_new && str_same(states[i].basis, rules->basis))
			continue;
		if (refresh_one(s, rules, &states[i], at_ms, &failure) || !ok)
			continue;
		*e = failure;
		ok = false;
	}
	return ok;
}
