#include "base/signals.h"

#include <signal.h>

/* Those above are real-time signals, which superservers do not touch. */
#define LAST_NAMED 31

void
signals_reset(void)
{
	struct sigaction act = { .sa_handler = SIG_DFL };
	sigset_t none;
	int number;

	(void)sigemptyset(&act.sa_mask);
	/* For SIGKILL and SIGSTOP it fails, and nothing is to be done. */
	for (number = 1; number <= LAST_NAMED; number++)
		(void)sigaction(number, &act, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

void
signals_ignore(int number)
{
	struct sigaction act = { .sa_handler = SIG_IGN };

	(void)sigemptyset(&act.sa_mask);
	(void)sigaction(number, &act, NULL);
}

void
signals_start(void)
{
	signals_reset();
	signals_ignore(SIGPIPE);
	signals_ignore(SIGXFSZ);
}
