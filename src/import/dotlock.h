/*
 * The lock file beside an mbox, as MTAs and mail readers take it:
 * "mbox.lock", made by link(2), so that it works over NFS, too.
 */
#ifndef IMPORT_DOTLOCK_H
#define IMPORT_DOTLOCK_H

#include <sys/types.h>

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct dotlock {
	char path[PATH_MAX];	/* "": not held */
	gid_t gid;		/* that may make it */
	int fd;			/* of it, so that no other is taken for it */
	int64_t refreshed;	/* ms, as clock_ms() */
};

void dotlock_init(struct dotlock *l);

/*
 * Take it, waiting until deadline (as clock_ms()).  A lock file of this user or
 * of root that no process has touched for five minutes, by the file system's own
 * clock, is stale and is removed.  gid: see dotlock_group().  -1 with EAGAIN when
 * another process keeps it, EACCES, EPERM or EROFS when there can be none here,
 * EEXIST when what has its name is no lock file, but a mailbox or a directory,
 * say, or a stale one of another user.  It stays as it is.
 */
int dotlock_take(struct dotlock *l, const char *mbox, gid_t gid,
    int64_t deadline);

/* To be called now and then on a long job, so that it does not get old. */
void dotlock_refresh(struct dotlock *l);

/*
 * False if we had one and somebody has taken it away: a process that was stopped
 * for minutes has an old one.  True where there could be none.
 */
bool dotlock_is_ours(const struct dotlock *l);

/* Does nothing to somebody else's. */
void dotlock_release(struct dotlock *l);

/*
 * Take this effective group, or with (gid_t)-1 the process's own again.  -1 if
 * the process may not.
 */
int dotlock_group(gid_t gid);

#endif
