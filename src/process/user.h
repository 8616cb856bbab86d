/*
 * The person behind a name, as the system knows them.
 */
#ifndef PROCESS_USER_H
#define PROCESS_USER_H

#include "auth/ask.h"

#include <sys/types.h>

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct user {
	char name[ASK_USER_MAX + 1];
	char folder[ASK_USER_MAX + 1];	/* of the Maildir, "" for its top */
	char home[PATH_MAX];
	char shell[PATH_MAX];		/* "" if it is too long for a path */
	uid_t uid;
	gid_t gid;
};

/*
 * Look up a name.  -1 with ENOENT if there is no such user, EINVAL if the
 * entry is of no use (no home, a name that is too long).
 */
int user_find(struct user *user, const char *name);

/*
 * Cut "+folder" off the name and make it the folder.  -1 with EINVAL when it is
 * none of Maildir++: parts between single dots, without slashes.
 */
int user_split_folder(struct user *user);

/* Whoever runs this process, under their login name. */
int user_self(struct user *user);

/*
 * The mbox that the user's mail was in before: home_mail in the home, or
 * name in the directory, spread over more of them by hash (0-2) as qpopper
 * did.  -1 with ENAMETOOLONG, or EINVAL for a name that is no file's.
 */
int user_spool(char path[PATH_MAX], const char *directory, uint32_t hash,
    const char *name);

/*
 * Where the user's mail is.  In the pattern "~" at the beginning and %h stand
 * for the home directory, %u for the name, %n for what of it stands before its
 * '@', %d for what stands behind, %% for %.  NULL means ~/Maildir.  A folder is
 * that of Maildir++, ".folder" in the Maildir.  -1 with ENAMETOOLONG, or EINVAL
 * for another % and for a name that is not one of a file.
 */
int user_maildir(char path[PATH_MAX], const char *pattern,
    const struct user *user);

#endif
