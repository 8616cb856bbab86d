#include "compat/compat.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int
getentropy(void *buffer, size_t len)
{
	char *p = buffer;
	ssize_t n;
	int fd;

	if (len > 256) {
		errno = EIO;
		return -1;
	}
	if ((fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC)) == -1)
		return -1;
	while (len > 0) {
		if ((n = read(fd, p, len)) <= 0) {
			if (n == -1 && errno == EINTR)
				continue;
			break;
		}
		p += n;
		len -= (size_t)n;
	}
	(void)close(fd);
	if (len > 0) {
		errno = EIO;
		return -1;
	}
	return 0;
}
