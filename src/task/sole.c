#include "task/sole.h"

#include "base/clock.h"
#include "task/lease.h"

#include <inttypes.h>

bool sole_take(struct store *s, struct sole *ret, struct err *e)
{
	ARENA_AUTO(scratch);
	char since[CLOCK_TEXT_MAX];
	struct store_lease holder;
	struct store_lease mine;
	bool taken;

	ret->taken_by_other = false;
	if (!lease_take(s, STR("serve"), SOLE_LEASE_MS, &scratch, &taken, &mine, &holder, e))
		return false;
	ret->taken_by_other = !taken;
	if (!taken)
		return err_set(e, ERR_BUSY,
			       "another assay serve has this database: process %" PRId64
			       " on %s, since %s",
			       holder.pid, err_quote(holder.host.at, holder.host.n),
			       clock_text(holder.taken_at_ms, since));
	ret->lease = mine;
	return true;
}

void sole_release(struct store *s, struct sole *mine)
{
	struct err e;

	if (mine->lease.name.n)
		(void)store_lease_release(s, &mine->lease, &e);
	mine->lease.name = STR_NONE;
}
