#include "import/dotlock.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/num.h"
#include "base/secret.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOCK_SIZE_MAX 256	/* bytes: a pid, and perhaps a host */
#define STALE_AFTER (5 * 60)	/* seconds, as for sendmail and procmail */
#define REFRESH_AFTER 60000	/* ms */
#define RETRY_MS 250

void
dotlock_init(struct dotlock *l)
{
	l->path[0] = '\0';
	l->fd = -1;
}

int
dotlock_group(gid_t gid)
{
	int kept = errno, r;

	r = setegid(gid != (gid_t)-1 ? gid : getgid());
	if (r == 0)
		errno = kept;
	return r;
}

/* A file of our own beside the mbox, with our pid in it: its descriptor. */
static int
make_own(const char *mbox, char own[PATH_MAX], struct stat *st)
{
	char random[2 * 8 + 1], pid[NUM_DECIMAL_MAX + 1];
	size_t len;
	int fd, n, r;

	if (secret_random_hex(random, 8) == -1)
		return -1;
	n = snprintf(own, PATH_MAX, "%s.%s", mbox, random);
	if (n < 0 || n >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = open(own, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    0644);
	if (fd == -1)
		return -1;
	len = num_decimal(pid, (uint64_t)getpid());
	pid[len++] = '\n';
	r = fd_write_all(fd, pid, len);
	if (r == 0)
		r = fstat(fd, st);
	if (r == -1) {
		fd_close(&fd);
		(void)unlinkat(AT_FDCWD, own, 0);
	}
	return fd;
}

/* Over NFS the answer to link(2) may get lost: count the links. */
static bool
link_own(const char *own, const char *path)
{
	struct stat st;

	if (linkat(AT_FDCWD, own, AT_FDCWD, path, 0) == 0)
		return true;
	return stat(own, &st) == 0 && st.st_nlink == 2;
}

/* As an mbox or an MMDF folder does.  False if we may not read it. */
static bool
begins_like_mail(const char *path)
{
	char bytes[5];
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return false;
	n = read(fd, bytes, sizeof bytes);
	fd_close(&fd);
	return n == sizeof bytes && (memcmp(bytes, "From ", 5) == 0 ||
	    memcmp(bytes, "\1\1\1\1\n", 5) == 0);
}

enum found { LOCK_HELD, LOCK_STALE, NO_LOCK };

/*
 * "john.lock" is the spool of a user of that name, too.  A lock file has a
 * number in it at most; a mail program makes it as the user or as root.
 */
static enum found
look_at(const char *path, const struct stat *now)
{
	struct stat st;

	if (lstat(path, &st) == -1)
		return LOCK_HELD;		/* gone: try again */
	if (!S_ISREG(st.st_mode) || st.st_size > LOCK_SIZE_MAX ||
	    begins_like_mail(path))
		return NO_LOCK;
	if (now->st_mtime - st.st_mtime <= STALE_AFTER)
		return LOCK_HELD;
	return st.st_uid == now->st_uid || st.st_uid == 0 ? LOCK_STALE :
	    NO_LOCK;
}

/*
 * Between the look and the removal another process may have removed it and
 * taken a new one.  So what was there moves to our own name first; if that is
 * another file, it is put back.
 */
static void
remove_stale(const char *own, const char *path, const struct stat *now)
{
	if (renameat(AT_FDCWD, path, AT_FDCWD, own) == 0 &&
	    look_at(own, now) != LOCK_STALE)
		(void)link_own(own, path);
}

/* 0; or -1 with EBUSY while another process has it, EEXIST where it is none. */
static int
try_once(struct dotlock *l, const char *mbox, const char *path)
{
	struct stat now = { 0 };
	char own[PATH_MAX];
	enum found found = LOCK_HELD;
	bool linked;
	int fd;

	if ((fd = make_own(mbox, own, &now)) == -1)
		return -1;
	linked = link_own(own, path);
	if (!linked && (found = look_at(path, &now)) == LOCK_STALE)
		remove_stale(own, path, &now);
	(void)unlinkat(AT_FDCWD, own, 0);
	if (linked) {
		l->fd = fd;
		l->refreshed = clock_ms();
		return 0;
	}
	fd_close(&fd);
	errno = found == NO_LOCK ? EEXIST : EBUSY;
	return -1;
}

int
dotlock_take(struct dotlock *l, const char *mbox, gid_t gid, int64_t deadline)
{
	char path[PATH_MAX];
	int n, r;

	n = snprintf(path, sizeof path, "%s.lock", mbox);
	if (n < 0 || (size_t)n >= sizeof path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (;;) {
		r = dotlock_group(gid);
		if (r == 0)
			r = try_once(l, mbox, path);
		if (dotlock_group((gid_t)-1) == -1)
			return -1;
		if (r == 0 || errno != EBUSY)
			break;
		if (clock_ms() >= deadline) {
			errno = EAGAIN;
			return -1;
		}
		clock_sleep_until(clock_ms() + RETRY_MS);
	}
	if (r == 0) {
		memcpy(l->path, path, sizeof path);
		l->gid = gid;
	}
	return r;
}

bool
dotlock_is_ours(const struct dotlock *l)
{
	struct stat ours, now;

	return l->path[0] == '\0' || (fstat(l->fd, &ours) == 0 &&
	    lstat(l->path, &now) == 0 && ours.st_dev == now.st_dev &&
	    ours.st_ino == now.st_ino);
}

/*
 * Touch the lock file with the server's time (NULL), so that clock differences
 * between hosts do not matter.
 */
void
dotlock_refresh(struct dotlock *l)
{
	int64_t now = clock_ms();

	if (l->path[0] == '\0' || now - l->refreshed < REFRESH_AFTER)
		return;
	l->refreshed = now;
	if (dotlock_is_ours(l))
		(void)utimensat(AT_FDCWD, l->path, NULL, AT_SYMLINK_NOFOLLOW);
}

void
dotlock_release(struct dotlock *l)
{
	if (l->path[0] == '\0')
		return;
	if (dotlock_group(l->gid) == 0 && dotlock_is_ours(l))
		(void)unlinkat(AT_FDCWD, l->path, 0);
	(void)dotlock_group((gid_t)-1);
	fd_close(&l->fd);
	dotlock_init(l);
}
