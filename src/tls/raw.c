#include "tls/raw.h"

#include "base/fd.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

/*
 * The most that TCP keeps of what it has not sent.  The session sees a slow
 * client's progress by what we take from it, so we must not take megabytes in
 * advance; this much is sent in seconds.
 */
#define UNSENT_MAX 131072

static void
keep_little_unsent(int fd)
{
#ifdef TCP_NOTSENT_LOWAT
	const int max = UNSENT_MAX;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &max, sizeof max);
#else
	(void)fd;
#endif
}

void
raw_init(struct raw *raw, int in, int out)
{
	*raw = (struct raw){ .in = in, .out = out,
	    .in_socket = fd_is_socket(in), .out_socket = fd_is_socket(out) };
	keep_little_unsent(out);
}

/* Ready now?  Sets errno for those who are told that it is not. */
static bool
is_ready(int fd, short events)
{
	struct pollfd pfd = { .fd = fd, .events = events };

	if (poll(&pfd, 1, 0) > 0)
		return true;
	errno = EAGAIN;
	return false;
}

static bool
comes_later(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static int
read_raw(BIO *bio, char *to, size_t cap, size_t *len)
{
	struct raw *raw = BIO_get_data(bio);
	ssize_t n = -1;

	BIO_clear_retry_flags(bio);
	if (raw->in_socket)
		n = recv(raw->in, to, cap, MSG_DONTWAIT);
	else if (is_ready(raw->in, POLLIN))
		n = read(raw->in, to, cap);
	if (n == -1 && comes_later())
		BIO_set_retry_read(bio);
	if (n == 0)
		raw->eof = true;
	if (n <= 0)
		return 0;
	raw->received += (uint64_t)n;
	*len = (size_t)n;
	return 1;
}

/* Anything but a socket takes PIPE_BUF bytes when poll() says so, no more. */
static int
write_raw(BIO *bio, const char *from, size_t len, size_t *done)
{
	struct raw *raw = BIO_get_data(bio);
	ssize_t n = -1;

	BIO_clear_retry_flags(bio);
	if (raw->out_socket)
		n = send(raw->out, from, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	else if (is_ready(raw->out, POLLOUT))
		n = write(raw->out, from, len < PIPE_BUF ? len : PIPE_BUF);
	if (n == -1 && comes_later())
		BIO_set_retry_write(bio);
	if (n <= 0)
		return 0;
	*done = (size_t)n;
	return 1;
}

static long
control(BIO *bio, int what, long number, void *pointer)
{
	const struct raw *raw = BIO_get_data(bio);

	(void)number;
	(void)pointer;
	if (what == BIO_CTRL_EOF)
		return raw->eof;
	return what == BIO_CTRL_FLUSH;
}

BIO *
raw_bio(struct raw *raw)
{
	static BIO_METHOD *method;
	BIO *bio;

	if (method == NULL) {
		method = BIO_meth_new(BIO_get_new_index() |
		    BIO_TYPE_SOURCE_SINK, "client");
		if (method == NULL ||
		    BIO_meth_set_read_ex(method, read_raw) == 0 ||
		    BIO_meth_set_write_ex(method, write_raw) == 0 ||
		    BIO_meth_set_ctrl(method, control) == 0)
			return NULL;
	}
	if ((bio = BIO_new(method)) == NULL)
		return NULL;
	BIO_set_data(bio, raw);
	BIO_set_init(bio, 1);
	return bio;
}

void
raw_end(const struct raw *raw)
{
	if (raw->out_socket)
		(void)shutdown(raw->out, SHUT_WR);
}
