#include "confine/sandbox.h"

#include "base/log.h"
#include "confine/caps.h"
#include "confine/landlock.h"
#include "confine/seccomp.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int
sandbox_no_core(void)
{
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) == -1)
		return -1;
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* Kill this process when the monitor exits. */
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
	return sandbox_no_core() == -1 ? -1 : caps_drop();
}

int
sandbox_bare(pid_t monitor)
{
	if (sandbox_no_core() == -1 || follow(monitor) == -1)
		return -1;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static int
confine_calls(enum seccomp_role role)
{
	int error;

	if (seccomp_apply(role) == 0)
		return 0;
	error = errno;
	if (seccomp_is_here()) {
		errno = error;
		return -1;
	}
	log_line(LOG_CHAT, "going on without a filter of system calls: the "
	    "kernel has none for us");
	return 0;
}

static int
confine_files(const struct sandbox_path *paths, size_t n)
{
	int abi = landlock_abi();

	if (abi >= LANDLOCK_ABI_NEEDED)
		return landlock_apply(abi, paths, n);
	log_line(LOG_CHAT, "going on without Landlock: the kernel has %s",
	    abi == 0 ? "none" : "an old one");
	return 0;
}

int
sandbox_front(pid_t monitor)
{
	if (sandbox_bare(monitor) == -1)
		return -1;
	return confine_calls(SECCOMP_FRONT);
}

int
sandbox_tls(pid_t monitor)
{
	if (sandbox_bare(monitor) == -1)
		return -1;
	return confine_calls(SECCOMP_TLS);
}

int
sandbox_session(pid_t monitor, const char *path)
{
	const struct sandbox_path maildir = { path, SANDBOX_WRITE };

	if (sandbox_bare(monitor) == -1 || confine_files(&maildir, 1) == -1)
		return -1;
	return confine_calls(SECCOMP_SESSION);
}

int
sandbox_intake(pid_t monitor, const struct sandbox_path *paths, size_t n)
{
	if (sandbox_bare(monitor) == -1 || confine_files(paths, n) == -1)
		return -1;
	return confine_calls(SECCOMP_INTAKE);
}

int
sandbox_files(const char *path)
{
	const struct sandbox_path maildir = { path, SANDBOX_WRITE };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -1;
	return confine_files(&maildir, 1);
}

/* What a version of Landlock keeps from a session. */
static const char *
landlock_words(int abi)
{
	if (abi >= LANDLOCK_ABI_SIGNALS)
		return "files, TCP, signals";
	return abi >= LANDLOCK_ABI_NETWORK ? "files, TCP; 6.12: signals too" :
	    "files; Linux 6.12: TCP and signals too";
}

const char *
sandbox_layers(void)
{
	static char text[256];
	char landlock[96] = "no Landlock (Linux 5.19 has what we need)";
	int abi = landlock_abi();

	if (abi >= LANDLOCK_ABI_NEEDED)
		(void)snprintf(landlock, sizeof landlock, "Landlock %d (%s)",
		    abi, landlock_words(abi));
	(void)snprintf(text, sizeof text, "%s, %s, few capabilities, no core "
	    "files, no tracing, no new privileges", seccomp_is_here() ?
	    "filters of system calls" : "no filter of system calls",
	    landlock);
	return text;
}
