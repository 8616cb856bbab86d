/*
 * Files and the network by Landlock, which a process without privilege may put
 * on itself.  What is open already stays usable.
 */
#ifndef CONFINE_LANDLOCK_H
#define CONFINE_LANDLOCK_H

#include "confine/paths.h"

#include <stddef.h>

/*
 * Where new mail cannot be moved from new/ to cur/ (Linux 5.13 to 5.18),
 * Landlock is of no use to us.
 */
#define LANDLOCK_ABI_NEEDED 2
#define LANDLOCK_ABI_NETWORK 4	/* ... also keeps from TCP ports */
#define LANDLOCK_ABI_SIGNALS 6	/* ... and from other processes */

/* The version of the kernel's Landlock; 0: none, or switched off. */
int landlock_abi(void);

/*
 * From now on these n paths and what is below them, no other file, no TCP port
 * and no signal to others, as far as this version goes.  What leads nowhere is
 * left out.  PR_SET_NO_NEW_PRIVS must stand.  -1 with errno.
 */
int landlock_apply(int abi, const struct sandbox_path *paths, size_t n);

#endif
