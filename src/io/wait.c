#include "io/wait.h"

#include "base/clock.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>

static int
poll_until(struct pollfd *pfd, int64_t moment)
{
	int64_t left;

	if (moment == WAIT_FOR_EVER)
		return poll(pfd, 1, -1);
	left = moment - clock_ms();
	if (left < 0)
		left = 0;
	if (left > INT_MAX)
		left = INT_MAX;
	return poll(pfd, 1, (int)left);
}

int
wait_for(int fd, short events, int64_t deadline,
    const struct interrupt *interrupt)
{
	struct pollfd pfd = { .fd = fd, .events = events };
	int64_t ask = WAIT_FOR_EVER;
	int n;

	if (interrupt != NULL)
		ask = clock_ms() + interrupt->after;
	for (;;) {
		n = poll_until(&pfd, ask < deadline ? ask : deadline);
		if (n > 0)
			return 0;
		if (n == -1 && errno != EINTR && errno != EAGAIN)
			return -1;
		if (clock_ms() >= deadline) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (interrupt == NULL || clock_ms() < ask)
			continue;
		if (interrupt->give_up(interrupt->ctx)) {
			errno = ECANCELED;
			return -1;
		}
		ask = clock_ms() + interrupt->every;
	}
}
