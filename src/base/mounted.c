#include "base/mounted.h"

#include "base/ascii.h"
#include "base/log.h"

#include <sys/stat.h>

#include <errno.h>
#include <string.h>

void
mounted_parent(char parent[PATH_MAX], const char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	while (len > 0 && path[len - 1] != '/')
		len--;
	while (len > 1 && path[len - 1] == '/')
		len--;
	if (len == 0 || span_copy(parent, PATH_MAX,
	    (struct span){ path, len }) == -1)
		(void)span_copy(parent, PATH_MAX, span_of("."));
}

/* A mount point whose storage is away is a directory of somebody else's. */
static int
check_above(const struct mounted *m)
{
	struct stat st;

	if (stat(m->above, &st) == -1)
		return -1;
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return -1;
	}
	if (m->owned && st.st_uid != m->owner) {
		errno = EPERM;
		return -1;
	}
	return 0;
}

int
mounted_check(const struct mounted *m, const char *maildir,
    const char **missing)
{
	struct stat st;

	*missing = m->marker;
	if (m->marker[0] != '\0' && stat(m->marker, &st) == -1)
		return -1;
	if (stat(maildir, &st) == 0 || errno != ENOENT)
		return 0;
	*missing = maildir;		/* a link to what is not mounted? */
	if (lstat(maildir, &st) == 0) {
		errno = ENOENT;
		return -1;
	}
	*missing = m->above;
	return check_above(m);
}

int
mounted_require(const struct mounted *m, const char *maildir, const char *user)
{
	const char *missing;

	if (mounted_check(m, maildir, &missing) == 0)
		return 0;
	log_line(LOG_FAULT, "%s: the storage is not there: %s: %s", user,
	    missing, errno == EPERM ? "belongs to another user" :
	    strerror(errno));
	return -1;
}
