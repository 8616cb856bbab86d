/*
 * Lists of networks as people write them: addresses and ADDRESS/LENGTH, with
 * blanks or commas between, "192.0.2.0/24, 2001:db8::/32 127.0.0.1".  An IPv4
 * address in IPv6 clothes (::ffff:192.0.2.1) is that IPv4 address, in a list
 * and where one is looked for; no other IPv6 network holds any of IPv4.
 *
 * A list stays the text it is, and is read each time: it is short, and most
 * sessions never look.
 */
#ifndef BASE_CIDR_H
#define BASE_CIDR_H

#include "base/ascii.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Is every word of the list a network, and is there one?  -1 with EINVAL, and
 * error, of cap bytes, says which word is not and why.
 */
int cidr_check(const char *list, char *error, size_t cap);

/*
 * Does the list hold this address?  Not if it is NULL or the address is none.
 * Words of the list that are no networks hold nothing.
 */
bool cidr_has(const char *list, const char *address);

#endif
