#include "io/sendq.h"

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

/* Linux sends at most two minutes apart, so a single unanswered one may wait. */
#define DEAD_AFTER 120000	/* ms */
#define DEAD_TRIES 2

/* SIOCOUTQ is this number, too. */
int
sendq_length(int fd)
{
	int n;

	return ioctl(fd, TIOCOUTQ, &n) == -1 ? -1 : n;
}

bool
sendq_is_dead(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof info;

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == -1)
		return false;
	return info.tcpi_last_ack_recv >= DEAD_AFTER &&
	    info.tcpi_retransmits + info.tcpi_probes >= DEAD_TRIES;
}
