/*
 * UPDATE (RFC 1939, section 6), and the report to the monitor.
 */
#ifndef SESSION_UPDATE_H
#define SESSION_UPDATE_H

#include "pop3/pop3.h"

/* Remove what is deleted.  -1 when some deleted message is still there. */
int update_run(struct pop3 *p);

/* The client went without QUIT. */
void update_abandon(struct pop3 *p);

#endif
