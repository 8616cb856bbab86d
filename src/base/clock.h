/*
 * The two clocks.  Deadlines live on the first, which never jumps; dates on
 * the second.  Tests link a clock of their own instead.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds on the monotonic clock. */
int64_t clock_ms(void);

/* The date, in seconds since 1970. */
time_t clock_date(void);

/* Sleep until clock_ms() reaches the moment; at once if it has passed. */
void clock_sleep_until(int64_t ms);

#endif
