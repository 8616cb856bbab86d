#include "confine/locked.h"

#include <shadow.h>
#include <stddef.h>
#include <string.h>

/*
 * To lock is to write '!' before the hash, or before the '*' that stands for
 * none.  By itself "!", or "!!", is what useradd(8) writes where no password was
 * ever set, and many users have no other way to log in than their secret.
 */
bool
account_is_locked(const char *name)
{
	const struct spwd *entry = getspnam(name);
	const char *hash = entry != NULL ? entry->sp_pwdp : NULL;

	return hash != NULL && hash[0] == '!' &&
	    hash[strspn(hash, "!")] != '\0';
}
