#include "web/rate.h"

#include <assert.h>
#include <stdlib.h>

enum { MINUTE_US = 60 * 1000 * 1000, US_PER_S = 1000 * 1000 };

/*
 * `until_us`: by then all that was taken has been earned, one each MINUTE_US / per_minute (the generic
 * cell rate algorithm); a minute ahead of now is all that anybody may owe.
 */
struct owed {
	struct owed *next;
	char *name;
	uint64_t until_us;
};

struct rate {
	uint64_t each_us;
	struct owed *names;
};

struct rate *rate_create(uint32_t per_minute)
{
	struct rate *r = calloc(1, sizeof(*r));

	assert(per_minute > 0);
	if (!r)
		abort();
	r->each_us = MINUTE_US / per_minute;
	return r;
}

void rate_destroy(struct rate *r)
{
	while (r && r->names) {
		struct owed *o = r->names;

		r->names = o->next;
		free(o->name);
		free(o);
	}
	free(r);
}

static struct owed *owed_of(struct rate *r, struct str name)
{
	struct owed *o = r->names;

	while (o && !str_eq(str_of(o->name), name))
		o = o->next;
	if (o)
		return o;
	o = calloc(1, sizeof(*o));
	if (!o || !(o->name = strndup(name.at, name.n)))
		abort();
	o->next = r->names;
	r->names = o;
	return o;
}

bool rate_take(struct rate *r, struct str name, uint64_t now_us, uint64_t *ret_wait_s)
{
	struct owed *o = owed_of(r, name);
	uint64_t from_us = o->until_us > now_us ? o->until_us : now_us;

	if (from_us + r->each_us > now_us + MINUTE_US) {
		*ret_wait_s = (from_us + r->each_us - now_us - MINUTE_US) / US_PER_S + 1;
		return false;
	}
	o->until_us = from_us + r->each_us;
	return true;
}

void rate_give_back(struct rate *r, struct str name)
{
	struct owed *o = owed_of(r, name);

	o->until_us -= o->until_us > r->each_us ? r->each_us : o->until_us;
}
