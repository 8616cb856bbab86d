/*
 * Messages to the monitor, twice a second, for as long as this process can run:
 * a timer's signal is not served while a call to hanging storage lasts.
 */
#ifndef IO_HEARTBEAT_H
#define IO_HEARTBEAT_H

#include "io/monmsg.h"

/* Begin, over fd; the message is copied.  A second call is for another fd. */
void heartbeat_start(int fd, const struct monmsg *message);

/* End.  There may be none. */
void heartbeat_stop(void);

#endif
