/*
 * User accounts: system users, and virtual users, who have a Maildir each and share
 * one account.
 */
#ifndef USERS_USER_H
#define USERS_USER_H

#include <sys/types.h>

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

/* The longest name of a user, as clients may send it (ASK_USER_MAX). */
#define USER_NAME_MAX 90

struct user {
	char name[USER_NAME_MAX + 1];
	char account[USER_NAME_MAX + 1];	/* the same, but for virtual users */
	char home[PATH_MAX];		/* "" if it is not an absolute path */
	char shell[PATH_MAX];		/* "" if it is too long for a path */
	uid_t uid;
	gid_t gid;
};

/*
 * Look up a name.  -1 with ENOENT if there is no such user, EINVAL if the name
 * in the entry is too long.
 */
int user_find(struct user *user, const char *name);

/*
 * A virtual user.  account is the name or the number of who has the mail; by
 * hand, our own number will do without an entry.  -1 as above, and with EINVAL
 * for a name that user_virtual_name() would not give.
 */
int user_find_virtual(struct user *user, const char *account,
    const char *name);

/*
 * A virtual user's name in the one form that it has: ASCII letters in lower
 * case, and "@domain" behind it where it has none and domain is not NULL.  It
 * is part of a path, so -1 with EINVAL, or EMSGSIZE, for all but letters,
 * digits and -_+=&'~, single dots between them and one '@' before a domain.
 */
int user_virtual_name(char name[USER_NAME_MAX + 1], const char *domain);

/*
 * Cut what stands between the delimiter and the '@', or the end, off the name
 * and make it the folder; "" where there is no delimiter.  -1 with EINVAL when
 * it is none of Maildir++: parts between single dots, without slashes.
 */
int user_split_folder(char name[USER_NAME_MAX + 1],
    char folder[USER_NAME_MAX + 1], char delimiter);

/* Go on from the path of a Maildir to its folder.  -1 with ENAMETOOLONG. */
int user_enter_folder(char path[PATH_MAX], const char *folder);

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
 * '@', %d for what stands behind, %% for %.  NULL means ~/Maildir.  The folder
 * has no part in it.  -1 with ENAMETOOLONG, with ENOENT where the user has no
 * home and the pattern needs one, or with EINVAL for another % and for a name
 * that is not one of a file.
 */
int user_maildir(char path[PATH_MAX], const char *pattern,
    const struct user *user);

#endif
