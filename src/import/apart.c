#include "import/apart.h"

#include "base/ascii.h"
#include "base/fd.h"

#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct stream {
	int from, to;
	const char *before;
};

/* Without a terminal a process can put nothing into its input (TIOCSTI). */
static int
leave_terminal(const int out[2], const int err[2])
{
	int r = -1;

	if (setsid() != -1 && fd_to_null(STDIN_FILENO) == 0 &&
	    dup2(out[1], STDOUT_FILENO) != -1 &&
	    dup2(err[1], STDERR_FILENO) != -1)
		r = 0;
	(void)close(out[0]);
	(void)close(out[1]);
	(void)close(err[0]);
	(void)close(err[1]);
	return r;
}

/* False at the end. */
static bool
pass_on(struct stream *s)
{
	char bytes[4096];
	ssize_t n, i;

	n = read(s->from, bytes, sizeof bytes);
	if (n == -1 && errno == EINTR)
		return true;
	if (n <= 0)
		return false;
	for (i = 0; i < n; i++)
		if (bytes[i] != '\n' && bytes[i] != ' ' &&
		    !ascii_graph(bytes[i]))
			bytes[i] = '?';
	(void)fd_write_all(s->to, s->before, strlen(s->before));
	(void)fd_write_all(s->to, bytes, (size_t)n);
	return true;
}

static void
pass_all_on(struct stream streams[2])
{
	struct pollfd pfd[2];
	int i;

	while (streams[0].from != -1 || streams[1].from != -1) {
		for (i = 0; i < 2; i++)
			pfd[i] = (struct pollfd){ .fd = streams[i].from,
			    .events = POLLIN };
		if (poll(pfd, 2, -1) == -1)
			continue;
		for (i = 0; i < 2; i++)
			if (pfd[i].revents != 0 && !pass_on(&streams[i]))
				fd_close(&streams[i].from);
	}
}

static int
wait_for_it(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return 1;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
}

int
apart_run(int (*work)(void *ctx), void *ctx, const char *before)
{
	int out[2] = { -1, -1 }, err[2] = { -1, -1 };
	struct stream streams[2];
	pid_t pid = -1;

	if (fflush(stdout) != 0)
		return -1;
	if (pipe(out) == 0 && pipe(err) == 0)
		pid = fork();
	if (pid == 0)
		_exit(leave_terminal(out, err) == -1 || work(ctx) != 0);
	fd_close(&out[1]);
	fd_close(&err[1]);
	if (pid != -1) {
		streams[0] = (struct stream){ out[0], STDOUT_FILENO, before };
		streams[1] = (struct stream){ err[0], STDERR_FILENO, before };
		pass_all_on(streams);
		return wait_for_it(pid);
	}
	fd_close(&out[0]);
	fd_close(&err[0]);
	return -1;
}
