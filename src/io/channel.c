#include "io/channel.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>

int
channel_pair(int ends[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
}

int
channel_send(int fd, const struct monmsg *m)
{
	ssize_t n;

	if (m->broken) {
		errno = EBADMSG;
		return -1;
	}
	do
		n = send(fd, m->bytes, m->len, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	if (n == -1 && errno == ECONNRESET)
		errno = EPIPE;
	return n == -1 ? -1 : 0;
}

/* Nothing has come: from a message of no bytes, or from no more messages? */
static bool
has_ended(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = 0 };

	return poll(&pfd, 1, 0) != 0;
}

int
channel_receive(int fd, struct monmsg *m)
{
	struct iovec iov = { m->bytes, sizeof m->bytes };
	struct msghdr hdr = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	m->len = 0;
	m->next = 1;
	m->broken = true;
	if ((n = recvmsg(fd, &hdr, 0)) <= 0) {
		if (n == 0)
			errno = has_ended(fd) ? EPIPE : EBADMSG;
		else if (errno == ECONNRESET)
			errno = EPIPE;
		return -1;
	}
	if (hdr.msg_flags & MSG_TRUNC) {
		errno = EBADMSG;
		return -1;
	}
	m->len = (size_t)n;
	m->broken = false;
	return 0;
}
