/*
 * Bulletins, as qpopper had them: files of one directory, whose names begin
 * with a number, that every user gets once.  The latest number that a user has
 * had stands in solopop.bulletins in the Maildir.
 */
#ifndef IMPORT_BULLETIN_H
#define IMPORT_BULLETIN_H

#include "maildir/maildir.h"

#include <stdint.h>

struct bulletin_conf {
	const char *directory;
	uint32_t max;			/* old ones for a new user */
	bool groups;			/* "number.group.rest" is for a group */
	/* Files where qpopper noted a number; the first that is there counts. */
	const char *marks[2];
	/* Is the user in this group?  Not asked for ALL. */
	bool (*is_member)(void *ctx, const char *group);
	void *ctx;
};

/*
 * Deliver what the user has not had into new/, which must be there.  A From_
 * line at a bulletin's beginning is left out.  *n is the number delivered.
 * -1 with maildir_error(): something is not done, and is tried again next time.
 */
int bulletin_deliver(struct maildir *md, const struct bulletin_conf *conf,
    uint32_t *n);

#endif
