#include "base/clock.h"

#include <errno.h>

int64_t
clock_ms(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		return 0;
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

time_t
clock_date(void)
{
	return time(NULL);
}

void
clock_sleep_until(int64_t ms)
{
	struct timespec ts;
	int64_t left;

	while ((left = ms - clock_ms()) > 0) {
		ts.tv_sec = (time_t)(left / 1000);
		ts.tv_nsec = (long)(left % 1000) * 1000000;
		if (nanosleep(&ts, NULL) == -1 && errno != EINTR)
			return;
	}
}
