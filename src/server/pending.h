/*
 * Mail that waits elsewhere is brought into the Maildir by solopop-import
 * before a session begins, so that nothing of what reads spools is in a
 * session's own program.  See import/intake.h.  The monitor looks at no spool
 * itself, since storage that hangs would hold it.
 */
#ifndef SERVER_PENDING_H
#define SERVER_PENDING_H

#include "maildir/waiting.h"
#include "server/monitor.h"

enum import_need {
	IMPORT_NEVER,		/* there is nothing to bring in */
	IMPORT_IF_WAITING,	/* if mail waits: see maildir/waiting.h */
	IMPORT_ALWAYS
};

/* By the settings, for the user who is in. */
enum import_need import_need(const struct monitor *m);

/* Where the user's mail may wait. */
void import_sources(const struct monitor *m, struct waiting *w);

/* Is the program there?  No: the log says so. */
bool import_is_there(const struct monitor *m);

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

enum import_end {
	IMPORT_ENDED,		/* the login goes on */
	IMPORT_REFUSES,
	IMPORT_UNKNOWN		/* it goes on if a spool was drained before */
};

/*
 * What follows from that exit status: enum intake_result, or anything else if
 * it came to no end of its own.  *reply is the answer if the login is refused.
 */
enum import_end import_end(const struct monitor *m, int status,
    enum reply *reply);

#endif
