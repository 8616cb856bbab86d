/*
 * Mail that waits elsewhere comes into the Maildir before a session begins:
 * from the mbox spool, qpopper's temporary drop and the bulletins.  The monitor
 * asks whether there is any; solopop-import does the rest.
 */
#ifndef IMPORT_INTAKE_H
#define IMPORT_INTAKE_H

#include "settings/server.h"
#include "users/user.h"

/* For whom, and by which settings; all on loan. */
struct intake {
	const struct server_conf *conf;
	const struct user *user;
	const char *maildir;		/* path */
	bool root;			/* we can become the user */
};

/* Where the user's mail may wait; "" for nowhere. */
struct intake_sources {
	char spool[PATH_MAX];
	char temp_drop[PATH_MAX];
};

void intake_find(const struct intake *in, struct intake_sources *s);

/* Will the ids of headers be believed, because nothing was drained yet? */
bool intake_adopts(const struct intake *in);

/*
 * Is there anything to be done, or any doubt?  A few calls of stat(2), and none
 * by default.
 */
bool intake_is_needed(const struct intake *in);

/*
 * What came of it; exit statuses of solopop-import, too.  Until a first draining
 * has succeeded, a failed one would show a client an empty maildrop, so that its
 * login is refused.
 */
enum intake_result {
	INTAKE_DONE = 0,
	INTAKE_LATER = 1,	/* failed; new mail comes with a later login */
	INTAKE_REFUSED = 75,	/* failed; no login now (EX_TEMPFAIL) */
	INTAKE_IN_USE = 76	/* no login now: a lock is held */
};

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
