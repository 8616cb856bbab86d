#include "process/sandbox.h"

#include <sys/resource.h>

static int
no_core(void)
{
	const struct rlimit none = { 0, 0 };

	return setrlimit(RLIMIT_CORE, &none);
}

int
sandbox_monitor(void)
{
	return no_core();
}

int
sandbox_front(pid_t monitor)
{
	(void)monitor;
	return no_core();
}

int
sandbox_tls(pid_t monitor)
{
	(void)monitor;
	return no_core();
}

int
sandbox_session(pid_t monitor, const char *path)
{
	(void)monitor;
	(void)path;
	return no_core();
}

const char *
sandbox_layers(void)
{
	return "no core files";
}
