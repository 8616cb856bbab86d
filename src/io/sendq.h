/*
 * The send queue of a socket: what the peer has not acknowledged.  A slow
 * client makes it shrink long before poll(2) calls the socket writable.
 */
#ifndef IO_SENDQ_H
#define IO_SENDQ_H

#include <stdbool.h>

/* The bytes in it.  -1 with errno where the system does not tell. */
int sendq_length(int fd);

/*
 * Is the peer dead: have TCP's retransmissions, or its probes of a closed
 * window, met no answer for two minutes?  A live peer that reads nothing
 * answers each probe.  False where the system does not tell.
 */
bool sendq_is_dead(int fd);

#endif
