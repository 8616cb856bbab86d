/*
 * How often a maildrop may be opened: LOGIN-DELAY (RFC 2449, section 6.5), kept
 * in solopop.pace in the Maildir.  A bucket of burst logins, which fills by one
 * every delay seconds; the file holds the moment, on the wall clock, at which
 * it is full.
 *
 * Whatever cannot be understood is a full bucket: no file, a damaged one, a
 * moment that this setting can never have written because the clock has jumped.
 * So nobody is ever kept waiting for longer than delay * burst.
 */
#ifndef MAILDIR_PACE_H
#define MAILDIR_PACE_H

#include "maildir/files.h"

#include <stdbool.h>
#include <stdint.h>

struct pace {
	int64_t delay;			/* seconds; 0: any pace will do */
	uint32_t burst;			/* logins that may follow at once */
};

/* May the Maildir at path be opened now?  Changes nothing. */
bool pace_allows(const struct pace *pace, const char *path);

/*
 * It was opened: take one login out.  -1 when that cannot be written; the next
 * login then comes too cheap.  Writes nothing without a delay.
 */
int pace_count(const struct pace *pace, const char *path);

#endif
