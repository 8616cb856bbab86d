/*
 * Accounts whose password the administrator has locked (usermod -L, passwd -l).
 */
#ifndef CONFINE_LOCKED_H
#define CONFINE_LOCKED_H

#include <stdbool.h>

/*
 * Is the password of this account locked?  An account that never had a password
 * is not locked, and neither is one whose shadow entry cannot be read: users of
 * a directory service have none.  For root.
 */
bool account_is_locked(const char *name);

#endif
