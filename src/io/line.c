#include "io/line.h"

#include "base/secret.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

void
line_init(struct line *l, int fd)
{
	l->fd = fd;
	l->interrupt = NULL;
	l->acked = -1;
	l->eof = l->skipping = false;
	l->skipped = 0;
	l->start = l->end = 0;
}

/*
 * What has moved may be half a password: no copy of it stays behind.
 * @audit the only place that writes into the buffer from the network.
 */
static int
fill(struct line *l, int64_t deadline)
{
	ssize_t n;

	if (l->start > 0) {
		memmove(l->buffer, l->buffer + l->start, l->end - l->start);
		l->end -= l->start;
		secret_erase(l->buffer + l->end, l->start);
		l->start = 0;
	}
	do {
		if (wait_acked(l->fd, POLLIN, deadline, l->acked,
		    l->interrupt) == -1)
			return -1;
		n = read(l->fd, l->buffer + l->end, LINE_BUFFER - l->end);
	} while (n == -1 && (errno == EINTR || errno == EAGAIN));
	if (n == -1) {
		if (errno == ETIMEDOUT)		/* TCP's, and no deadline */
			errno = EHOSTUNREACH;
		return -1;
	}
	l->eof = n == 0;
	l->end += (size_t)n;
	return 0;
}

static void
drop(struct line *l, size_t n)
{
	l->skipped += n;
	l->start += n;
}

/* A line without its end; one that holds a NUL is none. */
static int
strip(const char *p, size_t len, struct span *text)
{
	len--;
	if (len > 0 && p[len - 1] == '\r')
		len--;
	if (len > 0 && memchr(p, '\0', len) != NULL) {
		errno = EILSEQ;
		return -1;
	}
	*text = (struct span){ p, len };
	return 0;
}

static int
take(struct line *l, size_t len, size_t max, struct span *text)
{
	const char *p = l->buffer + l->start;

	if (!l->skipping)
		l->skipped = 0;
	if (l->skipping || len > max) {
		drop(l, len);
		l->skipping = false;
		errno = EMSGSIZE;
		return -1;
	}
	l->start += len;
	return strip(p, len, text);
}

int
line_read(struct line *l, size_t max, int64_t deadline, struct span *text)
{
	const char *from, *lf;
	size_t have;

	for (;;) {
		from = l->buffer + l->start;
		have = l->end - l->start;
		if (have > 0 && (lf = memchr(from, '\n', have)) != NULL)
			return take(l, (size_t)(lf - from) + 1, max, text);
		if (!l->skipping && have >= max) {
			l->skipping = true;
			l->skipped = 0;
		}
		if (l->skipping)
			drop(l, have);
		if (l->eof) {
			errno = EPIPE;
			return -1;
		}
		if (fill(l, deadline) == -1)
			return -1;
	}
}

/* How much of a line is here, its end included; *whole if that is here. */
static size_t
part(const struct line *l, bool *whole)
{
	size_t have = l->end - l->start;
	const char *from = l->buffer + l->start, *lf;

	lf = have > 0 ? memchr(from, '\n', have) : NULL;
	*whole = lf != NULL;
	return lf != NULL ? (size_t)(lf - from) + 1 : have;
}

/* @audit len never passes cap: what does not fit is skipped. */
int
line_read_long(struct line *l, char *dst, size_t cap, int64_t deadline,
    struct span *text)
{
	size_t len = 0, n;
	bool whole;

	for (;;) {
		n = part(l, &whole);
		if (n > cap - len) {
			l->skipping = true;
			l->skipped = len;
			return line_read(l, LINE_BUFFER - 1, deadline, text);
		}
		if (n > 0)
			memcpy(dst + len, l->buffer + l->start, n);
		l->start += n;
		len += n;
		if (whole)
			return strip(dst, len, text);
		if (l->eof) {
			errno = EPIPE;
			return -1;
		}
		if (fill(l, deadline) == -1)
			return -1;
	}
}

bool
line_pending(const struct line *l)
{
	return l->end > l->start &&
	    memchr(l->buffer + l->start, '\n', l->end - l->start) != NULL;
}

void
line_forget(struct line *l)
{
	secret_erase(l->buffer, l->start);
}

struct span
line_unread(const struct line *l)
{
	return (struct span){ l->buffer + l->start, l->end - l->start };
}

int
line_preload(struct line *l, struct span bytes)
{
	if (bytes.len > sizeof l->buffer) {
		errno = EMSGSIZE;
		return -1;
	}
	if (bytes.len > 0)
		memcpy(l->buffer, bytes.p, bytes.len);
	l->start = 0;
	l->end = bytes.len;
	return 0;
}
