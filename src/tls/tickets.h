/*
 * The keys that seal session tickets (RFC 5077; RFC 8446, section 4.6.1).  They
 * stand in a file that all processes share, so that a client resumes its TLS
 * session with the next process.  The key in use is replaced when it has grown
 * old; the one before it still opens tickets.
 *
 * The file is read while we are root, and is nobody else's to read.  One that
 * is damaged, or that others can read, is replaced.
 */
#ifndef TLS_TICKETS_H
#define TLS_TICKETS_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Seconds for which a key seals tickets, and a ticket is good. */
#define TICKETS_PERIOD 21600

#define TICKETS_NAME 16
#define TICKETS_SECRET 32

struct ticket_key {
	uint64_t born;			/* seconds since 1970 */
	unsigned char name[TICKETS_NAME];	/* stands in the ticket */
	unsigned char cipher[TICKETS_SECRET], mac[TICKETS_SECRET];
};

struct tickets {
	size_t n;			/* 0: no session resumes */
	struct ticket_key key[2];	/* the one in use, the one before */
};

/* A mark, two keys, and a SHA-256 of all that. */
#define TICKETS_KEY_SIZE (8 + TICKETS_NAME + 2 * TICKETS_SECRET)
#define TICKETS_SIZE (16 + 2 * TICKETS_KEY_SIZE + 32)

/* The content of the file.  decode gives -1 if it is damaged in any way. */
int tickets_encode(unsigned char bytes[TICKETS_SIZE], const struct tickets *t);
int tickets_decode(struct tickets *t, const unsigned char *bytes, size_t len);

/*
 * What the time asks for: forget a key that is too old, put a new one in front
 * of one that has served its time.  1 when t changed, 0 when not, -1 when there
 * is no randomness to be had.
 */
int tickets_rotate(struct tickets *t, time_t now);

/*
 * Read the file; make or renew it if that is due.  -1 with errno when nothing
 * can be had of it: t->n is 0 then.  errno EAGAIN: another process is just
 * writing the first one.
 */
int tickets_open(struct tickets *t, const char *path, time_t now);

/* The key of that name, or NULL; *old says whether it is the one before. */
const struct ticket_key *tickets_find(const struct tickets *t,
    const unsigned char name[TICKETS_NAME], int *old);

#endif
