/*
 * A pair of sockets between two of our processes; one datagram is one message.
 */
#ifndef IO_CHANNEL_H
#define IO_CHANNEL_H

#include "io/monmsg.h"

/*
 * A program of ours that talks to a client is started with these descriptors;
 * solopop-import has the channel alone, in the first one's place.
 */
#define CHANNEL_CLIENT_IN 3
#define CHANNEL_CLIENT_OUT 4
#define CHANNEL_FD 5

/* What such a program is told first of all; the other kinds are auth/ask.h's. */
enum channel_kind {
	CHANNEL_CONF = 64,	/* see pop3/pop3.h */
	CHANNEL_FRONT,		/* server/front.h */
	CHANNEL_SESSION,	/* session/start.h */
	CHANNEL_INTAKE,		/* import/told.h */
	CHANNEL_TLS		/* tls/told.h */
};

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
