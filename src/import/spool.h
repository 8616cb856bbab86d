/*
 * Draining an mbox, where an MTA delivers, into a Maildir.  Nothing is lost and
 * nothing comes twice, whenever this is interrupted:
 *
 * 1. under the locks that MTAs take, every message is written to a file in
 *    solopop.drain/ in the Maildir, where no mail reader looks;
 * 2. solopop.drain/journal says what the mbox held, and what is staged;
 * 3. the mbox is cut to nothing, and keeps its inode;
 * 4. unique-ids are adopted, the files move into new/ and cur/, and the journal
 *    goes.
 *
 * Without a journal the first step begins anew.  With one, the mbox may still
 * begin with what the journal says: then step 3 was not done, and it begins anew
 * as well, for who appends without a lock may have been half through.  Otherwise
 * the fourth step is to be done.
 */
#ifndef IMPORT_SPOOL_H
#define IMPORT_SPOOL_H

#include "maildir/files.h"
#include "maildir/maildir.h"

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

struct spool_conf {
	const char *path;	/* of the mbox */
	/*
	 * A group that the process may take with setegid(2), to make a lock
	 * file beside the mbox; (gid_t)-1: none.
	 */
	gid_t lock_gid;
	int64_t lock_wait;	/* ms to wait for those who hold locks */
	/*
	 * The first draining: the ids that qpopper gave the messages, or would
	 * give them, are adopted.  Later on a header's id is the sender's.
	 */
	bool adopt;
	bool old_uids;		/* it would give the ids of 2.x */
	/*
	 * A journal of another mbox: bring that draining to its end as if the
	 * mbox were cut, because nobody knows it any more.  Otherwise wait.
	 */
	bool orphans;
};

struct spool_report {
	uint32_t messages;	/* that came into the Maildir */
	uint64_t raw;		/* bytes of them */
	int no_dotlock;		/* why there was none, but fcntl(2); or 0 */
	bool waits;		/* nothing is done: another mbox is first */
};

/*
 * Drain it.  The Maildir has all its directories, and the caller holds the lock of
 * DRAIN_LOCK_FILE in it: two drainings would empty each other's stage.  No mbox is an empty one.  -1
 * with errno and maildir_error(): the mbox is as it was, or all of it is safe
 * and comes into sight the next time.  EAGAIN: somebody kept the locks; EPERM:
 * it is not a plain file of the user's; EBADMSG: it is no mbox.
 */
int spool_drain(struct maildir *md, const struct spool_conf *conf,
    struct spool_report *report);

#endif
