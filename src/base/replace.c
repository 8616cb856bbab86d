#include "base/replace.h"

#include "base/fd.h"
#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define RANDOM_BYTES 8

void
replace_init(struct replace *r)
{
	*r = (struct replace){ .fd = -1 };
}

int
replace_begin(struct replace *r, int dir, const char *file)
{
	char random[2 * RANDOM_BYTES + 1];
	int n;

	replace_init(r);
	r->file = file;
	if (secret_random_hex(random, RANDOM_BYTES) == -1)
		return -1;
	n = snprintf(r->draft, sizeof r->draft, "%s.%s" REPLACE_SUFFIX, file,
	    random);
	if (n < 0 || (size_t)n >= sizeof r->draft) {
		errno = ENAMETOOLONG;
		return -1;
	}
	r->fd = openat(dir, r->draft, O_WRONLY | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	return r->fd == -1 ? -1 : 0;
}

int
replace_commit(struct replace *r, int dir)
{
	if (r->fd == -1) {
		errno = EBADF;
		return -1;
	}
	if (fsync(r->fd) == -1 ||
	    renameat(dir, r->draft, dir, r->file) == -1) {
		replace_drop(r, dir);
		return -1;
	}
	fd_close(&r->fd);
	return 0;
}

void
replace_drop(struct replace *r, int dir)
{
	int kept = errno;

	if (r->fd == -1)
		return;
	(void)unlinkat(dir, r->draft, 0);
	fd_close(&r->fd);
	errno = kept;
}
