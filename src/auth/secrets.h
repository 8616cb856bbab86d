/*
 * The file of secrets behind APOP, CRAM-MD5 and SCRAM-SHA-256: one line a user,
 *
 *	user:secret
 *	user:{PLAIN}secret
 *	user:{SCRAM-SHA-256}iterations,salt,stored key,server key
 *
 * (salt and keys in base64, as Dovecot writes them), '#' begins a comment line,
 * and one of these is "#salt-key:" and SECRETS_KEY random bytes in base64;
 * mode 0600, owned by root, or by the one who runs us by hand.  A secret that
 * begins with '{' is of the second or the third form, or of no use.  Of two
 * lines with the same user the first counts.  Read by the monitor only, afresh
 * each time; written by solopop-passwd.
 */
#ifndef AUTH_SECRETS_H
#define AUTH_SECRETS_H

#include "base/digest.h"
#include "base/secret.h"

#include <stdbool.h>
#include <stdint.h>

#define SECRETS_SALT_MAX 64	/* bytes */
#define SECRETS_KEY 32		/* bytes of a SHA-256 */
#define SECRETS_SALT 16		/* bytes of salt that we make */

/* What a line may say (RFC 7677, section 4, wants 4096 at least)... */
#define SECRETS_ITERATIONS_MIN 4096
#define SECRETS_ITERATIONS_MAX 10000000

/*
 * ...and what we make.  The client pays for them at every login, and among
 * ours are alarm panels that poll each minute: 0.1 s on a small machine.
 */
#define SECRETS_ITERATIONS 100000

#define SECRETS_FILE_MAX (8 * 1024 * 1024)	/* bytes */

struct secrets_entry {
	bool found;			/* and if no more: of no use */
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

/*
 * Is this the user's password?  *match says so.  A SCRAM entry takes its
 * iterations' time, and an unknown user none: who asks for strangers answers
 * after a time of their own.  -1 as above.
 */
int secrets_verify(const char *path, struct span user,
    const struct secret *password, bool *match);

void secrets_wipe(struct secrets_entry *e);

/* The same in a text that is loaded. */
void secrets_search(struct span text, struct span user,
    struct secrets_entry *e);

/*
 * Open the file, unless it is a link or its owner or mode is wrong, and read
 * it whole: the caller gives the text to secrets_unload(), which takes one
 * without bytes, too.  -1 as above.
 */
int secrets_load(const char *path, struct span *text);
void secrets_unload(struct span text);

/*
 * Cut the next line with an entry off the text, whatever its secret is worth;
 * comments and other lines pass.  False at the end.
 */
bool secrets_next(struct span *text, struct span *user, struct span *secret);

/* What a secret of a line is worth; to be wiped by secrets_wipe(). */
void secrets_parse(struct span secret, struct secrets_entry *e);

/*
 * Make a SCRAM-SHA-256 entry of a password and a fresh salt.  -1 with EINVAL
 * when the iterations are beyond the bounds above, or when the kernel has no
 * random bytes.  The password is taken as it is: what SASLprep (RFC 4013)
 * would change does not match a client that does so.
 */
int secrets_make_scram(const struct secret *password, uint32_t iterations,
    struct secrets_entry *e);

/*
 * SCRAM tells every client a salt and a number of iterations before the proof.
 * For a name without an entry both are computed here, so that a client cannot
 * tell which names have an entry.
 *
 * The key of these salts: that of the first such comment line, false if there is
 * none; or the one that stands in for it, made of the whole text, false if no
 * user has a SCRAM entry and therefore a salt that stays the same.
 */
#define SECRETS_SALT_KEY "#salt-key:"
bool secrets_salt_key(struct span text, unsigned char key[SECRETS_KEY]);
bool secrets_stand_in_key(struct span text, unsigned char key[SECRETS_KEY]);

/*
 * Set iterations and salt_len of model to those of a SCRAM entry, always the
 * same one for the same lot, or to ours where there is no such entry.
 */
void secrets_model(struct span text, uint64_t lot,
    struct secrets_entry *model);

/*
 * The entry's password, or in place of one that it has not something which
 * takes as long; on loan.
 */
struct span secrets_password(const struct secrets_entry *e);

/*
 * Is digest what sum makes of a challenge and the user's secret?  *match says
 * so; a user without a secret takes as long.  -1 as secrets_find().
 */
typedef void secrets_sum(char hex[DIGEST_MD5_HEX + 1], const char *challenge,
    struct span secret);
int secrets_compare(const char *path, struct span user, const char *challenge,
    secrets_sum *sum, struct span digest, bool *match);

/* Its two keys, from the iterations and the salt in the entry. */
void secrets_derive(const struct secret *password, struct secrets_entry *e);

#endif
