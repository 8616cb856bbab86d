/*
 * UTF-8 (RFC 3629), to be believed or not.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/ascii.h"

/*
 * Is it well-formed throughout: no overlong form, no surrogate, nothing above
 * U+10FFFF, no sequence cut short?  ASCII is, and so is nothing at all.
 */
bool utf8_is_valid(struct span s);

/* How many of the first len bytes are whole characters, if s is valid. */
size_t utf8_cut(struct span s, size_t len);

#endif
