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

#include "maildir/files.h"

#include <stdbool.h>
#include <stdint.h>

struct lock {
	int fd;			/* -1: not held */
};

void lock_init(struct lock *l);

/* Why there is no lock; errno says more. */
enum lock_result {
	LOCK_HELD,
	LOCK_IN_USE,		/* another session keeps it */
	LOCK_NOT_A_FILE,	/* what has its name is not a plain file */
	LOCK_SHORTAGE,		/* descriptors or memory are out */
	LOCK_IMPOSSIBLE		/* read-only, over quota, no lock service */
};

/*
 * Take the lock of the Maildir whose directory is top, waiting up to patience
 * ms.  The file is never written, so it does not matter to whom it belongs and
 * how many names it has.
 */
enum lock_result lock_take(struct lock *l, int top, int64_t patience);

/* The same on another file in top: nothing else waits for that one. */
enum lock_result lock_take_file(struct lock *l, int top, const char *file,
    int64_t patience);

/*
 * Is the lock that was taken still ours?  A file server that was restarted may
 * have forgotten it, and the file may have been removed; then it is taken
 * again.  False when another session has it now, or nobody can tell.
 */
bool lock_is_held(struct lock *l, int top);

/* Is somebody waiting for the lock that we hold? */
bool lock_is_wanted(const struct lock *l);

void lock_release(struct lock *l);

#endif
