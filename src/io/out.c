#include "io/out.h"

#include "base/clock.h"
#include "base/fd.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define LINGER_MS 2000

/* Such a terminal makes CR LF of our LF, and CR CR LF of our CR LF. */
static bool
ends_lines(int fd)
{
	struct termios t;

	return tcgetattr(fd, &t) == 0 && (t.c_oflag & OPOST) != 0 &&
	    (t.c_oflag & ONLCR) != 0;
}

static size_t
leave_out_cr(unsigned char *p, size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++)
		if (p[i] != '\r' || i + 1 == len || p[i + 1] != '\n')
			p[n++] = p[i];
	return n;
}

struct out *
out_new(int fd, int64_t patience)
{
	struct stat st;
	struct out *o;

	if ((o = malloc(sizeof *o)) == NULL)
		return NULL;
	o->fd = fd;
	o->socket = fd_is_socket(fd);
	/*
	 * The descriptor is blocking and not ours to change.  A socket can be
	 * asked not to wait; anything else is ready for PIPE_BUF bytes when
	 * poll() says so, and for no more.
	 */
	o->chunk = o->socket || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) ?
	    SIZE_MAX : PIPE_BUF;
	o->cooked = !o->socket && ends_lines(fd);
	o->interrupt = NULL;
	o->patience = patience;
	o->error = 0;
	o->len = 0;
	o->sent = 0;
	o->limit = UINT64_MAX;
	return o;
}

void
out_free(struct out *o)
{
	free(o);
}

static int
fail(struct out *o)
{
	if (o->error == 0)
		o->error = errno;
	errno = o->error;
	return -1;
}

static int
wait_writable(struct out *o)
{
	return wait_acked(o->fd, POLLOUT, clock_ms() + o->patience,
	    o->socket ? o->fd : -1, o->interrupt);
}

static ssize_t
write_some(struct out *o, const unsigned char *p, size_t len)
{
	ssize_t n;

	if (o->sent >= o->limit) {
		errno = ECONNABORTED;
		return -1;
	}
	if (len > o->limit - o->sent)
		len = (size_t)(o->limit - o->sent);
	if (len > o->chunk)
		len = o->chunk;
	if (o->socket) {
		n = send(o->fd, p, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n == -1 && errno == ETIMEDOUT)	/* TCP's own */
			errno = EHOSTUNREACH;
		return n;
	}
	if (wait_writable(o) == -1)
		return -1;
	return write(o->fd, p, len);
}

/* The peer may take as long as it likes, if only it takes something. */
static int
write_all(struct out *o, const unsigned char *p, size_t len)
{
	ssize_t n;

	while (len > 0) {
		if ((n = write_some(o, p, len)) >= 0) {
			p += n;
			len -= (size_t)n;
			o->sent += (uint64_t)n;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			return fail(o);
		if (wait_writable(o) == -1)
			return fail(o);
	}
	return 0;
}

int
out_flush(struct out *o)
{
	size_t len = o->cooked ? leave_out_cr(o->buffer, o->len) : o->len;

	if (o->error != 0)
		return fail(o);
	o->len = 0;
	return write_all(o, o->buffer, len);
}

/* Make room for len bytes, which is never more than the buffer has. */
static int
reserve(struct out *o, size_t len)
{
	return sizeof o->buffer - o->len >= len ? 0 : out_flush(o);
}

int
out_put(struct out *o, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;
	size_t n;

	while (len > 0) {
		n = len < sizeof o->buffer ? len : sizeof o->buffer;
		if (o->error != 0 || reserve(o, n) == -1)
			return fail(o);
		memcpy(o->buffer + o->len, p, n);
		o->len += n;
		p += n;
		len -= n;
	}
	return o->error == 0 ? 0 : fail(o);
}

char *
out_room(struct out *o, size_t len)
{
	if (o->error != 0 || reserve(o, len) == -1) {
		(void)fail(o);
		return NULL;
	}
	return (char *)o->buffer + o->len;
}

void
out_took(struct out *o, size_t len)
{
	o->len += len;
}

/* @audit reserve() guarantees the room that wire_encode() asks for. */
static int
put_encoded(struct out *o, struct wire *w, const unsigned char *p, size_t n)
{
	if (o->error != 0 || reserve(o, WIRE_EXPANDED(n)) == -1)
		return fail(o);
	o->len += wire_encode(w, o->buffer + o->len, p, n);
	return 0;
}

int
out_message(struct out *o, struct stored *s, struct wire_top *top,
    uint64_t *octets)
{
	unsigned char chunk[OUT_READ];
	struct wire w;
	size_t take;
	ssize_t n;

	wire_begin(&w);
	while ((n = stored_read(s, chunk, sizeof chunk)) != 0) {
		if (n == -1)
			return -1;
		take = top == NULL ? (size_t)n :
		    wire_top_cut(top, chunk, (size_t)n);
		if (put_encoded(o, &w, chunk, take) == -1)
			return -1;
		if (take < (size_t)n)
			break;
	}
	if (reserve(o, WIRE_END_MAX) == -1)
		return -1;
	o->len += wire_end(&w, o->buffer + o->len);
	*octets = w.octets;
	return 0;
}

static bool
is_sending(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

void
out_finish(struct out *o, int in_fd)
{
	int64_t deadline = clock_ms() + LINGER_MS;
	char waste[4096];
	ssize_t n;

	if (out_flush(o) == -1 || !o->socket)
		return;
	(void)shutdown(o->fd, SHUT_WR);
	if (!is_sending(in_fd))
		return;
	do {
		if (wait_for(in_fd, POLLIN, deadline, NULL) == -1)
			return;
		n = recv(in_fd, waste, sizeof waste, MSG_DONTWAIT);
	} while (n > 0 && clock_ms() < deadline);
}
