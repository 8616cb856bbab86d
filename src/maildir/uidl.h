/*
 * Unique-ids (RFC 1939, UIDL): the one taken over from another server, if there
 * is one (see adopted.h); else the file's unique name without size fields where
 * that is 1 to 70 characters of 0x21-0x7E, else the MD5 of it.
 *
 * Two different unique names can have one bare name (they differ in the fields
 * at their end alone), one can be the digest of another, one id can have been
 * taken over for two, and one unique name can stand both in new/ and in cur/.  The
 * message that has had the id keeps it, then one taken over goes before, then the
 * first in order.  Each other one gets the MD5 of its whole unique name, which
 * is written to solopop.uidl, so that it stays when the first one goes.
 */
#ifndef MAILDIR_UIDL_H
#define MAILDIR_UIDL_H

#include "maildir/mails.h"

/*
 * Give each message of a whole list, in its final order, an id of its own: one
 * that its name does not tell is m->uidl.  -1 with ENOMEM.
 */
int uidl_separate(struct mails *list);

#endif
