#include "compat/compat.h"

#include <errno.h>

/* Programs are then found by their path alone. */
int
fexecve(int fd, char *const argv[], char *const envp[])
{
	(void)fd;
	(void)argv;
	(void)envp;
	errno = ENOSYS;
	return -1;
}
