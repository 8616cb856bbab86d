/*
 * Keyed digests: HMAC (RFC 2104) with MD5 for CRAM-MD5 and with SHA-256 for
 * SCRAM, and PBKDF2 (RFC 8018, section 5.2), which SCRAM calls Hi().
 */
#ifndef BASE_HMAC_H
#define BASE_HMAC_H

#include "base/digest.h"

#include <stdint.h>

/* The most parts that a message may come in. */
#define HMAC_PARTS 6

/*
 * The HMAC of the parts, one after the other, n of at most HMAC_PARTS.  The
 * key, or a part, may stand where the sum goes.
 */
void hmac_md5(unsigned char mac[DIGEST_MD5], struct span key,
    const struct span *parts, size_t n);
void hmac_sha256(unsigned char mac[DIGEST_SHA256], struct span key,
    const struct span *parts, size_t n);

/* The first block of PBKDF2-HMAC-SHA-256; iterations is at least 1. */
void pbkdf2_sha256(unsigned char key[DIGEST_SHA256], struct span password,
    struct span salt, uint32_t iterations);

#endif
