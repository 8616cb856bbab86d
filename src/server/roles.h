/*
 * The processes beside the monitor.  As root there are two, one after the
 * other; by hand there is one, which is all three.
 */
#ifndef SERVER_ROLES_H
#define SERVER_ROLES_H

#include "server/monitor.h"

/*
 * AUTHORIZATION, locked up; channel leads to the monitor.  Never returns.  A
 * front that could not be locked up does not read a byte.
 */
_Noreturn void front_main(const struct monitor *m, int channel);

/*
 * In PROXY_TELLS: read the header that a proxy sends, and not a byte more, and
 * tell the monitor.  -1: it is over; the log says why, unless it was a probe
 * that said nothing.
 */
int front_hear_proxy(const struct monitor *m, struct ask *ask);

/*
 * The conversation with the client as it stands now, for whichever role goes on
 * with it.  NULL when memory is out.
 */
struct pop3 *front_begin(const struct monitor *m, struct ask *ask);

/* TRANSACTION, as the user.  Never returns. */
_Noreturn void session_main(const struct monitor *m, int channel);

/*
 * As root: the front, solopop-import if mail waits elsewhere, then the session,
 * each a process of its own.  Returns when all have ended, or a signal ended
 * them.
 */
void supervise_run(struct monitor *m);

/* Everything in this process, which is not root's. */
void alone_run(struct monitor *m);

#endif
