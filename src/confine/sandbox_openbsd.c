#include "confine/sandbox.h"

#include <sys/resource.h>

#include <errno.h>
#include <unistd.h>

int
sandbox_no_core(void)
{
	const struct rlimit none = { 0, 0 };

	return setrlimit(RLIMIT_CORE, &none);
}

/* PAM's modules and helpers may need anything: no promise stands for them. */
int
sandbox_monitor(void)
{
	return sandbox_no_core();
}

/*
 * Nothing kills a child whose parent ends.  Front and session read an end of
 * file from their channel then, when next they ask; and they have deadlines.
 */
int
sandbox_bare(pid_t monitor)
{
	(void)monitor;
	return sandbox_no_core();
}

/* stdio allows descriptors that are open, memory and clocks. */
int
sandbox_front(pid_t monitor)
{
	return sandbox_bare(monitor) == -1 ? -1 : pledge("stdio", NULL);
}

/* Its certificates and keys are open or read by now. */
int
sandbox_tls(pid_t monitor)
{
	return sandbox_bare(monitor) == -1 ? -1 : pledge("stdio", NULL);
}

/*
 * The first unveil(2) hides everything; a path that leads nowhere is left out.
 * A promise without "unveil" allows no more of them.
 */
static const char *const permissions[] = {
	[SANDBOX_READ] = "r",
	[SANDBOX_WRITE] = "rwc",
	[SANDBOX_LOCK] = "wc",
};

static int
reveal(const struct sandbox_path *paths, size_t n)
{
	size_t i;

	if (unveil("/", "") == -1)
		return -1;
	for (i = 0; i < n; i++)
		if (paths[i].path != NULL && unveil(paths[i].path,
		    permissions[paths[i].use]) == -1 && errno != ENOENT && errno != ENOTDIR &&
		    errno != EACCES && errno != ELOOP)
			return -1;
	return 0;
}

int
sandbox_intake(pid_t monitor, const struct sandbox_path *paths, size_t n)
{
	if (sandbox_bare(monitor) == -1 || reveal(paths, n) == -1)
		return -1;
	return pledge("stdio rpath wpath cpath flock fattr", NULL);
}

int
sandbox_session(pid_t monitor, const char *path)
{
	const struct sandbox_path maildir = { path, SANDBOX_WRITE };

	if (sandbox_bare(monitor) == -1 || reveal(&maildir, 1) == -1)
		return -1;
	return pledge("stdio rpath wpath cpath flock", NULL);
}

int
sandbox_files(const char *path)
{
	const struct sandbox_path maildir = { path, SANDBOX_WRITE };

	return reveal(&maildir, 1) == -1 ? -1 : unveil(NULL, NULL);
}

const char *
sandbox_layers(void)
{
	return "pledge, unveil, no core files";
}
