/*
 * Mail that waits elsewhere is brought into the Maildir by solopop-import
 * before a session begins, so that nothing of what reads spools is in a
 * session's own program.  See import/intake.h.
 */
#ifndef SERVER_PENDING_H
#define SERVER_PENDING_H

#include "server/monitor.h"

/* Does mail wait for m->user, and is there a Maildir to bring it to? */
bool import_is_due(const struct monitor *m);

/*
 * As root: start solopop-import, which becomes the user.  It logs through
 * *channel, which is the caller's.  Its pid, or -1 with errno.
 */
pid_t import_start(const struct monitor *m, int *channel);

/*
 * By hand: have it done, and wait for its end.  It logs for itself.  Returns its
 * exit status, or -1.
 */
int import_alone(const struct monitor *m);

/*
 * Must the login be refused after that exit status (enum intake_result, or
 * anything else if it came to no end of its own)?  *reply is then the answer.
 */
bool import_refuses(const struct monitor *m, int status, enum reply *reply);

#endif
