#include "io/decode.h"

#include <errno.h>
#include <zstd.h>
#include <zstd_errors.h>

static void *
open_zstd(void)
{
	ZSTD_DStream *z = ZSTD_createDStream();

	if (z == NULL)
		errno = ENOMEM;
	return z;
}

static void
close_zstd(void *object)
{
	(void)ZSTD_freeDStream(object);
}

static int
run_zstd(void *object, struct decode_bytes *b)
{
	ZSTD_inBuffer in = { b->in, b->in_len, 0 };
	ZSTD_outBuffer out = { b->out, b->out_room, 0 };
	size_t r;

	r = ZSTD_decompressStream(object, &out, &in);
	b->in += in.pos;
	b->in_len -= in.pos;
	b->out += out.pos;
	b->out_room -= out.pos;
	if (!ZSTD_isError(r))
		return r == 0;
	errno = ZSTD_getErrorCode(r) == ZSTD_error_memory_allocation ?
	    ENOMEM : EBADMSG;
	return -1;
}

const struct decode decode_zstd = { true, open_zstd, close_zstd, run_zstd };
