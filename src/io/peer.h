/*
 * Who is at the other end.  The socket's own word counts; a superserver's
 * variables count only when the socket has no address, or a loopback one
 * (stunnel's exec mode).  They hold an IP address or they are not believed.
 */
#ifndef IO_PEER_H
#define IO_PEER_H

#include "base/ascii.h"

#include <netinet/in.h>

#include <stdbool.h>

struct peer {
	char ip[INET6_ADDRSTRLEN];	/* or "unknown"; IPv4 is dotted */
	bool known;
	bool local;		/* on this machine, as far as one can tell */
	const char *source;	/* for people: "socket", "TCPREMOTEIP", ... */
};

/* fd is the client's descriptor, of any kind.  Never fails. */
void peer_find(struct peer *peer, int fd);

/*
 * The peer is the one that somebody whom we believe tells us of, by an IP
 * address.  source is kept by reference.  -1 if that is no address.
 */
int peer_set(struct peer *peer, struct span ip, const char *source);

/* Small replies at once, and notice a dead peer: for TCP, else nothing. */
void peer_tune(int fd);

#endif
