#include "io/peer.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct field fields[] = {
	FIELD_OF_CHARS(struct peer, ip),
	FIELD_OF_BOOL(struct peer, known),
	FIELD_OF_BOOL(struct peer, local),
};

const struct fields peer_fields = FIELDS(CHANNEL_TLS, fields);

static const char *const variables[] = {
	"TCPREMOTEIP",		/* tcpserver, tcpsvd */
	"REMOTE_ADDR",		/* systemd */
	"REMOTE_HOST",		/* xinetd, stunnel */
	"SOCAT_PEERADDR",
};

static bool
is_loopback4(const struct in_addr *a)
{
	return ntohl(a->s_addr) >> 24 == 127;
}

static void
set_ip4(struct peer *peer, const struct in_addr *a)
{
	peer->known = inet_ntop(AF_INET, a, peer->ip, sizeof peer->ip) != NULL;
	peer->local = is_loopback4(a);
}

/* IPv4 in IPv6 clothes is IPv4: parsers of our log want dots. */
static void
set_ip6(struct peer *peer, const struct in6_addr *a)
{
	struct in_addr four;

	if (IN6_IS_ADDR_V4MAPPED(a)) {
		memcpy(&four, &a->s6_addr[12], sizeof four);
		set_ip4(peer, &four);
		return;
	}
	peer->known = inet_ntop(AF_INET6, a, peer->ip, sizeof peer->ip) != NULL;
	peer->local = IN6_IS_ADDR_LOOPBACK(a);
}

static void
set_remote(struct peer *peer, const char *doubt)
{
	peer->local = false;
	peer->doubt = doubt;
}

/*
 * A pipe and a UNIX socket are of this machine.  Any other family (AF_VSOCK,
 * say) is not, nor is a socket whose client is gone already: health checks
 * connect and leave, so the log says nothing of that.
 */
static void
ask_socket(struct peer *peer, int fd)
{
	union {
		struct sockaddr_storage any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} addr;
	socklen_t len = sizeof addr;

	memset(&addr, 0, sizeof addr);
	if (getpeername(fd, (struct sockaddr *)&addr, &len) == -1) {
		if (errno != ENOTSOCK && errno != EBADF)
			set_remote(peer, errno == ENOTCONN ? NULL : "socket");
	} else if (addr.any.ss_family == AF_INET)
		set_ip4(peer, &addr.v4.sin_addr);
	else if (addr.any.ss_family == AF_INET6)
		set_ip6(peer, &addr.v6.sin6_addr);
	else if (addr.any.ss_family != AF_UNIX)
		set_remote(peer, "socket");
	if (peer->known)
		peer->source = "socket";
}

int
peer_set(struct peer *peer, struct span ip, const char *source)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr six;
	struct in_addr four;

	if (span_is(ip, PEER_UNKNOWN)) {
		set_remote(peer, source);
		return 0;
	}
	if (span_copy(text, sizeof text, ip) == -1)
		return -1;
	if (inet_pton(AF_INET, text, &four) == 1)
		set_ip4(peer, &four);
	else if (inet_pton(AF_INET6, text, &six) == 1)
		set_ip6(peer, &six);
	else
		return -1;
	peer->source = source;
	peer->doubt = NULL;
	return 0;
}

/*
 * The client of a UNIX socket: systemd and socat give its path, or its name
 * behind '@'; socat has a word for a client that has none.
 */
static bool
is_unix_name(struct span value)
{
	return (value.len > 0 && (value.p[0] == '/' || value.p[0] == '@')) ||
	    span_is(value, "<anon>");
}

/*
 * Without the zone of a link-local address, "%eth0" (RFC 4007, section 11),
 * which the socket's own address does not show either.
 */
static struct span
cut_zone(struct span ip)
{
	const char *zone = memchr(ip.p, '%', ip.len);

	if (zone != NULL && zone + 1 < ip.p + ip.len &&
	    memchr(ip.p, ':', ip.len) != NULL)
		ip.len = (size_t)(zone - ip.p);
	return ip;
}

/* Is it set?  What is no address makes the client a remote one. */
static bool
ask_variable(struct peer *peer, const char *name)
{
	const char *value = getenv(name);
	struct span ip;

	if (value == NULL || is_unix_name(span_of(value)))
		return false;
	ip = span_of(value);
	if (ip.len > 2 && ip.p[0] == '[' && ip.p[ip.len - 1] == ']') {
		ip.p++;				/* socat's way with IPv6 */
		ip.len -= 2;
	}
	if (span_is(ip, PEER_UNKNOWN) || peer_set(peer, cut_zone(ip), name) == -1)
		set_remote(peer, name);
	return true;
}

void
peer_find(struct peer *peer, int fd)
{
	const size_t n = sizeof variables / sizeof variables[0];
	size_t i;

	*peer = (struct peer){ .ip = PEER_UNKNOWN, .local = true,
	    .source = "none" };
	ask_socket(peer, fd);
	if (!peer->local)
		return;
	for (i = 0; i < n && !ask_variable(peer, variables[i]); i++)
		continue;
}

static void
set_option(int fd, int level, int name, int value)
{
	(void)setsockopt(fd, level, name, &value, sizeof value);
}

/*
 * TCP_USER_TIMEOUT would reset a client that is alive and reads nothing for a
 * while: io/sendq finds a dead one.
 */
void
peer_tune(int fd)
{
	set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
#ifdef TCP_KEEPIDLE
	set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 60);
	set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 15);
	set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 4);
#endif
}
