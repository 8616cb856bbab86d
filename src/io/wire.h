/*
 * From the bytes of a message file to the octets of RFC 1939, section 3: LF
 * becomes CRLF, an existing CRLF stays, a CR without LF is data, a line that
 * begins with a dot gets a second one, a missing last line end is supplied.
 * NUL and 8-bit bytes pass unchanged.
 *
 * Pure: no descriptor, no memory, chunks of any size.  The state between two
 * chunks is the byte before the next one.
 */
#ifndef IO_WIRE_H
#define IO_WIRE_H

#include "io/bulk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most bytes that n bytes of a message can become. */
#define WIRE_EXPANDED(n) (2 * (size_t)(n))

/* The most bytes that wire_end() writes. */
#define WIRE_END_MAX 2

void wire_begin(struct wire *w);

/*
 * Encode n bytes into dst, which has room for WIRE_EXPANDED(n) and does not
 * overlap src.  Returns the number of bytes written.
 */
size_t wire_encode(struct wire *w, unsigned char *dst,
    const unsigned char *src, size_t n);

/* Supply the last line end if it is missing; returns the bytes written. */
size_t wire_end(struct wire *w, unsigned char *dst);

/* The same counting without writing: w->octets grows as by wire_encode(). */
void wire_measure(struct wire *w, const unsigned char *src, size_t n);
void wire_measure_end(struct wire *w);

/* Where TOP stops: after the header, the blank line and so many lines. */
struct wire_top {
	uint64_t lines;		/* of the body, still to come */
	bool in_body;
	enum { TOP_LINE_EMPTY, TOP_LINE_CR, TOP_LINE_TEXT } line;
};

void wire_top_begin(struct wire_top *t, uint64_t lines);

/*
 * How many of the n bytes belong to the top?  Fewer than n: it ended there, and
 * stays ended for every later chunk.
 */
size_t wire_top_cut(struct wire_top *t, const unsigned char *src, size_t n);

#endif
