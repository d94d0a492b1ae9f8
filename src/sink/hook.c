#include "sink/hook.h"

#include "base/hash.h"
#include "base/json.h"

#define HASH_MARK STR("{hash}")
#define PREV_MARK STR("{prev_hash}")

enum { COMMAND_MAX = 1 << 20, ADDED = 4 };

void hook_format(const struct hook_notice *n, struct buf *out)
{
	struct json_writer w = { .out = out };

	json_open(&w, '{');
	json_add_str(&w, "id", n->id);
	json_add_str(&w, "provider", n->provider);
	json_add_str(&w, "hash", n->hash);
	json_add_str(&w, "prev_hash", n->prev_hash);
	json_close(&w, '}');
}

/* Copied: what json_str() gives may be the document's. */
static struct str member(yyjson_val *root, const char *key, struct arena *a)
{
	return arena_str(a, json_str(yyjson_obj_get(root, key), a));
}

bool hook_parse(struct str payload, struct arena *a, struct hook_notice *ret, struct err *e)
{
	JSON_DOC_AUTO(doc);
	yyjson_val *root;

	if (!json_read(payload, &doc, e))
		return false;
	root = yyjson_doc_get_root(doc);
	*ret = (struct hook_notice){
		.id = member(root, "id", a),
		.provider = member(root, "provider", a),
		.hash = member(root, "hash", a),
		.prev_hash = member(root, "prev_hash", a),
	};
	return true;
}

bool hook_needs_prev(struct str command)
{
	return command.n && memmem(command.at, command.n, PREV_MARK.at, PREV_MARK.n);
}

static bool check_hash(struct str text, struct err *e)
{
	struct hash h;

	return hash_parse(text, &h) ||
	       err_set(e, ERR_DATA, "\"%s\" is no hash", err_quote(text.at, text.n));
}

bool hook_command(struct str command, const struct hook_notice *n, struct arena *a,
		  const char **ret, struct err *e)
{
	BUF_AUTO(out, COMMAND_MAX);

	if (!check_hash(n->hash, e) || (!str_is_none(n->prev_hash) && !check_hash(n->prev_hash, e)))
		return false;
	while (command.n) {
		size_t taken = 1;

		if (str_starts(command, HASH_MARK)) {
			taken = HASH_MARK.n;
			buf_add_str(&out, n->hash);
		} else if (str_starts(command, PREV_MARK)) {
			taken = PREV_MARK.n;
			buf_add_str(&out, n->prev_hash);
		} else {
			buf_add_char(&out, *command.at);
		}
		command.at += taken;
		command.n -= taken;
	}
	if (buf_overflowed(&out))
		return err_set(e, ERR_LIMIT, "the command is longer than %d bytes", COMMAND_MAX);
	*ret = arena_cstr(a, buf_str(&out));
	return true;
}

static bool is_ours(const char *entry, const char *const *names)
{
	struct str rest = str_of(entry);
	struct str name;

	if (!str_cut(&rest, '=', &name))
		return false;
	for (; *names; names++)
		if (str_eq(name, str_of(*names)))
			return true;
	return false;
}

char *const *hook_environment(char *const *environment, const struct hook_notice *n,
			      struct arena *a)
{
	static const char *const names[ADDED + 1] = { "ASSAY_HASH", "ASSAY_PREV_HASH",
						      "ASSAY_PROVIDER", "ASSAY_NOTICE_ID", NULL };
	const struct str values[ADDED] = { n->hash, n->prev_hash, n->provider, n->id };
	size_t room = ADDED + 1;
	size_t count = 0;
	char **out;

	for (char *const *at = environment; *at; at++)
		room++;
	out = arena_array(a, room, char *);
	for (char *const *at = environment; *at; at++)
		if (!is_ours(*at, names))
			out[count++] = *at;
	for (size_t i = 0; i < ADDED; i++)
		out[count++] =
			arena_cstr(a, arena_printf(a, "%s=%.*s", names[i], STR_FMT(values[i])));
	return out;
}
