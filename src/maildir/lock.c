#include "maildir/lock.h"

#include "base/clock.h"
#include "base/fd.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define RETRY_MS 100

enum { BYTE_HELD, BYTE_WANTED };

void
lock_init(struct lock *l)
{
	l->fd = -1;
}

static struct flock
region(short type, off_t byte)
{
	struct flock f = { 0 };

	f.l_type = type;
	f.l_whence = SEEK_SET;
	f.l_start = byte;
	f.l_len = 1;
	return f;
}

static int
try_lock(int fd, off_t byte)
{
	struct flock f = region(F_WRLCK, byte);

	if (fcntl(fd, F_SETLK, &f) == 0)
		return 0;
	if (errno == EACCES)
		errno = EAGAIN;
	return -1;
}

static int
open_file(int top, const char *file)
{
	struct stat st;
	int fd;

	fd = openat(top, file, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK |
	    O_NOCTTY | O_CLOEXEC, 0600);
	if (fd == -1 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)))
		return fd;
	fd_close(&fd);
	errno = EISDIR;
	return -1;
}

/* Does the name still lead to the file that we hold open? */
static bool
is_current(int fd, int top, const char *file)
{
	struct stat ours, now;

	return fstat(fd, &ours) == 0 &&
	    fstatat(top, file, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
	    ours.st_dev == now.st_dev && ours.st_ino == now.st_ino;
}

/* Others wait meanwhile at byte 1, and a holder that is idle sees them there. */
static int
wait_for_lock(int fd, int64_t deadline)
{
	int64_t now;

	while (try_lock(fd, BYTE_HELD) == -1) {
		if (errno != EAGAIN)
			return -1;
		(void)try_lock(fd, BYTE_WANTED);
		if ((now = clock_ms()) >= deadline) {
			errno = EAGAIN;
			return -1;
		}
		clock_sleep_until(now + RETRY_MS);
	}
	return 0;
}

/* 1 when the file was removed before it was locked. */
static int
open_and_lock(struct lock *l, int top, const char *file, int64_t deadline)
{
	struct flock f = region(F_UNLCK, BYTE_WANTED);

	if ((l->fd = open_file(top, file)) == -1 ||
	    wait_for_lock(l->fd, deadline) == -1)
		return -1;
	if (!is_current(l->fd, top, file)) {
		fd_close(&l->fd);
		return 1;
	}
	(void)fcntl(l->fd, F_SETLK, &f);
	return 0;
}

static enum lock_result
result_of(int error)
{
	switch (error) {
	case EAGAIN:
		return LOCK_IN_USE;
	case ELOOP:
	case EISDIR:
	case ENXIO:
		return LOCK_NOT_A_FILE;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return LOCK_SHORTAGE;
	default:
		return LOCK_IMPOSSIBLE;
	}
}

enum lock_result
lock_take_file(struct lock *l, int top, const char *file, int64_t patience)
{
	int64_t deadline = clock_ms() + patience;
	int r;

	while ((r = open_and_lock(l, top, file, deadline)) == 1)
		if (clock_ms() >= deadline) {
			errno = EAGAIN;
			r = -1;
			break;
		}
	if (r == 0)
		return LOCK_HELD;
	fd_close(&l->fd);
	return result_of(errno);
}

enum lock_result
lock_take(struct lock *l, int top, int64_t patience)
{
	return lock_take_file(l, top, LOCK_FILE, patience);
}

bool
lock_is_held(struct lock *l, int top)
{
	if (l->fd == -1)
		return false;
	if (is_current(l->fd, top, LOCK_FILE))
		return try_lock(l->fd, BYTE_HELD) == 0;
	lock_release(l);
	return lock_take(l, top, 0) == LOCK_HELD;
}

bool
lock_is_wanted(const struct lock *l)
{
	struct flock f = region(F_WRLCK, BYTE_WANTED);

	return l->fd != -1 && fcntl(l->fd, F_GETLK, &f) == 0 &&
	    f.l_type != F_UNLCK;
}

void
lock_release(struct lock *l)
{
	fd_close(&l->fd);
}
