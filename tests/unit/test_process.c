#include "base/process.h"

#include "unit.h"
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_we_are_not_gone(void **state)
{
	const struct process *self = process_self();

	(void)state;
	assert_int_equal(self->pid, getpid());
	assert_true(self->started > 0);
	assert_true(*self->host);
	assert_false(process_is_gone(str_of(self->host), self->pid, self->started));
	assert_false(process_is_gone(str_of(self->host), self->pid, 0));
}

static void test_a_reused_pid_is_another_process(void **state)
{
	const struct process *self = process_self();

	(void)state;
	assert_true(process_is_gone(str_of(self->host), self->pid, self->started + 1));
}

static void test_a_dead_child_is_gone_before_it_is_buried(void **state)
{
	struct str host = str_of(process_self()->host);
	pid_t child = fork();
	siginfo_t how;

	(void)state;
	assert_true(child >= 0);
	if (child == 0) {
		(void)pause();
		_exit(0);
	}
	assert_false(process_is_gone(host, child, 0));
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitid(P_PID, (id_t)child, &how, WEXITED | WNOWAIT), 0);
	assert_true(process_is_gone(host, child, 0));
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_true(process_is_gone(host, child, 0));
}

static void test_of_another_host_nothing_is_known(void **state)
{
	(void)state;
	assert_false(process_is_gone(STR("elsewhere.invalid"), 999999, 1));
	assert_false(process_is_gone(STR(""), 999999, 1));
	assert_false(process_is_gone(str_of(process_self()->host), -1, 1));
	assert_false(process_is_gone(str_of(process_self()->host), INT64_MAX, 1));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_we_are_not_gone),
		cmocka_unit_test(test_a_reused_pid_is_another_process),
		cmocka_unit_test(test_a_dead_child_is_gone_before_it_is_buried),
		cmocka_unit_test(test_of_another_host_nothing_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
