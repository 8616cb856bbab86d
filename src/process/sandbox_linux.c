#include "process/sandbox.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <errno.h>
#include <signal.h>
#include <unistd.h>

static int
no_core(void)
{
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) == -1)
		return -1;
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* A role is nothing without its monitor: it ends when that one does. */
static int
follow(pid_t monitor)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1)
		return -1;
	if (getppid() != monitor) {
		errno = ESRCH;
		return -1;
	}
	return 0;
}

int
sandbox_monitor(void)
{
	return no_core();
}

/* What both roles beside the monitor have in common. */
static int
confine(pid_t monitor)
{
	if (no_core() == -1 || follow(monitor) == -1)
		return -1;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

int
sandbox_front(pid_t monitor)
{
	return confine(monitor);
}

int
sandbox_tls(pid_t monitor)
{
	return confine(monitor);
}

int
sandbox_session(pid_t monitor, const char *path)
{
	(void)path;
	return confine(monitor);
}

const char *
sandbox_layers(void)
{
	return "no core files, no tracing, no new privileges";
}
