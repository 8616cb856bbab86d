/*
 * SHA-256 (FIPS 180-4).  Our own, since libmd's brings SHA-384 and SHA-512
 * along, in more code than all of SCRAM takes, and since a state that can be
 * copied halves the work of PBKDF2.
 */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_BLOCK 64			/* bytes */
#define SHA256_SUM 32

/*
 * May be copied at any time, to go on from there twice; to be wiped by whoever
 * has made one of something secret, which it holds in several forms.
 */
struct sha256 {
	uint32_t h[8];
	uint64_t len;			/* bytes so far */
	unsigned char block[SHA256_BLOCK];
	uint32_t w[64];			/* what the last block was made into */
};

void sha256_begin(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *bytes, size_t len);
void sha256_end(struct sha256 *s, unsigned char sum[SHA256_SUM]);

#endif
