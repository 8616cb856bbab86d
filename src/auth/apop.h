/*
 * APOP (RFC 1939, section 7) and the file of secrets behind it: lines of
 * "user:secret", '#' begins a comment, mode 0600, owned by root, or by the one
 * who runs us by hand.  Read by the monitor only, afresh each time.
 */
#ifndef AUTH_APOP_H
#define AUTH_APOP_H

#include "base/ascii.h"

#include <stdbool.h>

/*
 * Can anybody log in with this file?  0 if so.  -1 with ENOENT when there is
 * none, EPERM when its owner or mode is wrong, ENODATA when it has no entry,
 * EFBIG when it is beyond reason, or what reading said.
 */
int apop_usable(const char *path);

/*
 * Is digest the MD5 of stamp and the user's secret, in lower-case hex?
 * *match says so; a user without a secret takes as long.  -1 as above.
 */
int apop_verify(const char *path, struct span user, const char *stamp,
    struct span digest, bool *match);

#endif
