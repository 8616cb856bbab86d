/*
 * What proxies say of the connection that they pass on.
 *
 * The PROXY protocol of haproxy, versions 1 and 2: a header ahead of everything
 * else by which a proxy tells whose connection it passes on.  Nothing behind the
 * header is ever read, since it may be the beginning of TLS.
 */
#ifndef IO_PROXY_H
#define IO_PROXY_H

#include "base/ascii.h"
#include "io/peer.h"

#include <stddef.h>
#include <stdint.h>

/*
 * The longest header we take.  One of version 1 has 107 bytes at most; one of
 * version 2 carries additions (TLVs) besides, which are skipped.
 */
#define PROXY_MAX 4096

/*
 * What a header says: the client's address, "" when the connection is the
 * proxy's own, PEER_UNKNOWN when the proxy gives no address that we understand.
 */
struct proxy {
	char ip[INET6_ADDRSTRLEN];
};

/*
 * This is the beginning of a header: how many more bytes does it surely have?
 * 0: it is whole, or it is no header, whatever comes.  Pure.
 */
size_t proxy_wants(const unsigned char *head, size_t len);

/*
 * Decode a whole header, as proxy_wants() gathers it.  LOCAL is a health check
 * of the proxy's own; UNKNOWN, UNSPEC and UNIX make the client unknown.  -1
 * with EBADMSG when it is none, or has anything behind it.  Pure.
 */
int proxy_decode(struct proxy *p, const unsigned char *head, size_t len);

/*
 * Decode the arguments of XCLIENT, as Dovecot's proxy sends it: ADDR is an
 * address, with "IPV6:" before it or not, PORT a port; other NAME=VALUE are for
 * others, and pass.  -1 with EBADMSG for what is none of these.  Pure.
 */
int proxy_xclient(struct proxy *p, struct span arguments);

/*
 * Read a header from fd, and no byte more, until deadline (clock_ms() terms).
 * -1 with
 *	EBADMSG		what came is no header
 *	EPIPE		the end came inside it
 *	ENODATA		the end came before it: a probe, and no fault
 *	ETIMEDOUT	it was not there in time
 * or what read(2) said.
 */
int proxy_read(struct proxy *p, int fd, int64_t deadline);

#endif
