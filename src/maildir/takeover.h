/*
 * Taking over from another server: the unique-ids that its clients know are
 * adopted once, at the first session that finds messages (see adopted.h).
 */
#ifndef MAILDIR_TAKEOVER_H
#define MAILDIR_TAKEOVER_H

#include "io/stored.h"
#include "maildir/maildir.h"
#include "maildir/mails.h"

enum takeover {
	TAKEOVER_NONE,
	TAKEOVER_LISTS,		/* what Courier or Dovecot wrote down */
	TAKEOVER_HEADERS	/* that, else X-UIDL: of each message */
};

/* Open the message at idx of the list; -1 with ENOENT when it is gone. */
typedef int (*takeover_open_fn)(void *ctx, size_t idx, struct stored *s);

/*
 * Find the ids that another server has given to a list of messages: one that has
 * an id has m->uidl set, in the list's memory, and is to be recorded.  -1 with
 * errno when that server's list is there and cannot be read, when a header cannot
 * be read today, or memory is out.
 *
 * Headers are the sender's to write, so they are asked for nothing but messages
 * that were there before solopop was.
 */
int takeover_uidls(struct maildir *md, struct mails *list, enum takeover how,
    takeover_open_fn open, void *ctx);

#endif
