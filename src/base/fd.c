#include "base/fd.h"

#include "compat/compat.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FD_FIRST (STDERR_FILENO + 1)

void
fd_close(int *fd)
{
	int kept = errno;

	if (*fd != -1)
		(void)close(*fd);
	*fd = -1;
	errno = kept;
}

void
fd_close_from(int lowest)
{
	closefrom(lowest);
}

/* Copies first, above the places they go to, so that none is overwritten. */
int
fd_keep(int **fds, int n)
{
	int i, copy;

	for (i = 0; i < n; i++) {
		copy = fcntl(*fds[i], F_DUPFD_CLOEXEC, FD_FIRST + n);
		if (copy == -1)
			return -1;
		*fds[i] = copy;
	}
	for (i = 0; i < n; i++) {
		if (dup2(*fds[i], FD_FIRST + i) == -1 ||
		    fcntl(FD_FIRST + i, F_SETFD, FD_CLOEXEC) == -1)
			return -1;
		*fds[i] = FD_FIRST + i;
	}
	fd_close_from(FD_FIRST + n);
	return 0;
}

int
fd_open_standard(void)
{
	int fd;

	do {
		if ((fd = open("/dev/null", O_RDWR)) == -1)
			return -1;
	} while (fd <= STDERR_FILENO);
	(void)close(fd);
	return 0;
}

int
fd_to_null(int fd)
{
	int null, r;

	if ((null = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1)
		return -1;
	r = dup2(null, fd);
	if (null != fd)
		fd_close(&null);
	return r == -1 ? -1 : 0;
}

int
fd_copy(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, FD_FIRST);
}

bool
fd_same(int a, int b)
{
	struct stat sa, sb;

	return fstat(a, &sa) == 0 && fstat(b, &sb) == 0 &&
	    sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino &&
	    sa.st_rdev == sb.st_rdev;
}

bool
fd_is_socket(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

int
fd_is_own_file(int fd)
{
	struct stat st;

	if (fd_is_file_of(fd, geteuid()) == -1)
		return -1;
	if (fstat(fd, &st) == 0 && st.st_nlink == 1)
		return 0;
	errno = EPERM;
	return -1;
}

int
fd_is_file_of(int fd, uid_t owner)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return -1;
	if (S_ISREG(st.st_mode) &&
	    (st.st_uid == geteuid() || st.st_uid == owner))
		return 0;
	errno = EPERM;
	return -1;
}

int
fd_write_all(int fd, const void *bytes, size_t len)
{
	const char *p = bytes;
	ssize_t n;

	while (len > 0) {
		if ((n = write(fd, p, len)) == -1) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

ssize_t
fd_read_at(int fd, void *bytes, size_t room, off_t at, off_t end)
{
	size_t want, have = 0;
	ssize_t n;

	if (at >= end)
		return 0;
	want = end - at < (off_t)room ? (size_t)(end - at) : room;
	while (have < want) {
		n = pread(fd, (char *)bytes + have, want - have,
		    at + (off_t)have);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

char *
fd_read_all(int fd, size_t max, size_t *len)
{
	return fd_is_file_of(fd, geteuid()) == 0 ?
	    fd_read_text(fd, max, len) : NULL;
}

char *
fd_read_text(int fd, size_t max, size_t *len)
{
	struct stat st;
	size_t size;
	char *text;
	ssize_t n;

	if (fstat(fd, &st) == -1)
		return NULL;
	if ((uintmax_t)st.st_size > max) {
		errno = EFBIG;
		return NULL;
	}
	size = (size_t)st.st_size;
	if ((text = malloc(size + 1)) == NULL)
		return NULL;
	if ((n = fd_read_at(fd, text, size, 0, st.st_size)) == -1) {
		explicit_bzero(text, size);	/* may be secret */
		free(text);
		return NULL;
	}
	*len = (size_t)n;
	text[*len] = '\0';
	return text;
}
