#include "auth/apop.h"

#include "auth/secrets.h"

static void
sum(char hex[DIGEST_MD5_HEX + 1], const char *stamp, struct span secret)
{
	struct span parts[2] = { span_of(stamp), secret };

	digest_md5(hex, parts, 2);
}

int
apop_verify(const char *path, struct span user, const char *stamp,
    struct span digest, bool *match)
{
	return secrets_compare(path, user, stamp, sum, digest, match);
}
