#include "io/heartbeat.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>

#define BEAT_MS 500

static struct {
	int fd;
	struct monmsg message;
	bool runs;
} beat;

static void
send_beat(int number)
{
	int kept = errno;

	(void)number;
	(void)send(beat.fd, beat.message.bytes, beat.message.len,
	    MSG_DONTWAIT | MSG_NOSIGNAL);
	errno = kept;
}

static void
set_timer(long ms)
{
	const struct itimerval timer = { { 0, ms * 1000 }, { 0, ms * 1000 } };

	(void)setitimer(ITIMER_REAL, &timer, NULL);
}

void
heartbeat_start(int fd, const struct monmsg *message)
{
	struct sigaction act = { .sa_handler = send_beat,
	    .sa_flags = SA_RESTART };

	beat.fd = fd;
	beat.message = *message;
	beat.runs = true;
	(void)sigemptyset(&act.sa_mask);
	(void)sigaction(SIGALRM, &act, NULL);
	set_timer(BEAT_MS);
}

void
heartbeat_stop(void)
{
	if (beat.runs)
		set_timer(0);
	beat.runs = false;
}
