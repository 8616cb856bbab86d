#include "base/digest.h"

#include <sys/types.h>

#include <md5.h>

void
digest_md5(char hex[DIGEST_MD5_HEX + 1], const struct span *parts, size_t n)
{
	MD5_CTX ctx;
	size_t i;

	MD5Init(&ctx);
	for (i = 0; i < n; i++)
		MD5Update(&ctx, (const uint8_t *)parts[i].p, parts[i].len);
	(void)MD5End(&ctx, hex);
}
