/*
 * MD5, for what needs it by name: APOP (RFC 1939, section 7), CRAM-MD5 (RFC
 * 2195) and UIDLs that other servers made so; and SHA-256, for SCRAM.  The only
 * reader of libmd.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "base/ascii.h"

#include <stdint.h>

#define DIGEST_MD5_HEX 32
#define DIGEST_MD5 16		/* bytes */
#define DIGEST_SHA256 32
#define DIGEST_BLOCK 64		/* bytes that either takes at a time */

/* MD5 over the parts, one after the other, as lower-case hex and a NUL. */
void digest_md5(char hex[DIGEST_MD5_HEX + 1], const struct span *parts,
    size_t n);

/* Over the parts, too, as bytes.  A part may stand where the sum goes. */
void digest_md5_raw(unsigned char sum[DIGEST_MD5], const struct span *parts,
    size_t n);
void digest_sha256(unsigned char sum[DIGEST_SHA256], const struct span *parts,
    size_t n);

/* The same in pieces; a copy goes on where the original was. */
struct digest_md5 {
	uint64_t space[16];		/* libmd's own state */
};
void digest_md5_begin(struct digest_md5 *d);
void digest_md5_add(struct digest_md5 *d, const void *bytes, size_t len);
void digest_md5_end(struct digest_md5 *d, unsigned char sum[DIGEST_MD5]);

struct digest_sha256 {
	uint64_t space[28];
};
void digest_sha256_begin(struct digest_sha256 *d);
void digest_sha256_add(struct digest_sha256 *d, const void *bytes, size_t len);
void digest_sha256_end(struct digest_sha256 *d,
    unsigned char sum[DIGEST_SHA256]);

/* Bytes as lower-case hex digits and a NUL: 2 * n + 1 characters. */
void digest_hex(char *hex, const unsigned char *bytes, size_t n);

#endif
