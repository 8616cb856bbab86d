#include "io/sendq.h"

#include <errno.h>

int
sendq_length(int fd)
{
	(void)fd;
	errno = ENOTSUP;
	return -1;
}

bool
sendq_is_dead(int fd)
{
	(void)fd;
	return false;
}
