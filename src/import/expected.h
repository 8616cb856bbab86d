/*
 * What a spool promises, and whether a Maildir keeps it: octets and unique-ids
 * of every message, found by another way than the draining takes.
 */
#ifndef IMPORT_EXPECTED_H
#define IMPORT_EXPECTED_H

#include "maildir/uidl.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct expected_mail {
	uint64_t octets;
	char uidl[UIDL_MAX];		/* "" for any */
};

struct expected {
	struct expected_mail *v;
	size_t n, cap;
	uint64_t octets;		/* of all */
};

void expected_init(struct expected *e);
void expected_free(struct expected *e);

/*
 * Add the messages of an mbox.  ids: their unique-ids will be adopted, and
 * old_uids as in spool.h.  No mbox is an empty one.  -1 with errno; EBADMSG: it
 * is none.
 */
int expected_add(struct expected *e, const char *mbox, bool ids,
    bool old_uids);

/*
 * Are they all in the Maildir at path?  0, or the number of those that are not;
 * -1 with errno when it cannot be read.
 */
long expected_missing(struct expected *e, const char *path);

#endif
