/*
 * One session a maildrop (RFC 1939, section 4): an fcntl lock on the file
 * solopop.lock in the Maildir, so it dies with its holder and works over NFS.
 *
 * Byte 0 is the lock.  Who waits for it locks byte 1 meanwhile; a holder whose
 * client has long been silent sees that and gives way.  Nobody signals
 * anybody.
 */
#ifndef MAILDIR_LOCK_H
#define MAILDIR_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#define LOCK_FILE "solopop.lock"

struct lock {
	int fd;			/* -1: not held */
};

void lock_init(struct lock *l);

/*
 * Take the lock of the Maildir whose directory is top, waiting up to patience
 * ms.  -1 with EAGAIN when another session keeps it; EPERM when the lock file
 * is not a plain file of our own; anything else means that this Maildir cannot
 * be locked (read-only, over quota, no lock service).
 */
int lock_take(struct lock *l, int top, int64_t patience);

/* Is somebody waiting for the lock that we hold? */
bool lock_is_wanted(const struct lock *l);

void lock_release(struct lock *l);

#endif
