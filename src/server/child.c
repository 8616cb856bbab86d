#include "server/child.h"

#include "base/clock.h"
#include "base/log.h"

#include <sys/wait.h>

#include <errno.h>
#include <signal.h>

/* How long a killed process may take, and how often we look. */
#define LEAVE_MS 1000
#define LOOK_EVERY 20

static const char *
explain(int number)
{
	switch (number) {
	case SIGSYS:
		return ": a system call that is not for it";
	case SIGKILL:
		return ": out of memory (see the kernel's log), or killed by "
		    "another process";
	default:
		return "";
	}
}

int
child_wait(const char *name, pid_t pid, bool killed)
{
	int status = 0;

	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	if (WIFSIGNALED(status) && !(killed && WTERMSIG(status) == SIGKILL))
		log_line(LOG_FAULT, "%s ended by signal %d%s", name,
		    WTERMSIG(status), explain(WTERMSIG(status)));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void
child_leave(const char *name, pid_t pid)
{
	int64_t until = clock_ms() + LEAVE_MS;

	while (waitpid(pid, NULL, WNOHANG) == 0) {
		if (clock_ms() >= until) {
			log_line(LOG_WARN, "%s hangs in the kernel and is "
			    "left to itself", name);
			return;
		}
		clock_sleep_until(clock_ms() + LOOK_EVERY);
	}
}
