/*
 * The person behind a name, as the system knows them.
 */
#ifndef PROCESS_USER_H
#define PROCESS_USER_H

#include "auth/ask.h"

#include <sys/types.h>

#include <limits.h>
#include <stdbool.h>

struct user {
	char name[ASK_USER_MAX + 1];
	char home[PATH_MAX];
	uid_t uid;
	gid_t gid;
};

/*
 * Look up a name.  -1 with ENOENT if there is no such user, EINVAL if the
 * entry is of no use (no home, a name that is too long).
 */
int user_find(struct user *user, const char *name);

/* Whoever runs this process, under their login name. */
int user_self(struct user *user);

/*
 * Where the user's mail is.  In the pattern "~" at the beginning and %h stand
 * for the home directory, %u for the name, %% for %.  NULL means ~/Maildir.
 * -1 with ENAMETOOLONG, or EINVAL for another % and a name with a slash.
 */
int user_maildir(char path[PATH_MAX], const char *pattern,
    const struct user *user);

#endif
