#include "maildir/pace.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/num.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#define LINE_LEN 20		/* 19 digits and a line feed */

/* The file, or -1.  A link and what is not ours to write are no file of ours. */
static int
open_file(const char *path, int flags)
{
	char file[PATH_MAX];
	int fd, n;

	n = snprintf(file, sizeof file, "%s/" PACE_FILE, path);
	if (n < 0 || (size_t)n >= sizeof file) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = open(file, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
	    0600);
	if (fd != -1 && fd_is_own_file(fd) == -1)
		fd_close(&fd);
	return fd;
}

/* How many seconds from now it is full; 0 if that makes no sense. */
static int64_t
read_wait(const struct pace *pace, int fd, int64_t now)
{
	char line[LINE_LEN + 1];
	int64_t wait;
	uint64_t full;

	if (fd == -1 || read(fd, line, sizeof line) != LINE_LEN ||
	    line[LINE_LEN - 1] != '\n' || num_u64((struct span){ line,
	    LINE_LEN - 1 }, INT64_MAX, &full) == -1)
		return 0;
	wait = (int64_t)full - now;
	return wait > 0 && wait <= pace->delay * pace->burst ? wait : 0;
}

bool
pace_allows(const struct pace *pace, const char *path)
{
	int64_t wait;
	int fd;

	if (pace->delay == 0)
		return true;
	fd = open_file(path, O_RDONLY);
	wait = read_wait(pace, fd, clock_date());
	fd_close(&fd);
	return wait <= pace->delay * (pace->burst - 1);
}

/* One short write in place: nothing to clean up, whenever it is interrupted. */
static int
write_full(int fd, int64_t full)
{
	char line[LINE_LEN + 1];

	(void)snprintf(line, sizeof line, "%019" PRId64 "\n", full);
	return pwrite(fd, line, LINE_LEN, 0) == LINE_LEN ?
	    ftruncate(fd, LINE_LEN) : -1;
}

int
pace_count(const struct pace *pace, const char *path)
{
	int64_t now = clock_date(), most, wait;
	int fd, r = -1;

	if (pace->delay == 0)
		return 0;
	if ((fd = open_file(path, O_RDWR | O_CREAT)) != -1) {
		most = pace->delay * pace->burst;
		wait = read_wait(pace, fd, now) + pace->delay;
		r = write_full(fd, now + (wait < most ? wait : most));
	}
	fd_close(&fd);
	return r;
}
