/*
 * The way into a maildrop: LOGIN-DELAY, the lock, the messages.
 */
#ifndef SESSION_OPENING_H
#define SESSION_OPENING_H

#include "pop3/pop3.h"

/*
 * Open the Maildir at path as p->drop.  -1: the client has been told, and the
 * log has the reason; p->drop may be set even then.
 */
int opening_run(struct pop3 *p, const char *path);

#endif
