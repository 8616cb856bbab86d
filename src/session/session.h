/*
 * From the login, whose answer comes from here, to the end of UPDATE.
 */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include "pop3/pop3.h"

/* path is the user's Maildir.  Reports the totals to the monitor. */
void session_run(struct pop3 *p, const char *path);

#endif
