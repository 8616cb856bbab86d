#include "io/wait.h"

#include "base/clock.h"
#include "io/sendq.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>

/* While something is not acknowledged, look so often. */
#define LOOK_MS 1000

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

static int64_t
earliest(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int
wait_for(int fd, short events, int64_t deadline,
    const struct interrupt *interrupt)
{
	return wait_acked(fd, events, deadline, -1, interrupt);
}

struct watch {
	int out;		/* whose send queue is watched */
	int queued;		/* bytes in it; INT_MAX: not known yet */
	int64_t next;		/* when to look again */
	int64_t active;		/* when it last shrank, or the wait began */
};

/*
 * Look at the send queue.  *gained becomes the time by which the client has
 * been active longer than was known.  -1 with EHOSTUNREACH: it is dead.
 */
static int
look_at_queue(struct watch *w, int64_t now, int64_t *gained)
{
	int left = sendq_length(w->out);

	*gained = 0;
	if (left > 0 && sendq_is_dead(w->out)) {
		errno = EHOSTUNREACH;
		return -1;
	}
	if (w->queued != INT_MAX && left < w->queued) {
		*gained = now - w->active;
		w->active = now;
	}
	w->queued = left;
	w->next = left > 0 ? now + LOOK_MS : WAIT_FOR_EVER;
	return 0;
}

/*
 * Most waits are over before the first look, so they cost no call.  With an
 * empty send queue nothing can be acknowledged, and no further look is needed.
 */
int
wait_acked(int fd, short events, int64_t deadline, int out,
    const struct interrupt *interrupt)
{
	struct pollfd pfd = { .fd = fd, .events = events };
	int64_t now = clock_ms(), gained, ask = interrupt == NULL ?
	    WAIT_FOR_EVER : now + interrupt->after;
	struct watch w = { out, INT_MAX, out == -1 ? WAIT_FOR_EVER :
	    now + LOOK_MS, now };
	int n;

	for (;;) {
		n = poll_until(&pfd, earliest(w.next, earliest(ask, deadline)));
		if (n > 0)
			return 0;
		if (n == -1 && errno != EINTR && errno != EAGAIN)
			return -1;
		now = clock_ms();
		if (now >= w.next) {
			if (look_at_queue(&w, now, &gained) == -1)
				return -1;
			if (gained > 0 && deadline != WAIT_FOR_EVER)
				deadline += gained;
			if (gained > 0 && interrupt != NULL)
				ask = now + interrupt->after;
		}
		if (now >= deadline) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (now < ask)
			continue;
		if (interrupt->give_up(interrupt->ctx)) {
			errno = ECANCELED;
			return -1;
		}
		ask = now + interrupt->every;
	}
}
