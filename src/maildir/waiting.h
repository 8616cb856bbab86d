/*
 * Does mail wait outside the Maildir, in an mbox or qpopper's temporary drop?
 * The session looks, since storage that hangs must not hold the monitor;
 * solopop-import brings the mail in.
 */
#ifndef MAILDIR_WAITING_H
#define MAILDIR_WAITING_H

#include <limits.h>
#include <stdbool.h>

/* Paths; "" for none. */
struct waiting {
	char spool[PATH_MAX];
	char temp_drop[PATH_MAX];
	/* Directories of them that the settings name, and that must be there. */
	char named[2][PATH_MAX];
};

/* Was a spool drained into this Maildir before?  When in doubt, it was. */
bool waiting_drained(const char *maildir);

/* Did a draining stop before its messages were all in the Maildir? */
bool waiting_staged(const char *maildir);

/*
 * Is there anything to be brought in?  A file that cannot be looked at may have
 * content: draining says what is wrong.
 */
bool waiting_mail(const struct waiting *w, const char *maildir);

/* A named directory that cannot be seen, with errno; NULL: all are there. */
const char *waiting_missing(const struct waiting *w);

/* Mail, or a doubt before the first draining. */
bool waiting_is_due(const struct waiting *w, const char *maildir);

#endif
