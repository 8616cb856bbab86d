/*
 * A Maildir as a session of its user would find it.
 */
#ifndef CHECK_MAILBOX_H
#define CHECK_MAILBOX_H

#include "check/report.h"
#include "settings/options.h"

/*
 * Open the Maildir at path as the running user, change nothing, and report
 * messages, owner, modes, and the files of ours that a session could not use.
 */
void mailbox_check(struct report *r, const struct options *o,
    const char *path);

/*
 * As root: would this user be let in, and with which Maildir?  Looks the user
 * up, then does what mailbox_check() does in a child process with the user's
 * rights.
 */
void mailbox_check_user(struct report *r, const struct options *o,
    const char *name);

#endif
