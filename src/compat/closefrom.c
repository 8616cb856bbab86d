#include "compat/compat.h"

#ifdef __linux__
#include <sys/syscall.h>
#endif
#include <unistd.h>

/* A loop over all numbers takes milliseconds where the limit is high. */
void
closefrom(int lowest)
{
	long fd, max;

#ifdef SYS_close_range
	if (syscall(SYS_close_range, (unsigned)lowest, ~0U, 0) == 0)
		return;
#endif
	if ((max = sysconf(_SC_OPEN_MAX)) == -1 || max > 65536)
		max = 65536;
	for (fd = lowest; fd < max; fd++)
		(void)close((int)fd);
}
