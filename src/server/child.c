#include "server/child.h"

#include "base/log.h"

#include <sys/wait.h>

#include <errno.h>
#include <signal.h>

void
child_wait(const char *name, pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
		log_line(LOG_FAULT, "%s ended by signal %d%s", name,
		    WTERMSIG(status), WTERMSIG(status) == SIGSYS ?
		    ": a system call that is not for it" : "");
}
