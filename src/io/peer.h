/*
 * Who is at the other end.  The socket's own word counts; a superserver's
 * variables count only when the socket has no address, or a loopback one
 * (stunnel's exec mode).  A client is local only where that is known: not when
 * the socket is of a family that we do not know, nor when a variable holds
 * anything but an IP address.
 */
#ifndef IO_PEER_H
#define IO_PEER_H

#include "io/fields.h"

#include <netinet/in.h>

#include <stdbool.h>

#define PEER_UNKNOWN "unknown"

struct peer {
	char ip[INET6_ADDRSTRLEN];	/* or PEER_UNKNOWN; IPv4 is dotted */
	bool known;
	bool local;		/* the client is on this machine */
	const char *source;	/* for people: "socket", "TCPREMOTEIP", ... */
	const char *doubt;	/* the source that gave no address, or NULL */
};

/* For another program of ours. */
extern const struct fields peer_fields;

/* fd is the client's descriptor, of any kind.  Never fails. */
void peer_find(struct peer *peer, int fd);

/*
 * The peer is the one that a proxy names, by an IP address.  PEER_UNKNOWN says
 * that the proxy does not know it: the address stays and the client is not
 * local.  source is kept by reference.  -1 if ip is neither.
 */
int peer_set(struct peer *peer, struct span ip, const char *source);

/* Small replies at once, and notice a dead peer: for TCP, else nothing. */
void peer_tune(int fd);

#endif
