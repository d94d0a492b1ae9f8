/* SPDX-License-Identifier: MIT */
/* What tests order of chat endpoints, POST /sim/chat. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

#include "chat.h"
#include "query.h"
#include "spelling.h"

/* One thing that is to hold. */
struct order {
	struct aim aim;
	struct programme programme;
	bool programmed; /* some member of it was named */
	const char *outcome;
	struct due due;
	bool reset;
	const char *wrong;
};

static bool take_count(const char *value, uint64_t *out)
{
	char *end;

	*out = strtoull(value, &end, 10);
	return *value && !*end;
}

static bool take_chance(const char *value, double *out)
{
	char *end;

	*out = strtod(value, &end);
	return end != value && !*end && *out >= 0 && *out <= 1;
}

/* What is no member of a programme; false: unknown or wrong. */
static bool order_word(struct order *o, const char *name, const char *value)
{
	bool none = !strcmp(value, "none");

	if (!strcmp(name, "provider") || !strcmp(name, "model") || !strcmp(name, "reset"))
		return true; /* taken before */
	if (!strcmp(name, "times"))
		return take_count(value, &o->due.times);
	if (!strcmp(name, "skip"))
		return take_count(value, &o->due.skip);
	if (!strcmp(name, "retry_after"))
		return take_count(value, &o->due.retry_after);
	if (!strcmp(name, "chance"))
		return take_chance(value, &o->due.chance);
	if (strcmp(name, "outcome") != 0)
		return false;
	o->outcome = value;
	o->due.mishap = none ? NULL : mishap_named(value);
	return none || o->due.mishap;
}

static void order_set(struct order *o, const char *name, const char *value)
{
	if (o->wrong)
		return;
	if (programme_has(name)) {
		o->programmed = true;
		o->wrong = programme_set(&o->programme, name, value);
	} else if (!order_word(o, name, value)) {
		o->wrong = name;
	}
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static struct aim aim_copy(const struct aim *a)
{
	return (struct aim){ a->provider ? sim_strdup(a->provider) : NULL,
			     a->model ? sim_strdup(a->model) : NULL };
}

static bool aim_same(const struct aim *a, const struct aim *b)
{
	return same(a->provider, b->provider) && same(a->model, b->model);
}

static void put_ruling(struct chat *c, const struct order *o)
{
	struct ruling *r = NULL;

	for (size_t i = 0; i < c->ruling_count && !r; i++)
		if (aim_same(&c->rulings[i].aim, &o->aim))
			r = &c->rulings[i];
	if (!r) {
		c->rulings = realloc(c->rulings, (c->ruling_count + 1) * sizeof(*r));
		if (!c->rulings)
			abort();
		r = &c->rulings[c->ruling_count++];
		r->aim = aim_copy(&o->aim);
	}
	r->programme = o->programme;
}

static void put_due(struct chat *c, const struct order *o)
{
	c->dues = realloc(c->dues, (c->due_count + 1) * sizeof(*c->dues));
	if (!c->dues)
		abort();
	c->dues[c->due_count] = o->due;
	c->dues[c->due_count++].aim = aim_copy(&o->aim);
}

/* "none", and whatever is for good and sure, takes back what was said before to the same. */
static void put_outcome(struct chat *c, const struct order *o)
{
	bool for_good = o->due.mishap && !o->due.times && o->due.chance >= 1;

	for (size_t i = c->due_count; i--;)
		if (aim_same(&c->dues[i].aim, &o->aim) &&
		    (!o->due.mishap || (for_good && !c->dues[i].times)))
			chat_drop_due(c, i);
	if (o->due.mishap)
		put_due(c, o);
}

void chat_forget(struct chat *c)
{
	for (size_t i = 0; i < c->ruling_count; i++)
		aim_release(&c->rulings[i].aim);
	c->ruling_count = 0;
	while (c->due_count)
		chat_drop_due(c, c->due_count - 1);
}

/* A programme goes on from what held so far for the same. */
static void order_begin(const struct chat *c, struct order *o)
{
	const struct names n = { o->aim.provider ? o->aim.provider : "", NULL,
				 o->aim.model ? o->aim.model : "" };

	o->programme = chat_programme(c, &n);
	o->due = (struct due){ .chance = 1, .retry_after = 1 };
}

static void carry_out(struct chat *c, struct order *o)
{
	if (o->wrong)
		return;
	if (o->programmed)
		put_ruling(c, o);
	if (o->outcome)
		put_outcome(c, o);
}

/* --- orders as JSON and as a query --- */

static char *value_text(yyjson_val *v)
{
	if (yyjson_is_str(v))
		return sim_strdup(yyjson_get_str(v));
	if (yyjson_is_bool(v))
		return sim_strdup(yyjson_get_bool(v) ? "1" : "0");
	return yyjson_is_num(v) ? yyjson_val_write(v, 0, NULL) : sim_strdup("");
}

static const char *static_name(const char *name)
{
	static char kept[PROGRAMME_WORD]; /* lives until the refusal is written */

	snprintf(kept, sizeof(kept), "%s", name);
	return kept;
}

/* What an order says, each name with its value; then it holds. */
struct said_so {
	char *name, *value;
};

static const char *obey(struct chat *c, const struct said_so *said, size_t n)
{
	struct order o = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (!strcmp(said[i].name, "provider"))
			o.aim.provider = said[i].value;
		else if (!strcmp(said[i].name, "model"))
			o.aim.model = said[i].value;
		else if (!strcmp(said[i].name, "reset") && !strcmp(said[i].value, "1"))
			chat_forget(c);
	}
	order_begin(c, &o);
	for (size_t i = 0; i < n; i++)
		order_set(&o, said[i].name, said[i].value);
	carry_out(c, &o);
	return o.wrong ? static_name(o.wrong) : NULL;
}

enum { SAID_MAX = 64 };

static const char *obey_object(struct chat *c, yyjson_val *order)
{
	struct said_so said[SAID_MAX] = { 0 };
	size_t i, n, count = 0;
	yyjson_val *key, *value;
	const char *wrong;

	if (!yyjson_is_obj(order) || yyjson_obj_size(order) > SAID_MAX)
		return "the body";
	yyjson_obj_foreach(order, i, n, key, value)
	{
		said[count].name = sim_strdup(yyjson_get_str(key));
		said[count++].value = value_text(value);
	}
	wrong = obey(c, said, count);
	while (count--) {
		free(said[count].name);
		free(said[count].value);
	}
	return wrong;
}

static const char *obey_body(struct chat *c, const struct http_request *rq)
{
	yyjson_doc *doc = yyjson_read(rq->body, rq->body_n, 0);
	yyjson_val *root = yyjson_doc_get_root(doc), *order;
	const char *wrong = NULL;
	size_t i, n;

	if (yyjson_is_arr(root)) {
		yyjson_arr_foreach(root, i, n, order)
		{
			if (!wrong)
				wrong = obey_object(c, order);
		}
	} else {
		wrong = obey_object(c, root);
	}
	yyjson_doc_free(doc);
	return wrong;
}

static const char *obey_query(struct chat *c, const char *query)
{
	struct said_so said[SAID_MAX] = { 0 };
	size_t count = 0;
	const char *wrong = NULL;

	while (*query && count < SAID_MAX) {
		size_t n = strcspn(query, "&"), key = strcspn(query, "=&");

		said[count].name = sim_format("%.*s", (int)key, query);
		said[count].value = query_text(query, said[count].name);
		count++;
		query += n + (query[n] == '&');
	}
	if (count)
		wrong = obey(c, said, count);
	while (count--) {
		free(said[count].name);
		free(said[count].value);
	}
	return wrong;
}

const char *chat_control(struct chat *c, const struct http_request *rq, struct buf *out)
{
	const char *wrong = obey_query(c, rq->query);

	if (!wrong && rq->body_n)
		wrong = obey_body(c, rq);
	buf_printf(out, "{\"programmes\":%zu,\"outcomes\":%zu}", c->ruling_count, c->due_count);
	return wrong;
}

void chat_help(struct buf *out)
{
	buf_str(out, "{\"programme\":");
	programme_help(out);
	buf_str(out, ",\"spellings\":");
	spelling_list(out);
	buf_str(out, ",\"outcomes\":");
	mishap_list(out);
	buf_char(out, '}');
}
