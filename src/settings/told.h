/*
 * What solopop-import is told about the user whose mail it takes in.
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
	char name[ASK_USER_MAX + 1];
	char home[PATH_MAX];
	char maildir[PATH_MAX];
};

extern const struct fields told_fields;

#endif
