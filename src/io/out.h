/*
 * The way out: replies gather here and leave in few, large writes, a status
 * line together with the message behind it (two small writes cost a client 40
 * ms).
 *
 * The first failure sticks: from then on every call returns -1 with its errno
 * and nothing more is written, so callers may look once, at the end of a
 * command.
 */
#ifndef IO_OUT_H
#define IO_OUT_H

#include "base/ascii.h"
#include "io/stored.h"
#include "io/wait.h"
#include "io/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OUT_READ	131072		/* of a message file, at a time */
#define OUT_BUFFER	(WIRE_EXPANDED(OUT_READ) + 4096)

struct out {
	int fd;			/* on loan */
	bool socket;
	bool cooked;		/* a terminal that ends lines by itself */
	const struct interrupt *interrupt;	/* on loan, or NULL */
	size_t chunk;		/* the most that one write may take */
	int64_t patience;	/* ms a peer may acknowledge no byte at all */
	int error;		/* errno of the first failure, or 0 */
	size_t len;
	uint64_t sent;		/* bytes that have left */
	uint64_t limit;		/* after so many the next write fails */
	unsigned char buffer[OUT_BUFFER];
};

/* Allocate.  NULL with ENOMEM.  out_free() takes NULL, and does not flush. */
struct out *out_new(int fd, int64_t patience);
void out_free(struct out *o);

int out_put(struct out *o, const void *bytes, size_t len);

/*
 * Room for len bytes, never more than OUT_BUFFER, to be written to in place;
 * out_took() then says how many of them there are.  NULL where out_put() would
 * give -1.
 */
char *out_room(struct out *o, size_t len);
void out_took(struct out *o, size_t len);

/*
 * Write everything.  -1 with ETIMEDOUT when the peer acknowledged nothing for
 * o->patience ms, ECANCELED when o->interrupt said so meanwhile, EHOSTUNREACH
 * when it answers no probe, EPIPE or ECONNRESET when it is gone, ECONNABORTED
 * at o->limit.
 */
int out_flush(struct out *o);

/*
 * Send a message file, encoded, from its beginning to its end, or only its top
 * when top is not NULL; the final dot is the caller's.  *octets becomes the
 * number of octets sent as the client counts them.  -1 when reading failed
 * (what stored_read() said; o->error stays 0) or when writing did (o->error is set).
 */
int out_message(struct out *o, struct stored *s, struct wire_top *top,
    uint64_t *octets);

/*
 * Say goodbye: flush, and end our side, so that the client need not wait for
 * what we do afterwards.  If it is still sending, read on for at most two
 * seconds, since closing a socket with unread input would reset it and take
 * our last reply with it.
 */
void out_finish(struct out *o, int in_fd);

#endif
