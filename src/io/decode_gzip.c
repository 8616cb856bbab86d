#define ZLIB_CONST		/* next_in is only read */

#include "io/decode.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

/* For inflateInit2(): the largest window, and gzip's header and checksum. */
#define WINDOW_BITS (15 + 16)

static void *
open_gzip(void)
{
	z_stream *z = calloc(1, sizeof *z);

	if (z == NULL || inflateInit2(z, WINDOW_BITS) == Z_OK)
		return z;
	free(z);
	errno = ENOMEM;
	return NULL;
}

static void
close_gzip(void *object)
{
	if (object == NULL)
		return;
	(void)inflateEnd(object);
	free(object);
}

static uInt
bounded(size_t n)
{
	return n < UINT_MAX ? (uInt)n : UINT_MAX;
}

static int
run_gzip(void *object, struct decode_bytes *b)
{
	z_stream *z = object;
	uInt in = bounded(b->in_len), out = bounded(b->out_room);
	int r;

	z->next_in = b->in;
	z->avail_in = in;
	z->next_out = b->out;
	z->avail_out = out;
	r = inflate(z, Z_NO_FLUSH);
	b->in += in - z->avail_in;
	b->in_len -= in - z->avail_in;
	b->out += out - z->avail_out;
	b->out_room -= out - z->avail_out;
	if (r == Z_STREAM_END)
		return inflateReset(z) == Z_OK ? 1 : -1;
	if (r == Z_OK || r == Z_BUF_ERROR)
		return 0;
	errno = r == Z_MEM_ERROR ? ENOMEM : EBADMSG;
	return -1;
}

const struct decode decode_gzip = { true, open_gzip, close_gzip, run_gzip };
