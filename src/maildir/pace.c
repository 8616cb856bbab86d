#include "maildir/pace.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/num.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#define LINE_LEN 20		/* 19 digits and a line feed */

static int
name_file(char file[PATH_MAX], const char *path)
{
	int n = snprintf(file, PATH_MAX, "%s/" PACE_FILE, path);

	if (n >= 0 && n < PATH_MAX)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

static int
unlink_file(const char *path)
{
	char file[PATH_MAX];

	return name_file(file, path) == -1 ? -1 : unlink(file);
}

/* A backup made of hard links has it, too, or it is something else's name. */
static bool
has_links(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && st.st_nlink == 1)
		return false;
	errno = EMLINK;
	return true;
}

/* The file, or -1 with EMLINK if it has other names: a plain file of ours, or of the owner of the Maildir. */
static int
open_file(const char *path, int flags)
{
	char file[PATH_MAX];
	struct stat top;
	int fd;

	if (name_file(file, path) == -1)
		return -1;
	fd = open(file, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
	    0600);
	if (fd != -1 && (stat(path, &top) == -1 ||
	    fd_is_file_of(fd, top.st_uid) == -1 || has_links(fd)))
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
	fd = open_file(path, O_RDWR | O_CREAT);
	if (fd == -1 && errno == EMLINK && unlink_file(path) == 0)
		fd = open_file(path, O_RDWR | O_CREAT | O_EXCL);
	if (fd != -1) {
		most = pace->delay * pace->burst;
		wait = read_wait(pace, fd, now) + pace->delay;
		r = write_full(fd, now + (wait < most ? wait : most));
	}
	fd_close(&fd);
	return r;
}
