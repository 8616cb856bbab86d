/*
 * The processes beside the monitor.  As root there are two, one after the
 * other; by hand there is one, which is all three.
 */
#ifndef SERVER_ROLES_H
#define SERVER_ROLES_H

#include "server/monitor.h"

/* The one argument of a solopop that is started to be a front. */
#define FRONT_WORD "--front"

/*
 * As root: the front, solopop-import if mail waits elsewhere, then the session,
 * each a process of its own.  Returns when all have ended, or a signal ended
 * them.
 */
void supervise_run(struct monitor *m);

/* Everything in this process, which is not root's. */
void alone_run(struct monitor *m);

#endif
