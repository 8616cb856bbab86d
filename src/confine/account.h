/*
 * The account of a process that reads input of clients.
 */
#ifndef CONFINE_ACCOUNT_H
#define CONFINE_ACCOUNT_H

#include <sys/types.h>

/*
 * The named one, or "nobody" where it does not exist.  Never root.  Returns its
 * name, or NULL with errno.
 */
const char *account_find(const char *name, uid_t *uid, gid_t *gid);

#endif
