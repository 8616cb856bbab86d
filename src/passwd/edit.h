/*
 * The text of a secrets file, changed: one user's line is set or removed, and
 * everything else, comments and order too, stays as it is.
 */
#ifndef PASSWD_EDIT_H
#define PASSWD_EDIT_H

#include "auth/secrets.h"

/* The longest name of a user, as the server takes them (ASK_USER_MAX). */
#define EDIT_USER_MAX 90

/* Room for what stands behind the colon, and its NUL. */
#define EDIT_VALUE_MAX (SECRET_MAX + sizeof "{PLAIN}")

/*
 * Can there be a line for this user?  1 to EDIT_USER_MAX bytes, no colon, no
 * control character, no '#' in front.
 */
bool edit_user_fits(struct span user);

/*
 * Write an entry as it stands behind the colon; secrets_parse() reads it.  -1
 * with EINVAL when it has neither password nor SCRAM, or a line end inside.
 */
int edit_value(char value[EDIT_VALUE_MAX], const struct secrets_entry *e);

/*
 * A copy of text in which the user's first line is "user:value", at the end
 * if there was none; further lines of that user are left out, and all of them
 * if value is NULL.  The caller gives *out to secrets_unload().  -1 with EFBIG
 * if the server would not read so much, or ENOMEM.
 */
int edit_set(struct span text, struct span user, const char *value,
    struct span *out);

/*
 * A copy of text with this salt key (auth/secrets.h) in front; as edit_set().
 */
int edit_salt_key(struct span text, const unsigned char key[SECRETS_KEY],
    struct span *out);

#endif
