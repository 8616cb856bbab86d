/*
 * SCRAM-SHA-256 (RFC 5802, RFC 7677), the part that has to do with secrets.
 * What a client's messages look like is known to pop3/scrammsg.h alone; here
 * their parts are bytes that go into a sum.
 */
#ifndef AUTH_SCRAM_H
#define AUTH_SCRAM_H

#include "auth/secrets.h"
#include "base/base64.h"

#define SCRAM_PROOF 32		/* bytes of a proof, and of a signature */

/* The longest parts of a client's messages that we take, in bytes. */
#define SCRAM_FIRST_MAX 1024
#define SCRAM_NONCE_MAX 256
#define SCRAM_LAST_MAX 1024

/* What a client needs to know of its secret. */
struct scram_salt {
	unsigned char bytes[SECRETS_SALT_MAX];
	size_t len;
	uint32_t iterations;
};

/*
 * Look it up; a user who has none gets one that stays the same, too.  It comes
 * from the file's salt key, or from the key that is given where the file has
 * none.  -1 as secrets_find().
 */
int scram_find_salt(const char *path, struct span user,
    const unsigned char key[SECRETS_KEY], struct scram_salt *salt);

/* Room for ",s=SALT,i=ITERATIONS", with which our first message ends. */
#define SCRAM_SALT_TEXT_MAX \
	(sizeof ",s=,i=4294967295" + BASE64_LEN(SECRETS_SALT_MAX))
void scram_put_salt(char text[SCRAM_SALT_TEXT_MAX],
    const struct scram_salt *salt);

/* What a client says to prove that it knows the secret. */
struct scram_claim {
	struct span user;
	struct span first;		/* client-first-message-bare */
	struct span nonce;		/* the client's */
	struct span last;		/* client-final-message-without-proof */
	unsigned char proof[SCRAM_PROOF];
};

/*
 * Is it proved, over our nonce?  *match says so, and then signature is what
 * proves to the client that we know the secret.  All that are wrong take as
 * long: key is as for scram_find_salt().  -1 as secrets_find().
 */
int scram_verify(const char *path, const struct scram_claim *claim,
    const char *nonce, const unsigned char key[SECRETS_KEY], bool *match,
    unsigned char signature[SCRAM_PROOF]);

#endif
