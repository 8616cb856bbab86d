/*
 * Filters of system calls, a list for each role.  A call that is not on it
 * ends the process at once (SIGSYS): none of our code makes one, so somebody
 * else's does.
 */
#ifndef CONFINE_SECCOMP_H
#define CONFINE_SECCOMP_H

#include <stdbool.h>

enum seccomp_role {
	SECCOMP_FRONT = 1,
	SECCOMP_SESSION = 2,
	SECCOMP_INTAKE = 4,
	SECCOMP_TLS = 8
};

/* Can this kernel filter, and have we lists for this processor? */
bool seccomp_is_here(void);

/*
 * From now on only the calls of this role.  PR_SET_NO_NEW_PRIVS must stand.
 * -1 with errno when the kernel did not take the filter.
 */
int seccomp_apply(enum seccomp_role role);

#endif
