#include "auth/cram.h"

#include "auth/secrets.h"
#include "base/hmac.h"

#include <errno.h>
#include <stdio.h>

int
cram_challenge(char challenge[CRAM_CHALLENGE_MAX], const char *nonce,
    const char *host)
{
	int n = snprintf(challenge, CRAM_CHALLENGE_MAX, "<%s@%s>", nonce, host);

	if (n < 0 || n >= CRAM_CHALLENGE_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	return 0;
}

int
cram_verify(const char *path, struct span user, const char *challenge,
    struct span digest, bool *match)
{
	struct span part = span_of(challenge);
	char hex[DIGEST_MD5_HEX + 1];
	unsigned char mac[DIGEST_MD5];
	struct secrets_entry e;

	if (secrets_find(path, user, &e) == -1)
		return -1;
	hmac_md5(mac, secrets_password(&e), &part, 1);
	digest_hex(hex, mac, sizeof mac);
	*match = digest.len == DIGEST_MD5_HEX &&
	    secret_equal(hex, digest.p, DIGEST_MD5_HEX) && e.has_password;
	secret_erase(mac, sizeof mac);
	secret_erase(hex, sizeof hex);
	secrets_wipe(&e);
	return 0;
}
