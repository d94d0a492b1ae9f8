#include "task/lease.h"

#include "base/process.h"

static bool lease_of_ours(struct store *s, struct str name, int64_t lasts_ms,
			  struct store_lease *ret, struct err *e)
{
	const struct process *self = process_self();
	int64_t now;

	if (!store_lease_clock(s, &now, e))
		return false;
	*ret = (struct store_lease){
		.name = name,
		.host = str_of(self->host),
		.pid = self->pid,
		.pid_started = self->started,
		.taken_at_ms = now,
		.expires_at_ms = now + lasts_ms,
	};
	return true;
}

/*
 * A lease from the future is of a host whose clock is wrong: it would never run out.  Of our own host it is of
 * before the clock was set back, and who took it is there still.
 */
static bool is_gone(const struct store_lease *holder, const struct store_lease *want)
{
	return process_is_gone(holder->host, holder->pid, holder->pid_started) ||
	       (!str_eq(holder->host, want->host) && holder->taken_at_ms > want->expires_at_ms);
}

bool lease_take(struct store *s, struct str name, int64_t lasts_ms, struct arena *a,
		bool *ret_taken, struct store_lease *ret_mine, struct store_lease *ret_holder,
		struct err *e)
{
	struct store_lease want;

	if (!lease_of_ours(s, name, lasts_ms, &want, e) ||
	    !store_lease_take(s, &want, NULL, a, ret_taken, ret_holder, e))
		return false;
	if (!*ret_taken && is_gone(ret_holder, &want)) {
		struct store_lease dead = *ret_holder;

		if (!store_lease_take(s, &want, &dead, a, ret_taken, ret_holder, e))
			return false;
	}
	if (*ret_taken)
		*ret_mine = want;
	return true;
}

bool lease_is_ours(struct store *s, const struct store_lease *mine, bool *ret, struct err *e)
{
	ARENA_AUTO(scratch);
	struct store_lease holder;

	if (!store_lease_find(s, mine->name, &scratch, &holder, e))
		return false;
	*ret = str_eq(holder.host, mine->host) && holder.pid == mine->pid &&
	       holder.pid_started == mine->pid_started;
	return true;
}
