/*
 * Waiting for the client, in both directions, with a deadline and, for a
 * session that has long been idle, a question asked now and then.
 */
#ifndef IO_WAIT_H
#define IO_WAIT_H

#include <stdbool.h>
#include <stdint.h>

/* After so many ms of waiting, ask every so many ms whether to give up. */
struct interrupt {
	int64_t after, every;
	bool (*give_up)(void *ctx);
	void *ctx;
};

/* A deadline that never comes. */
#define WAIT_FOR_EVER INT64_MAX

/*
 * Wait until fd is ready for events (POLLIN or POLLOUT) or hung up.  deadline
 * is in clock_ms() terms; interrupt may be NULL.  -1 with ETIMEDOUT when the
 * deadline passes, ECANCELED when the interrupt says to give up.  A signal
 * does not end the wait.
 */
int wait_for(int fd, short events, int64_t deadline,
    const struct interrupt *interrupt);

/*
 * The same, with a client that counts as active while it acknowledges what was
 * written to out: each time, deadline and interrupt begin anew.  -1 with
 * EHOSTUNREACH, too, when the client answers no probe any more.
 */
int wait_acked(int fd, short events, int64_t deadline, int out,
    const struct interrupt *interrupt);

#endif
