/*
 * Dovecot's pop3_uidl_format: text with %u (the message's number), %v (the list's
 * validity), %g (its GUID) and %f (its file name up to the colon).  Between the %
 * and the letter stand a width, with 0 before it, and modifiers: X hexadecimal,
 * L lower case, U upper case, M the MD5 digest.  %% is a per cent sign.
 */
#ifndef MAILDIR_UIDFORMAT_H
#define MAILDIR_UIDFORMAT_H

#include "base/ascii.h"

#include <stddef.h>
#include <stdint.h>

struct uidformat_values {
	uint64_t uid, validity;
	struct span guid, name;
};

/* 0 if it is a format that tells messages apart, else -1. */
int uidformat_check(const char *format);

/*
 * Write the id, of cap bytes at most with its NUL.  -1 when it does not fit or the
 * format is wrong.
 */
int uidformat_print(char *id, size_t cap, const char *format,
    const struct uidformat_values *v);

#endif
