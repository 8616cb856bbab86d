/*
 * Mail that waits elsewhere comes into the Maildir before a session begins:
 * from the mbox spool, qpopper's temporary drop and the bulletins.
 */
#ifndef IMPORT_INTAKE_H
#define IMPORT_INTAKE_H

#include "settings/server.h"
#include "settings/told.h"
#include "users/user.h"

/* For whom, and by which settings; all on loan. */
struct intake {
	const struct server_conf *conf;
	const struct user *user;
	const char *maildir;		/* path */
	bool root;			/* we can become the user */
};

/* Is there anything to be done, or any doubt?  A few calls of stat(2). */
bool intake_is_needed(const struct intake *in);

/*
 * Become the user for good, with the one group more that lock files in a spool
 * may need, and see nothing but what is needed.  Supplementary groups are set
 * before.  monitor is the parent.  -1 with errno.
 */
int intake_lock_up(const struct intake *in, pid_t monitor);

/*
 * Do it, as the user.  Whatever goes wrong is logged; the mail is then where it
 * was.
 */
enum intake_result intake_run(const struct intake *in);

#endif
