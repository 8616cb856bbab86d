#include "fake_clock.h"

int64_t fake_now = 1000000;
int64_t fake_step;
time_t fake_date = 1700000000;

int64_t
clock_ms(void)
{
	fake_now += fake_step;
	return fake_now;
}

time_t
clock_date(void)
{
	return fake_date;
}

void
clock_sleep_until(int64_t ms)
{
	if (ms > fake_now)
		fake_now = ms;
}
