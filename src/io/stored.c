#include "io/stored.h"

#include "base/fd.h"
#include "io/decode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAGIC_MAX 16
#define INPUT 65536

struct stored_decoder {
	const struct decode *by;
	void *state;
	bool between;			/* a stream has ended, or none began */
	struct decode_bytes bytes;
	unsigned char input[INPUT];
};

static const struct {
	const char *magic;
	size_t len;
	const struct decode *by;
	const char *words;
} forms[STORED_FORMS] = {
	[STORED_PLAIN] = { "", 0, NULL, "a message" },
	[STORED_GZIP] = { "\x1f\x8b", 2, &decode_gzip, "compressed by gzip" },
	[STORED_ZSTD] = { "\x28\xb5\x2f\xfd", 4, &decode_zstd,
	    "compressed by zstd" },
	[STORED_BZIP2] = { "BZh", 3, NULL, "compressed by bzip2" },
	[STORED_XZ] = { "\xfd" "7zXZ\0", 6, NULL, "compressed by xz" },
	[STORED_LZ4] = { "Dovecot-LZ4", 11, NULL, "compressed by LZ4" },
	[STORED_CRYPT] = { "CRYPTED\3\7", 9, NULL,
	    "encrypted by mail_crypt" },
};

enum stored_form
stored_form(const unsigned char *bytes, size_t n)
{
	int form;

	for (form = STORED_PLAIN + 1; form < STORED_FORMS; form++)
		if (n >= forms[form].len &&
		    memcmp(bytes, forms[form].magic, forms[form].len) == 0)
			return (enum stored_form)form;
	return STORED_PLAIN;
}

static bool
can_decode(int form)
{
	return forms[form].by != NULL && forms[form].by->here;
}

unsigned
stored_decodes(void)
{
	unsigned bits = 0;
	int form;

	for (form = 0; form < STORED_FORMS; form++)
		if (can_decode(form))
			bits |= 1U << form;
	return bits;
}

const char *
stored_words(enum stored_form form)
{
	return forms[form].words;
}

bool
stored_is_hopeless(int error)
{
	return error == ENOTSUP || error == EBADMSG || error == EFBIG;
}

void
stored_open(struct stored *s, int fd, uint64_t most)
{
	*s = (struct stored){ .fd = fd, .form = -1, .most = most };
}

void
stored_close(struct stored *s)
{
	int kept = errno;

	if (s->decoder != NULL) {
		s->decoder->by->close(s->decoder->state);
		free(s->decoder);
		s->decoder = NULL;
	}
	fd_close(&s->fd);
	errno = kept;
}

static int
take_form(struct stored *s, const unsigned char *bytes, size_t n)
{
	s->form = (int)stored_form(bytes, n);
	if (s->form == STORED_PLAIN || can_decode(s->form))
		return 0;
	errno = ENOTSUP;
	return -1;
}

int
stored_look(struct stored *s)
{
	unsigned char first[MAGIC_MAX];
	ssize_t n;

	n = fd_read_at(s->fd, first, sizeof first, 0, sizeof first);
	return n == -1 ? -1 : take_form(s, first, (size_t)n);
}

static ssize_t
read_some(int fd, void *dst, size_t room)
{
	ssize_t n;

	do
		n = read(fd, dst, room);
	while (n == -1 && errno == EINTR);
	return n;
}

static int
open_decoder(struct stored *s)
{
	struct stored_decoder *d;

	if ((d = malloc(sizeof *d)) == NULL)
		return -1;
	d->by = forms[s->form].by;
	d->between = true;
	d->bytes = (struct decode_bytes){ .in_len = 0 };
	if ((d->state = d->by->open()) == NULL) {
		free(d);
		return -1;
	}
	s->decoder = d;
	return 0;
}

/* 1 when there is input, 0 at the end of the file. */
static int
fill(struct stored *s, struct stored_decoder *d)
{
	ssize_t n;

	if (d->bytes.in_len > 0)
		return 1;
	if ((n = read_some(s->fd, d->input, sizeof d->input)) <= 0)
		return (int)n;
	d->bytes.in = d->input;
	d->bytes.in_len = (size_t)n;
	return 1;
}

static int
run(struct stored_decoder *d)
{
	int r = d->by->run(d->state, &d->bytes);

	d->between = r == 1;
	return r;
}

/*
 * A file may be several streams, one behind the other.  At its end the decoder
 * may still hold bytes for which there was no room.
 */
static int
decode_into(struct stored *s, struct stored_decoder *d)
{
	size_t room;
	int r;

	while ((room = d->bytes.out_room) > 0) {
		if ((r = fill(s, d)) == -1)
			return -1;
		if (r == 0 && d->between)
			return 0;
		if (run(d) == -1)
			return -1;
		if (r == 0 && !d->between && d->bytes.out_room == room) {
			errno = EBADMSG;
			return -1;
		}
	}
	return 0;
}

static ssize_t
read_decoded(struct stored *s, unsigned char *dst, size_t room)
{
	struct stored_decoder *d;
	size_t n;

	if (s->decoder == NULL && open_decoder(s) == -1)
		return -1;
	d = s->decoder;
	d->bytes.out = dst;
	d->bytes.out_room = room;
	if (decode_into(s, d) == -1)
		return -1;
	n = room - d->bytes.out_room;
	if (n > s->most - s->done) {
		errno = EFBIG;
		return -1;
	}
	if (s->done == 0 && stored_form(dst, n) != STORED_PLAIN) {
		errno = ENOTSUP;	/* encrypted, then compressed */
		return -1;
	}
	s->done += n;
	return (ssize_t)n;
}

ssize_t
stored_read(struct stored *s, void *dst, size_t room)
{
	ssize_t n;

	if (s->form == -1 && room < MAGIC_MAX && stored_look(s) == -1)
		return -1;
	if (s->form == -1) {
		n = read_some(s->fd, dst, room);
		if (n == -1 || take_form(s, dst, (size_t)n) == -1)
			return -1;
		if (s->form == STORED_PLAIN)
			return n;
		if (lseek(s->fd, 0, SEEK_SET) == -1)
			return -1;
	}
	return s->form == STORED_PLAIN ? read_some(s->fd, dst, room) :
	    read_decoded(s, dst, room);
}
