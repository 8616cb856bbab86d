/*
 * MD5, for the two things that need it by name: APOP (RFC 1939, section 7) and
 * UIDLs that other servers made so.  The only reader of libmd.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "base/ascii.h"

#define DIGEST_MD5_HEX 32

/* MD5 over the parts, one after the other, as lower-case hex and a NUL. */
void digest_md5(char hex[DIGEST_MD5_HEX + 1], const struct span *parts,
    size_t n);

#endif
