#include "import/lease.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#define RETRY_MS 20

/* Whoever waits for us is told by a signal; SIGURG is one that does nothing. */
int
lease_take(int fd, int64_t deadline)
{
	if (fcntl(fd, F_SETSIG, SIGURG) == -1)
		return -1;
	while (fcntl(fd, F_SETLEASE, F_WRLCK) == -1) {
		if (errno != EAGAIN || clock_ms() >= deadline)
			return -1;
		clock_sleep_until(clock_ms() + RETRY_MS);
	}
	return 0;
}

void
lease_drop(int fd)
{
	(void)fcntl(fd, F_SETLEASE, F_UNLCK);
}
