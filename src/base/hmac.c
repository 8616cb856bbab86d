#include "base/hmac.h"

#include "base/secret.h"

#include <stdlib.h>
#include <string.h>

struct kind {
	void (*digest)(unsigned char *, const struct span *, size_t);
	size_t sum;			/* bytes */
};

static const struct kind md5 = { digest_md5_raw, DIGEST_MD5 };
static const struct kind sha256 = { digest_sha256, DIGEST_SHA256 };

static struct span
bytes_of(const unsigned char *bytes, size_t len)
{
	return (struct span){ (const char *)bytes, len };
}

/* RFC 2104, section 2: a key longer than a block counts as its digest. */
static void
set_block(const struct kind *kind, unsigned char block[DIGEST_BLOCK],
    struct span key)
{
	memset(block, 0, DIGEST_BLOCK);
	if (key.len > DIGEST_BLOCK)
		kind->digest(block, &key, 1);
	else if (key.len > 0)
		memcpy(block, key.p, key.len);
}

static void
flip(unsigned char block[DIGEST_BLOCK], unsigned char with)
{
	size_t i;

	for (i = 0; i < DIGEST_BLOCK; i++)
		block[i] ^= with;
}

static void
hmac(const struct kind *kind, unsigned char *mac, struct span key,
    const struct span *parts, size_t n)
{
	unsigned char block[DIGEST_BLOCK];
	struct span all[1 + HMAC_PARTS];

	if (n > HMAC_PARTS)
		abort();
	set_block(kind, block, key);
	flip(block, 0x36);
	all[0] = bytes_of(block, sizeof block);
	if (n > 0)
		memcpy(all + 1, parts, n * sizeof *parts);
	kind->digest(mac, all, 1 + n);
	flip(block, 0x36 ^ 0x5c);
	all[1] = bytes_of(mac, kind->sum);
	kind->digest(mac, all, 2);
	secret_erase(block, sizeof block);
}

void
hmac_md5(unsigned char mac[DIGEST_MD5], struct span key,
    const struct span *parts, size_t n)
{
	hmac(&md5, mac, key, parts, n);
}

void
hmac_sha256(unsigned char mac[DIGEST_SHA256], struct span key,
    const struct span *parts, size_t n)
{
	hmac(&sha256, mac, key, parts, n);
}

/* Both digests of the HMAC after their first block, which is the key. */
struct keyed {
	struct digest_sha256 inner, outer;
};

static void
set_key(struct keyed *k, struct span key)
{
	unsigned char block[DIGEST_BLOCK];

	set_block(&sha256, block, key);
	flip(block, 0x36);
	digest_sha256_begin(&k->inner);
	digest_sha256_add(&k->inner, block, sizeof block);
	flip(block, 0x36 ^ 0x5c);
	digest_sha256_begin(&k->outer);
	digest_sha256_add(&k->outer, block, sizeof block);
	secret_erase(block, sizeof block);
}

/* u becomes its own HMAC: two blocks, where from the key on it were four. */
static void
step(const struct keyed *k, struct keyed *scratch,
    unsigned char u[DIGEST_SHA256])
{
	*scratch = *k;
	digest_sha256_add(&scratch->inner, u, DIGEST_SHA256);
	digest_sha256_end(&scratch->inner, u);
	digest_sha256_add(&scratch->outer, u, DIGEST_SHA256);
	digest_sha256_end(&scratch->outer, u);
}

void
pbkdf2_sha256(unsigned char key[DIGEST_SHA256], struct span password,
    struct span salt, uint32_t iterations)
{
	static const char first[] = { 0, 0, 0, 1 };
	struct span parts[2] = { salt, { first, sizeof first } };
	unsigned char u[DIGEST_SHA256], sum[DIGEST_SHA256];
	struct keyed k, scratch;
	size_t i;

	hmac_sha256(u, password, parts, 2);
	memcpy(sum, u, sizeof sum);
	set_key(&k, password);
	while (--iterations > 0) {
		step(&k, &scratch, u);
		for (i = 0; i < sizeof sum; i++)
			sum[i] ^= u[i];
	}
	memcpy(key, sum, sizeof sum);
	secret_erase(u, sizeof u);
	secret_erase(sum, sizeof sum);
	secret_erase(&k, sizeof k);
	secret_erase(&scratch, sizeof scratch);
}
