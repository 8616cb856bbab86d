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

static void
sum(char hex[DIGEST_MD5_HEX + 1], const char *challenge, struct span secret)
{
	struct span part = span_of(challenge);
	unsigned char mac[DIGEST_MD5];

	hmac_md5(mac, secret, &part, 1);
	digest_hex(hex, mac, sizeof mac);
	secret_erase(mac, sizeof mac);
}

int
cram_verify(const char *path, struct span user, const char *challenge,
    struct span digest, bool *match)
{
	return secrets_compare(path, user, challenge, sum, digest, match);
}
