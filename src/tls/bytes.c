#include "tls/bytes.h"

#include "base/fd.h"
#include "base/secret.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* To its end, or to the length it had when we looked: it may change. */
static int
read_whole(struct bytes *b, int fd)
{
	ssize_t n = 1;

	while (b->len < b->cap && n != 0) {
		n = read(fd, b->p + b->len, b->cap - b->len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		b->len += (size_t)n;
	}
	return 0;
}

static int
read_open(struct bytes *b, int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return -1;
	if (!S_ISREG(st.st_mode) || st.st_size > BYTES_MAX) {
		errno = S_ISREG(st.st_mode) ? EFBIG : EINVAL;
		return -1;
	}
	b->mode = st.st_mode;
	b->uid = st.st_uid;
	b->cap = (size_t)st.st_size;
	if ((b->p = malloc(b->cap + 1)) == NULL)
		return -1;
	return read_whole(b, fd);
}

int
bytes_read(struct bytes *b, int at, const char *path)
{
	int fd, r;

	*b = (struct bytes){ .p = NULL };
	fd = openat(at, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd == -1)
		return -1;
	if ((r = read_open(b, fd)) == -1)
		bytes_free(b);
	fd_close(&fd);
	return r;
}

bool
bytes_is_public(const struct bytes *b)
{
	return (b->mode & S_IRWXO) != 0;
}

void
bytes_free(struct bytes *b)
{
	int kept = errno;

	if (b->p != NULL)
		secret_erase(b->p, b->cap);
	free(b->p);
	*b = (struct bytes){ .p = NULL };
	errno = kept;
}
