#include "base/digest.h"

#include "compat/compat.h"
#include "compat/sha256.h"

#include <sys/types.h>

#include <md5.h>
#include <string.h>

static void
sum_md5(MD5_CTX *ctx, const struct span *parts, size_t n)
{
	size_t i;

	MD5Init(ctx);
	for (i = 0; i < n; i++)
		MD5Update(ctx, (const uint8_t *)parts[i].p, parts[i].len);
}

void
digest_md5(char hex[DIGEST_MD5_HEX + 1], const struct span *parts, size_t n)
{
	MD5_CTX ctx;

	sum_md5(&ctx, parts, n);
	(void)MD5End(&ctx, hex);
	explicit_bzero(&ctx, sizeof ctx);
}

void
digest_md5_raw(unsigned char sum[DIGEST_MD5], const struct span *parts,
    size_t n)
{
	MD5_CTX ctx;

	sum_md5(&ctx, parts, n);
	MD5Final(sum, &ctx);
	explicit_bzero(&ctx, sizeof ctx);
}

_Static_assert(sizeof(MD5_CTX) <= sizeof(struct digest_md5),
    "libmd's state has grown");

static MD5_CTX *
state_of(struct digest_md5 *d)
{
	return (MD5_CTX *)(void *)d->space;
}

void
digest_md5_begin(struct digest_md5 *d)
{
	MD5Init(state_of(d));
}

void
digest_md5_add(struct digest_md5 *d, const void *bytes, size_t len)
{
	MD5Update(state_of(d), bytes, len);
}

void
digest_md5_end(struct digest_md5 *d, unsigned char sum[DIGEST_MD5])
{
	MD5Final(sum, state_of(d));
}

_Static_assert(sizeof(SHA256_CTX) <= sizeof(struct digest_sha256),
    "libmd's state has grown");

static SHA256_CTX *
sha2_of(struct digest_sha256 *d)
{
	return (SHA256_CTX *)(void *)d->space;
}

void
digest_sha256_begin(struct digest_sha256 *d)
{
	SHA256_Init(sha2_of(d));
}

void
digest_sha256_add(struct digest_sha256 *d, const void *bytes, size_t len)
{
	SHA256_Update(sha2_of(d), bytes, len);
}

void
digest_sha256_end(struct digest_sha256 *d, unsigned char sum[DIGEST_SHA256])
{
	SHA256_Final(sum, sha2_of(d));
}

void
digest_sha256(unsigned char sum[DIGEST_SHA256], const struct span *parts,
    size_t n)
{
	struct digest_sha256 d;
	size_t i;

	digest_sha256_begin(&d);
	for (i = 0; i < n; i++)
		digest_sha256_add(&d, parts[i].p, parts[i].len);
	digest_sha256_end(&d, sum);
	explicit_bzero(&d, sizeof d);
}

void
digest_hex(char *hex, const unsigned char *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < n; i++) {
		*hex++ = digits[bytes[i] >> 4];
		*hex++ = digits[bytes[i] & 15];
	}
	*hex = '\0';
}
