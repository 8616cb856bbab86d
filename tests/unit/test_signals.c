/*
 * Signals as a careless superserver leaves them, and as programs of ours want
 * them.
 */
#include "base/signals.h"
#include "unit.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

static const int named[] = {
	SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM, SIGCHLD, SIGPIPE, SIGUSR1,
	SIGUSR2, SIGTSTP, SIGTTIN, SIGTTOU, SIGXCPU, SIGXFSZ, SIGABRT, SIGSEGV,
};

static void
spoil(void)
{
	sigset_t all;
	size_t i;

	for (i = 0; i < COUNT(named); i++)
		signals_ignore(named[i]);
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
}

static bool
is_ignored(int number)
{
	struct sigaction act;

	return sigaction(number, NULL, &act) == 0 && act.sa_handler == SIG_IGN;
}

static bool
is_default(int number)
{
	struct sigaction act;

	return sigaction(number, NULL, &act) == 0 && act.sa_handler == SIG_DFL;
}

static int
blocked(void)
{
	sigset_t set;
	size_t i;
	int n = 0;

	(void)sigprocmask(SIG_SETMASK, NULL, &set);
	for (i = 0; i < COUNT(named); i++)
		n += sigismember(&set, named[i]);
	return n;
}

/* 0, or which of the named signals was wrong; cmocka keeps its own handlers. */
static int
in_a_child(void (*act)(void), int (*wrong)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		spoil();
		act();
		_exit(blocked() != 0 ? 200 : wrong());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int
not_default(void)
{
	size_t i;

	for (i = 0; i < COUNT(named); i++)
		if (!is_default(named[i]))
			return named[i];
	return 0;
}

static int
not_as_at_the_start(void)
{
	size_t i;

	for (i = 0; i < COUNT(named); i++)
		if (named[i] == SIGPIPE || named[i] == SIGXFSZ ?
		    !is_ignored(named[i]) : !is_default(named[i]))
			return named[i];
	return 0;
}

static void
reset__ignored_and_blocked__are_default_and_free(void **state)
{
	(void)state;
	assert_int_equal(in_a_child(signals_reset, not_default), 0);
}

static void
start__ignored_and_blocked__two_stay_ignored(void **state)
{
	(void)state;
	assert_int_equal(in_a_child(signals_start, not_as_at_the_start), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    reset__ignored_and_blocked__are_default_and_free),
		cmocka_unit_test(start__ignored_and_blocked__two_stay_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
