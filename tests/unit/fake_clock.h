/* A clock that goes when it is told to, in place of base/clock.c. */
#ifndef FAKE_CLOCK_H
#define FAKE_CLOCK_H

#include "base/clock.h"

extern int64_t fake_now;	/* clock_ms() */
extern time_t fake_date;

/* So much goes by at every look, for loops that wait for the time to pass. */
extern int64_t fake_step;

#endif
