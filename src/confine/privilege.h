/*
 * Giving up privilege, for good, and looking whether it is gone.
 */
#ifndef CONFINE_PRIVILEGE_H
#define CONFINE_PRIVILEGE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

bool privilege_is_root(void);

/*
 * Is this a directory of root's in which nobody else can make a file?  With
 * make, a missing one is made.  -1 with errno; EPERM when it is not fit.
 */
int privilege_empty_dir(const char *path, bool make);

/*
 * For the front: only this directory, no groups, that account, no new
 * processes, and no descriptor but those below fds.  -1 at the first step that
 * fails; the caller must then exit.
 */
int privilege_lock_up(const char *empty_dir, uid_t uid, gid_t gid, int fds);

/*
 * The last part of the above, for those who are not root: no core files, no new
 * processes, no descriptor but those below fds.
 */
int privilege_limit(int fds);

/*
 * For the monitor: no soft limit on memory below the hard one, since checking a
 * password takes some.  softlimit(8), as qmail's scripts use it, sets the soft
 * ones.  A low hard limit is logged.
 */
void privilege_lift_memory(void);

/*
 * Not more memory than that, from now on; 0: as much as there is.  Where the
 * sanitizers are built in, which use any amount, nothing is done.
 */
int privilege_limit_memory(uint64_t bytes);

/*
 * Are we this user, with no way back to root?  -1 with EPERM.
 */
int privilege_verify(uid_t uid, gid_t gid);

/*
 * For the session: become the user; supplementary groups are set before.  -1
 * as above.
 */
int privilege_become(uid_t uid, gid_t gid);

/*
 * For the intake: the same, but setegid(2) may still switch to the group spare,
 * which lock files in a spool need.  (gid_t)-1: no such group.
 */
int privilege_become_sparing(uid_t uid, gid_t gid, gid_t spare);

#endif
