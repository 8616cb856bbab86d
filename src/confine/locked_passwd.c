#include "confine/locked.h"

#include <pwd.h>
#include <stddef.h>
#include <string.h>

/* What pw(8) writes before the hash, where there is no shadow(5). */
#define LOCKED "*LOCKED*"

bool
account_is_locked(const char *name)
{
	const struct passwd *pw = getpwnam(name);

	return pw != NULL && pw->pw_passwd != NULL &&
	    strncmp(pw->pw_passwd, LOCKED, sizeof LOCKED - 1) == 0;
}
