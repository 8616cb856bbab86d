#include "maildir/lock.h"

#include "base/clock.h"
#include "base/fd.h"

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
open_file(struct lock *l, int top)
{
	l->fd = openat(top, LOCK_FILE, O_RDWR | O_CREAT | O_NOFOLLOW |
	    O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
	if (l->fd != -1)
		return fd_is_own_file(l->fd);
	if (errno == ELOOP || errno == EISDIR || errno == ENXIO)
		errno = EPERM;
	return -1;
}

static int
wait_for_lock(int fd, int64_t deadline)
{
	int64_t now;

	(void)try_lock(fd, BYTE_WANTED);
	while (try_lock(fd, BYTE_HELD) == -1) {
		if (errno != EAGAIN)
			return -1;
		if ((now = clock_ms()) >= deadline) {
			errno = EAGAIN;
			return -1;
		}
		clock_sleep_until(now + RETRY_MS);
	}
	return 0;
}

int
lock_take(struct lock *l, int top, int64_t patience)
{
	struct flock f;

	if (open_file(l, top) == -1)
		goto fail;
	if (try_lock(l->fd, BYTE_HELD) == 0)
		return 0;
	if (errno != EAGAIN ||
	    wait_for_lock(l->fd, clock_ms() + patience) == -1)
		goto fail;
	f = region(F_UNLCK, BYTE_WANTED);
	(void)fcntl(l->fd, F_SETLK, &f);
	return 0;
fail:
	fd_close(&l->fd);
	return -1;
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
