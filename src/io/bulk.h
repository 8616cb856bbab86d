/*
 * The inner loops of io/wire.c for long runs of bytes, sixteen at a time where
 * the processor can.  configure chooses the file: bulk_sse2.c, or bulk_none.c,
 * which leaves all to the plain loops of wire.c.
 */
#ifndef IO_BULK_H
#define IO_BULK_H

#include <stddef.h>
#include <stdint.h>

/* What is known between two chunks of a message. */
struct wire {
	unsigned char last;	/* the byte before; LF at the beginning */
	uint64_t octets;	/* so far, as the client counts: no stuffing */
};

/*
 * Encode as many of the n bytes of src as can be done in whole blocks, to *dst,
 * which has room for WIRE_EXPANDED(n) and moves on; w as by wire_encode().
 * Returns how many of src are done: never more than n, 0 at the least.
 */
size_t bulk_encode(struct wire *w, unsigned char **dst,
    const unsigned char *src, size_t n);

/* Likewise for wire_measure(); w->last is left to the caller. */
size_t bulk_measure(struct wire *w, const unsigned char *src, size_t n);

#endif
