#include "maildir/quota.h"

#include "base/fd.h"
#include "maildir/files.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#define FOLDER_FILE "maildirfolder"

static bool
is_folder(int top)
{
	struct stat st;

	return fstatat(top, FOLDER_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

void
quota_open(struct quota *q, int top)
{
	struct stat st;

	*q = (struct quota){ .fd = -1 };
	q->fd = openat(top, is_folder(top) ? "../" QUOTA_FILE : QUOTA_FILE,
	    O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (q->fd != -1 && (fstat(q->fd, &st) == -1 || !S_ISREG(st.st_mode)))
		fd_close(&q->fd);
}

void
quota_removed(struct quota *q, uint64_t bytes)
{
	q->bytes -= (int64_t)bytes;
	q->count--;
}

void
quota_added(struct quota *q, uint64_t bytes)
{
	q->bytes += (int64_t)bytes;
	q->count++;
}

/* One write(2) in append mode: lines of several writers do not mix. */
int
quota_close(struct quota *q)
{
	char line[64];
	int n, r = 0;

	if (q->fd != -1 && q->count != 0) {
		n = snprintf(line, sizeof line, "%" PRId64 " %" PRId64 "\n",
		    q->bytes, q->count);
		if (write(q->fd, line, (size_t)n) != n)
			r = -1;
	}
	fd_close(&q->fd);
	return r;
}
