/*
 * CRAM-MD5 (RFC 2195), with the secrets of auth/secrets.
 */
#ifndef AUTH_CRAM_H
#define AUTH_CRAM_H

#include "base/digest.h"

#include <stdbool.h>

#define CRAM_CHALLENGE_MAX 512		/* its NUL included */

/*
 * The challenge, "<nonce@host>", as the front sends it and the monitor knows
 * it.  -1 with EMSGSIZE when the host's name is too long.
 */
int cram_challenge(char challenge[CRAM_CHALLENGE_MAX], const char *nonce,
    const char *host);

/*
 * Is digest the HMAC-MD5 of the challenge under the user's secret, in
 * lower-case hex?  *match says so; a user without a secret takes as long.  -1
 * as secrets_find().
 */
int cram_verify(const char *path, struct span user, const char *challenge,
    struct span digest, bool *match);

#endif
