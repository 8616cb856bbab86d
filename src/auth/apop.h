/*
 * APOP (RFC 1939, section 7), with the secrets of auth/secrets.
 */
#ifndef AUTH_APOP_H
#define AUTH_APOP_H

#include "base/ascii.h"

#include <stdbool.h>

/*
 * Is digest the MD5 of stamp and the user's secret, in lower-case hex?
 * *match says so; a user without a secret takes as long.  -1 as
 * secrets_find().
 */
int apop_verify(const char *path, struct span user, const char *stamp,
    struct span digest, bool *match);

#endif
