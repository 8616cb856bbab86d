/*
 * A pair of sockets between two of our processes; one datagram is one message.
 */
#ifndef IO_CHANNEL_H
#define IO_CHANNEL_H

#include "io/monmsg.h"

/* Two connected ends, close-on-exec; the caller owns both. */
int channel_pair(int ends[2]);

/* -1 with EBADMSG if m is broken, EPIPE if the other side has ended. */
int channel_send(int fd, const struct monmsg *m);

/*
 * Wait for one message.  -1 with EPIPE at the other side's end, EBADMSG for a
 * message that is too long or empty, EINTR for a signal.
 */
int channel_receive(int fd, struct monmsg *m);

#endif
