/*
 * The messages between our own processes: a kind, then fields one after the
 * other, numbers of eight bytes and byte strings with their length in front.
 * A message is read to its very end or not at all.  Pure: see io/channel.h for
 * the sending.
 */
#ifndef IO_MONMSG_H
#define IO_MONMSG_H

#include "base/ascii.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Holds a whole line buffer handed over, and a little more. */
#define MONMSG_MAX 5120

struct monmsg {
	size_t len;		/* of bytes[], the kind included */
	size_t next;		/* where reading goes on */
	bool broken;		/* something did not fit, or was not there */
	unsigned char bytes[MONMSG_MAX];
};

void monmsg_start(struct monmsg *m, unsigned char kind);
void monmsg_put_number(struct monmsg *m, uint64_t n);
void monmsg_put_bytes(struct monmsg *m, struct span s);

/* The kind, 0 if the message is empty; reading begins at the first field. */
unsigned char monmsg_kind(struct monmsg *m);
size_t monmsg_body(const struct monmsg *m);	/* bytes behind the kind */

/* A missing field reads as 0 or empty and breaks the message. */
uint64_t monmsg_get_number(struct monmsg *m);
struct span monmsg_get_bytes(struct monmsg *m);	/* on loan from m */

/* All read, nothing left, nothing missing?  Else -1 with EBADMSG. */
int monmsg_end(const struct monmsg *m);

/* Overwrite the content: it may have held a password. */
void monmsg_wipe(struct monmsg *m);

#endif
