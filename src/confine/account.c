#include "confine/account.h"

#include <errno.h>
#include <pwd.h>
#include <stddef.h>

const char *
account_find(const char *name, uid_t *uid, gid_t *gid)
{
	struct passwd *pw;

	if ((pw = getpwnam(name)) == NULL)
		pw = getpwnam(name = "nobody");
	if (pw == NULL || pw->pw_uid == 0 || pw->pw_gid == 0) {
		errno = pw == NULL ? ENOENT : EPERM;
		return NULL;
	}
	*uid = pw->pw_uid;
	*gid = pw->pw_gid;
	return name;
}
