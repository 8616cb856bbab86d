/*
 * Who may log in besides what PAM says: qpopper's lists of users, and
 * /etc/shells.
 */
#ifndef USERS_ACCESS_H
#define USERS_ACCESS_H

#include "users/user.h"

struct access_conf {
	const char *auth_file;		/* only these may log in, or NULL */
	const char *nonauth_file;	/* these may not, or NULL */
	bool check_shell;		/* nobody without a shell that is one */
};

/*
 * The file holds one name a line.  1: the name is there; 0: it is not; -1 with
 * errno when that cannot be told, ENOENT for no such file.
 */
int access_lists(const char *path, const char *name);

/* A file that access_refusal() may name. */
#define ACCESS_SHELLS "/etc/shells"

/*
 * May they in?  NULL if so; else why not, for the log.  *trouble says that it
 * could not be found out.
 */
const char *access_refusal(const struct access_conf *conf,
    const struct user *user, bool *trouble);

#endif
