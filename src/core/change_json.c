#include "core/change_json.h"

#include "base/clock.h"

void change_json(struct json_writer *w, int64_t id, int64_t at_ms, struct str provider,
		 const struct change *c)
{
	char at[CLOCK_TEXT_MAX];

	json_open(w, '{');
	json_add_i64(w, "id", id);
	json_add_str(w, "at", str_of(clock_text(at_ms, at)));
	json_add_str(w, "provider", provider);
	json_add_str(w, "model", c->model);
	json_add_str(w, "kind", str_of(change_kind_names[c->kind]));
	json_add_str(w, "field", c->field);
	json_add_str(w, "old", c->old_value);
	json_add_str(w, "new", c->new_value);
	json_add_str(w, "ratio", c->ratio);
	json_add_raw(w, "tags", str_is_none(c->tags) ? STR("[]") : c->tags);
	json_close(w, '}');
}
