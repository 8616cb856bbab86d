#include "maildir/waiting.h"

#include "maildir/files.h"

#include <sys/stat.h>

#include <errno.h>
#include <stddef.h>
#include <stdio.h>

/* lstat(2) of a file in the Maildir: 0, or errno. */
static int
look_for(const char *maildir, const char *file)
{
	char path[PATH_MAX];
	struct stat st;
	int n = snprintf(path, sizeof path, "%s/%s", maildir, file);

	if (n < 0 || (size_t)n >= sizeof path)
		return ENAMETOOLONG;
	return lstat(path, &st) == 0 ? 0 : errno;
}

bool
waiting_drained(const char *maildir)
{
	return look_for(maildir, DRAINED_FILE) != ENOENT;
}

bool
waiting_staged(const char *maildir)
{
	return look_for(maildir, STAGE "/" JOURNAL) == 0;
}

/* Whether a FIFO or a device is empty is not known. */
static bool
has_content(const char *path)
{
	struct stat st;

	if (path[0] == '\0')
		return false;
	return lstat(path, &st) == 0 ? st.st_size > 0 ||
	    !S_ISREG(st.st_mode) : errno != ENOENT;
}

bool
waiting_mail(const struct waiting *w, const char *maildir)
{
	return has_content(w->spool) || has_content(w->temp_drop) ||
	    waiting_staged(maildir);
}

const char *
waiting_missing(const struct waiting *w)
{
	struct stat st;
	size_t i;

	for (i = 0; i < sizeof w->named / sizeof w->named[0]; i++)
		if (w->named[i][0] != '\0' && stat(w->named[i], &st) == -1)
			return w->named[i];
	return NULL;
}

bool
waiting_is_due(const struct waiting *w, const char *maildir)
{
	return waiting_mail(w, maildir) ||
	    (waiting_missing(w) != NULL && !waiting_drained(maildir));
}
