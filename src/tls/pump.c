#include "tls/pump.h"

#include "base/clock.h"
#include "io/sendq.h"
#include "io/wait.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <openssl/err.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>

#define LINGER_MS 2000
#define LOOK_MS 1000		/* while the client owes us acknowledgements */

struct pump *
pump_new(SSL_CTX *ctx, int in, int out, int plain, int64_t patience)
{
	struct pump *p;
	BIO *bio;

	if ((p = calloc(1, sizeof *p)) == NULL)
		return NULL;
	raw_init(&p->raw, in, out);
	p->plain = plain;
	p->patience = patience;
	p->deadline = WAIT_FOR_EVER;
	if ((p->ssl = SSL_new(ctx)) == NULL ||
	    (bio = raw_bio(&p->raw)) == NULL) {
		pump_free(p);
		return NULL;
	}
	SSL_set_bio(p->ssl, bio, bio);
	return p;
}

void
pump_free(struct pump *p)
{
	if (p == NULL)
		return;
	SSL_free(p->ssl);
	OPENSSL_cleanse(p->up_bytes, sizeof p->up_bytes);
	free(p);
}

static int
timeout(int64_t moment)
{
	int64_t left;

	if (moment == WAIT_FOR_EVER)
		return -1;
	left = moment - clock_ms();
	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

/* When to look next whether the client is dead; never if it owes us no answer. */
static int64_t
look_for_client(struct pump *p)
{
	if (sendq_length(p->raw.out) <= 0)
		return WAIT_FOR_EVER;
	if (sendq_is_dead(p->raw.out))
		p->broken = p->dead = true;
	return clock_ms() + LOOK_MS;
}

/*
 * Wait for what the last calls wanted.  A side of which nothing is wanted is
 * left out if it could only say again that it has hung up.  0 when the deadline
 * passed.
 */
static int
wait_any(struct pump *p)
{
	struct pollfd pfd[3] = {
		{ .fd = p->raw_wants & POLLIN ? p->raw.in : -1,
		    .events = POLLIN },
		{ .fd = p->raw_wants & POLLOUT ? p->raw.out : -1,
		    .events = POLLOUT },
		{ .fd = p->plain_gone ? -1 : p->plain,
		    .events = p->plain_wants },
	};
	int64_t look = clock_ms() + LOOK_MS;
	int n;

	do {
		n = poll(pfd, 3, timeout(look < p->deadline ? look :
		    p->deadline));
		if (n == 0 && clock_ms() >= look)
			look = look_for_client(p);
	} while (!p->broken && (n == 0 ? clock_ms() < p->deadline :
	    n == -1 && errno == EINTR));
	if (n > 0 && (pfd[2].revents & (POLLHUP | POLLERR | POLLNVAL)))
		p->plain_gone = true;
	return n;
}

/* Why did TLS not move on?  Notes what to wait for. */
static int
no_progress(struct pump *p, int r)
{
	switch (SSL_get_error(p->ssl, r)) {
	case SSL_ERROR_WANT_READ:
		p->raw_wants |= POLLIN;
		return 0;
	case SSL_ERROR_WANT_WRITE:
		p->raw_wants |= POLLOUT;
		return 0;
	case SSL_ERROR_ZERO_RETURN:
		return 1;
	default:
		p->broken = true;
		return -1;
	}
}

int
pump_handshake(struct pump *p, int64_t deadline)
{
	int r;

	p->deadline = deadline;
	for (;;) {
		p->raw_wants = p->plain_wants = 0;
		ERR_clear_error();
		if ((r = SSL_accept(p->ssl)) == 1)
			break;
		if (no_progress(p, r) != 0) {
			errno = p->raw.eof || ERR_peek_error() == 0 ? EPIPE :
			    EPROTO;
			return -1;
		}
		if ((r = wait_any(p)) <= 0) {
			errno = r == 0 ? ETIMEDOUT : EPIPE;
			return -1;
		}
	}
	p->deadline = WAIT_FOR_EVER;
	return 0;
}

/* Each of these four is true when it has moved something. */

static bool
read_client(struct pump *p)
{
	struct flow *f = &p->up;
	size_t n;
	int r;

	if (f->ended || f->start < f->end)
		return false;
	r = SSL_read_ex(p->ssl, p->up_bytes, sizeof p->up_bytes, &n);
	if (r == 1) {
		f->start = 0;
		f->end = n;
		return true;
	}
	f->ended = no_progress(p, r) != 0;
	return f->ended;
}

static bool
write_plain(struct pump *p)
{
	struct flow *f = &p->up;
	ssize_t n;

	if (p->plain_gone)		/* nobody is there to be told */
		f->start = f->end;
	if (f->start < f->end) {
		n = send(p->plain, p->up_bytes + f->start, f->end - f->start,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n == -1 && errno != EAGAIN && errno != EINTR) {
			f->start = f->end;
			return true;
		}
		if (n == -1) {
			p->plain_wants |= POLLOUT;
			return false;
		}
		/* It may have been a password. */
		OPENSSL_cleanse(p->up_bytes + f->start, (size_t)n);
		f->start += (size_t)n;
		return true;
	}
	if (f->ended && !f->told) {
		(void)shutdown(p->plain, SHUT_WR);
		f->told = true;
	}
	return false;
}

static bool
read_plain(struct pump *p)
{
	struct flow *f = &p->down;
	ssize_t n;

	if (f->ended || f->start < f->end)
		return false;
	n = recv(p->plain, p->down_bytes, sizeof p->down_bytes, MSG_DONTWAIT);
	if (n > 0) {
		f->start = 0;
		f->end = (size_t)n;
		return true;
	}
	if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
		p->plain_wants |= POLLIN;
		return false;
	}
	f->ended = true;
	return true;
}

/* close_notify, and the end of the stream right behind it. */
static bool
end_client(struct pump *p)
{
	int r = SSL_shutdown(p->ssl);

	if (r < 0 && no_progress(p, r) == 0)
		return false;
	raw_end(&p->raw);
	p->down.told = true;
	return true;
}

static bool
write_client(struct pump *p)
{
	struct flow *f = &p->down;
	size_t n;
	int r;

	if (f->start == f->end)
		return f->ended && !f->told && end_client(p);
	r = SSL_write_ex(p->ssl, p->down_bytes + f->start, f->end - f->start,
	    &n);
	if (r == 1)
		f->start += n;
	else if (no_progress(p, r) != 0)
		p->broken = true;
	return r == 1;
}

static bool
move(struct pump *p)
{
	bool moved;

	p->raw_wants = p->plain_wants = 0;
	ERR_clear_error();
	moved = read_plain(p);
	moved = write_client(p) || moved;
	moved = read_client(p) || moved;
	return write_plain(p) || moved;
}

static bool
is_done(const struct pump *p)
{
	return p->broken || (p->down.told && p->up.ended &&
	    (p->up.told || p->plain_gone));
}

/* After the session has closed, enforce our own write timeout. */
static void
set_deadline(struct pump *p)
{
	p->deadline = clock_ms() + (p->down.told ? LINGER_MS : p->patience);
}

void
pump_run(struct pump *p)
{
	bool moved, lingers = false;

	while (!is_done(p)) {
		moved = move(p);
		if (p->plain_gone && !lingers &&
		    (moved || p->deadline == WAIT_FOR_EVER))
			set_deadline(p);
		lingers = p->plain_gone && p->down.told;
		if (is_done(p) || (lingers && clock_ms() >= p->deadline) ||
		    (!moved && wait_any(p) <= 0))
			return;
	}
}
