/*
 * Command lines from the client, one at a time, out of one buffer of fixed
 * size.  A line ends at LF; a CR before it is taken off.  Too long a line
 * costs no memory: its bytes are counted and dropped.
 */
#ifndef IO_LINE_H
#define IO_LINE_H

#include "base/ascii.h"
#include "io/wait.h"

#include <stdbool.h>
#include <stdint.h>

/* Holds the longest line of all, and what a client pipelines behind it. */
#define LINE_BUFFER 4096

struct line {
	int fd;			/* on loan */
	const struct interrupt *interrupt;	/* on loan, or NULL */
	int acked;		/* acknowledging this is activity, too; or -1 */
	bool eof;
	bool skipping;		/* inside a line that is too long */
	uint64_t skipped;	/* bytes of the last line that was */
	size_t start, end;	/* what of the buffer is unread */
	char buffer[LINE_BUFFER];
};

void line_init(struct line *l, int fd);

/*
 * Read one line of at most max octets, its line end included (max <
 * LINE_BUFFER), waiting until deadline (clock_ms() terms).  On 0, *text points
 * into the buffer, without the line end, and stays good until the next call.
 * On -1 errno is
 *	EMSGSIZE	the line was too long and has been skipped whole
 *	EILSEQ		the line held a NUL and has been skipped
 *	ETIMEDOUT	the deadline passed; call again to wait on
 *	ECANCELED	l->interrupt said so
 *	EHOSTUNREACH	the client answers no probe any more
 *	EPIPE		the client ended; a line begun and not ended is lost
 * or what read(2) said.
 */
int line_read(struct line *l, size_t max, int64_t deadline, struct span *text);

/*
 * The same for a line that may be longer than the buffer: it is gathered at
 * dst, cap octets, and *text points there.  What was gathered of a line that
 * failed is still there, too.
 */
int line_read_long(struct line *l, char *dst, size_t cap, int64_t deadline,
    struct span *text);

/* Is a whole line here already, so that line_read() would not wait? */
bool line_pending(const struct line *l);

/* Overwrite the lines that were used: one of them was a password. */
void line_forget(struct line *l);

/* The bytes read and not yet used: on loan, to hand over. */
struct span line_unread(const struct line *l);

/* Begin with bytes that somebody else has read.  -1 if they do not fit. */
int line_preload(struct line *l, struct span bytes);

#endif
