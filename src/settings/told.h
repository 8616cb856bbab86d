/*
 * What solopop-import is told about the user whose mail it takes in, and what it
 * answers.
 */
#ifndef SETTINGS_TOLD_H
#define SETTINGS_TOLD_H

#include "base/log.h"
#include "io/fields.h"
#include "users/user.h"

struct told {
	pid_t monitor;			/* our parent */
	bool logs;			/* its lines go through the channel */
	char session[LOG_SESSION_MAX + 1];	/* its id in the log */
	uid_t uid;
	gid_t gid;
	char name[USER_NAME_MAX + 1];
	char home[PATH_MAX];
	char maildir[PATH_MAX];
};

extern const struct fields told_fields;

/*
 * What came of it; exit statuses of solopop-import, too.  Until a first draining
 * has succeeded, a failed one would show a client an empty maildrop, so that its
 * login is refused.
 */
enum intake_result {
	INTAKE_DONE = 0,
	INTAKE_LATER = 77,	/* failed; new mail comes with a later login */
	INTAKE_REFUSED = 75,	/* failed; no login now (EX_TEMPFAIL) */
	INTAKE_IN_USE = 76	/* no login now: a lock is held */
};

#endif
