/*
 * Taking over from another server: the unique-ids that its clients know are
 * adopted once, when a Maildir has no solopop.uidl yet (see adopted.h).
 */
#ifndef MAILDIR_TAKEOVER_H
#define MAILDIR_TAKEOVER_H

#include "maildir/maildir.h"
#include "maildir/mails.h"

enum takeover {
	TAKEOVER_NONE,
	TAKEOVER_LISTS,		/* what Courier or Dovecot wrote down */
	TAKEOVER_HEADERS	/* that, else X-UIDL: of each message */
};

/*
 * Find the ids of a list of messages, and write them to solopop.uidl.  A
 * message whose id is known has m->uidl set, in the list's memory, whether the
 * file can be written or not.  Returns the number of ids; -1 with errno when
 * another server's list is there and cannot be read, or memory is out.
 *
 * Headers are the sender's to write, so they are asked for nothing but messages
 * that were there before solopop was.
 */
long takeover_uidls(struct maildir *md, struct mails *list, enum takeover how);

#endif
