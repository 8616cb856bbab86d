/*
 * The file of secrets behind APOP, CRAM-MD5 and SCRAM-SHA-256: one line a user,
 *
 *	user:secret
 *	user:{SCRAM-SHA-256}iterations,salt,stored key,server key
 *
 * (salt and keys in base64), '#' begins a comment line; mode 0600, owned by
 * root, or by the one who runs us by hand.  A secret that begins with '{' is
 * of the second form.  Read by the monitor only, afresh each time.
 */
#ifndef AUTH_SECRETS_H
#define AUTH_SECRETS_H

#include "base/ascii.h"
#include "base/secret.h"

#include <stdbool.h>
#include <stdint.h>

#define SECRETS_SALT_MAX 64	/* bytes */
#define SECRETS_KEY 32		/* bytes of a SHA-256 */

struct secrets_entry {
	bool found;
	bool has_password;
	struct secret password;		/* if so */
	bool has_scram;
	uint32_t iterations;		/* if so, and the next three */
	unsigned char salt[SECRETS_SALT_MAX];
	size_t salt_len;
	unsigned char stored_key[SECRETS_KEY], server_key[SECRETS_KEY];
};

/* What the file holds at all: only what can succeed is announced. */
struct secrets_kinds {
	bool password;		/* some user has one: APOP, CRAM-MD5 */
	bool scram;		/* some user can SCRAM-SHA-256 */
};

/*
 * Can anybody log in with this file?  0 if so.  -1 with ENOENT when there is
 * none, EPERM when its owner or mode is wrong, ENODATA when it has no entry,
 * EFBIG when it is beyond reason, or what reading said.
 */
int secrets_usable(const char *path, struct secrets_kinds *kinds);

/*
 * Look a user up; it takes as long for one who is not there.  The entry is to
 * be wiped by secrets_wipe().  -1 as above, but an unknown user is 0 and
 * !found.
 */
int secrets_find(const char *path, struct span user, struct secrets_entry *e);

void secrets_wipe(struct secrets_entry *e);

#endif
