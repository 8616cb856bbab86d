#include "auth/apop.h"

#include "auth/secrets.h"
#include "base/digest.h"

int
apop_verify(const char *path, struct span user, const char *stamp,
    struct span digest, bool *match)
{
	char hex[DIGEST_MD5_HEX + 1];
	struct secrets_entry e;
	struct span parts[2];

	if (secrets_find(path, user, &e) == -1)
		return -1;
	parts[0] = span_of(stamp);
	parts[1] = secrets_password(&e);
	digest_md5(hex, parts, 2);
	*match = digest.len == DIGEST_MD5_HEX &&
	    secret_equal(hex, digest.p, DIGEST_MD5_HEX) && e.has_password;
	secret_erase(hex, sizeof hex);
	secrets_wipe(&e);
	return 0;
}
