#include "task/lease.h"

#include "base/clock.h"
#include "base/process.h"

static struct store_lease lease_of_ours(struct str name, int64_t lasts_ms)
{
	const struct process *self = process_self();
	int64_t now = clock_real_ms();

	return (struct store_lease){
		.name = name,
		.host = str_of(self->host),
		.pid = self->pid,
		.pid_started = self->started,
		.taken_at_ms = now,
		.expires_at_ms = now + lasts_ms,
	};
}

/* A lease from the future is of a host whose clock is wrong: it would never run out. */
static bool is_gone(const struct store_lease *holder, const struct store_lease *want)
{
	return process_is_gone(holder->host, holder->pid, holder->pid_started) ||
	       holder->taken_at_ms > want->expires_at_ms;
}

bool lease_take(struct store *s, struct str name, int64_t lasts_ms, struct arena *a,
		bool *ret_taken, struct store_lease *ret_mine, struct store_lease *ret_holder,
		struct err *e)
{
	struct store_lease want = lease_of_ours(name, lasts_ms);

	if (!store_lease_take(s, &want, NULL, a, ret_taken, ret_holder, e))
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
