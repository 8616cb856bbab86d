#include "confine/sandbox.h"

#include <sys/resource.h>

int
sandbox_no_core(void)
{
	const struct rlimit none = { 0, 0 };

	return setrlimit(RLIMIT_CORE, &none);
}

int
sandbox_monitor(void)
{
	return sandbox_no_core();
}

int
sandbox_bare(pid_t monitor)
{
	(void)monitor;
	return sandbox_no_core();
}

int
sandbox_front(pid_t monitor)
{
	return sandbox_bare(monitor);
}

int
sandbox_tls(pid_t monitor)
{
	return sandbox_bare(monitor);
}

int
sandbox_session(pid_t monitor, const char *path)
{
	(void)path;
	return sandbox_bare(monitor);
}

int
sandbox_intake(pid_t monitor, const struct sandbox_path *paths, size_t n)
{
	(void)paths;
	(void)n;
	return sandbox_bare(monitor);
}

int
sandbox_files(const char *path)
{
	(void)path;
	return 0;
}

const char *
sandbox_layers(void)
{
	return "no core files; this system has nothing more that we know";
}
