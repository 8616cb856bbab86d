/*
 * Numbers as strangers write them: digits and nothing else.  No sign, no
 * blank, no 0x; leading zeros are allowed.
 */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include "base/ascii.h"

#include <stdint.h>

/*
 * Read a whole span as a decimal number of at most max.  On -1 errno is
 * EINVAL when it is not a number, ERANGE when it is too large.
 */
int num_u64(struct span s, uint64_t max, uint64_t *out);
int num_u32(struct span s, uint32_t max, uint32_t *out);

/* Room for any uint64_t in decimal and its NUL. */
#define NUM_DECIMAL_MAX 21

/* Write n in decimal at dst (NUM_DECIMAL_MAX bytes); the length without NUL. */
size_t num_decimal(char *dst, uint64_t n);

/* Little-endian numbers in a file; compilers make one load of these. */
static inline uint32_t
num_le32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

static inline uint64_t
num_le64(const unsigned char *p)
{
	return (uint64_t)num_le32(p) | (uint64_t)num_le32(p + 4) << 32;
}

#endif
