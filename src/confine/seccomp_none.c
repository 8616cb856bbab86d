#include "confine/seccomp.h"

#include <errno.h>

bool
seccomp_is_here(void)
{
	return false;
}

int
seccomp_apply(enum seccomp_role role)
{
	(void)role;
	errno = ENOSYS;
	return -1;
}
