#include "base/mounted.h"

#include "base/ascii.h"
#include "base/log.h"

#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

/*
 * What lies between the home and a Maildir that is missing: a link that leads
 * nowhere, or an empty mount point of root's, may hide it.
 */
static int
check_between(const struct mounted *m, const char *maildir)
{
	size_t len = strlen(m->above);
	const char *slash = maildir + len;
	char path[PATH_MAX];
	struct stat st;

	if (!m->owned || strncmp(maildir, m->above, len) != 0 ||
	    *slash != '/')
		return 0;
	while ((slash = strchr(slash + 1, '/')) != NULL) {
		(void)span_copy(path, sizeof path, (struct span){ maildir,
		    (size_t)(slash - maildir) });
		if (lstat(path, &st) == -1 && errno == ENOENT)
			return 0;
		if (stat(path, &st) == -1)
			return -1;
		errno = EPERM;
		if (st.st_uid != m->owner)
			return -1;
	}
	return 0;
}

/*
 * MDAs make new/ and cur/ at once.  Where both are missing, and the directory is
 * somebody else's, it is a mount point whose storage is away.
 */
static int
check_empty(const struct mounted *m, const struct stat *top,
    const char *maildir)
{
	static const char *const parts[] = { "new", "cur" };
	uid_t owner = m->owned ? m->owner : geteuid();
	char path[PATH_MAX];
	struct stat st;
	size_t i;
	int n;

	if (top->st_uid == owner || owner == 0 || !S_ISDIR(top->st_mode))
		return 0;
	for (i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		n = snprintf(path, sizeof path, "%s/%s", maildir, parts[i]);
		if (n < 0 || (size_t)n >= sizeof path ||
		    lstat(path, &st) == 0 || errno != ENOENT)
			return 0;
	}
	errno = EPERM;
	return -1;
}

int
mounted_check(const struct mounted *m, const char *maildir,
    const char **missing)
{
	struct stat st;

	*missing = m->marker;
	if (m->marker[0] != '\0' && stat(m->marker, &st) == -1)
		return -1;
	*missing = maildir;
	if (stat(maildir, &st) == 0)
		return check_empty(m, &st, maildir);
	if (errno != ENOENT)
		return 0;
	if (lstat(maildir, &st) == 0) {	/* a link to what is not mounted? */
		errno = ENOENT;
		return -1;
	}
	if (check_between(m, maildir) == -1)
		return -1;
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
