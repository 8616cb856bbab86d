/*
 * The decoders of io/stored, each a file of its own that configure chooses: one
 * with the library, or one that has no decoder.
 */
#ifndef IO_DECODE_H
#define IO_DECODE_H

#include <stdbool.h>
#include <stddef.h>

/* Moves on as bytes are taken from in and put to out. */
struct decode_bytes {
	const unsigned char *in;
	size_t in_len;
	unsigned char *out;
	size_t out_room;
};

struct decode {
	bool here;		/* the library is linked */

	/* NULL with ENOMEM.  close takes NULL. */
	void *(*open)(void);
	void (*close)(void *z);

	/*
	 * Decode until in is empty or out is full.  1 when the stream has ended;
	 * the next call begins another one.  -1 with EBADMSG or ENOMEM.
	 */
	int (*run)(void *z, struct decode_bytes *b);
};

extern const struct decode decode_gzip, decode_zstd;

#endif
