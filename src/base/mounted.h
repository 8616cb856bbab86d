/*
 * Is the storage there?  A Maildir that does not exist is an empty one only if
 * what must be above it exists: where storage is not mounted, a client that
 * hears "0 messages" forgets its list.  One without new/ and cur/ must be the
 * user's: a mount point is root's.
 */
#ifndef BASE_MOUNTED_H
#define BASE_MOUNTED_H

#include <sys/types.h>

#include <limits.h>
#include <stdbool.h>

struct mounted {
	char marker[PATH_MAX];	/* must exist in any case; "" for none */
	char above[PATH_MAX];	/* must exist where the Maildir does not ... */
	bool owned;		/* ... and be of this user */
	uid_t owner;
};

/* The directory that holds the last component of path, which may end in '/'. */
void mounted_parent(char parent[PATH_MAX], const char *path);

/*
 * Look.  -1 with errno when the Maildir is not known to be empty or there;
 * *missing is then the path at fault, on loan.  What else may be wrong with a
 * Maildir that exists is left to those who open it.
 */
int mounted_check(const struct mounted *m, const char *maildir,
    const char **missing);

/* The same, and log what is missing for this user. */
int mounted_require(const struct mounted *m, const char *maildir,
    const char *user);

#endif
