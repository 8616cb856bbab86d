#include "compat/compat.h"

#include <unistd.h>

void
closefrom(int lowest)
{
	long fd, max;

	if ((max = sysconf(_SC_OPEN_MAX)) == -1 || max > 65536)
		max = 65536;
	for (fd = lowest; fd < max; fd++)
		(void)close((int)fd);
}
