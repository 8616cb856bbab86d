/*
 * Unique-ids (RFC 1939, UIDL): the one taken over from another server, if there
 * is one (see adopted.h); else the file's unique name without size fields where
 * that is 1 to 70 characters of 0x21-0x7E, else the MD5 of it.
 *
 * Two different unique names can have one bare name (they differ in size
 * fields alone), one can be the digest of another, one id can have been taken
 * over for two, and one unique name can stand both in new/ and in cur/.  Who has
 * had the id keeps it, then one taken over goes before, then the first in
 * order; the others are twins.  Of two files with one unique name nobody can
 * tell which has had the id, so both are twins.
 *
 * A twin gets a name of its own (mails_separate()), so that its id stays when
 * the other one goes.  Where nothing may be renamed its id is a digest of more
 * than the bare name.
 */
#ifndef MAILDIR_UIDL_H
#define MAILDIR_UIDL_H

#include "maildir/mails.h"
#include "maildir/name.h"

/* Room for the longest, and its NUL. */
#define UIDL_MAX (NAME_UIDL_MAX + 1)

/* Returns the length. */
size_t uidl_make(const struct mail *m, char uidl[UIDL_MAX]);

/* Find the twins of a whole list, in its final order.  -1 with ENOMEM. */
int uidl_mark_twins(struct mails *list);

#endif
