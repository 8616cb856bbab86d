/*
 * From the login, whose answer comes from here, to the end of UPDATE.
 */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include "base/mounted.h"
#include "pop3/pop3.h"

/*
 * The same for the Maildir, or for a folder of it, "MAILDIR/.FOLDER": a folder
 * that is not there is refused, and so is anything while the storage is not
 * there.
 */
void session_serve(struct pop3 *p, const struct mounted *place,
    const char *maildir, const char *path);

/* path is the user's Maildir.  Reports the totals to the monitor. */
void session_run(struct pop3 *p, const char *path);

#endif
