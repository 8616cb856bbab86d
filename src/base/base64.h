/*
 * Base64 (RFC 4648, section 4), and nothing near it: padding stands where it
 * belongs, the bits that no byte uses are zero, and no other character, not
 * even a line end, is passed over.  So each string of bytes has one form.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/ascii.h"

/* Characters, without a NUL, that len bytes become. */
#define BASE64_LEN(len) (((len) + 2) / 3 * 4)

/* Write len bytes at dst as a string; there is room for BASE64_LEN(len) + 1. */
void base64_encode(char *dst, const void *bytes, size_t len);

/*
 * Decode a whole span to at most cap bytes at dst, which is not terminated.
 * -1 with EINVAL when it is not base64, EMSGSIZE when it does not fit; dst and
 * *len are untouched then.  dst may be where the span stands.
 */
int base64_decode(void *dst, size_t cap, struct span s, size_t *len);

#endif
