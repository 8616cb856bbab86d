/*
 * Maildir/solopop.uidl: the unique-ids that were taken over from another
 * server, and from then on the truth.  A text file, a line for each message
 * whose id is not what uidl.h makes of its name:
 *
 *	solopop uidl 1
 *	<unique-id> <unique name>
 *
 * with bytes of names outside 0x21-0x7E, and '%', as %XX.  That the file is
 * there says that the taking over is done: mail that comes later does not get
 * its id from a header, which its sender wrote.
 */
#ifndef MAILDIR_ADOPTED_H
#define MAILDIR_ADOPTED_H

#include "base/ascii.h"

#include <stdbool.h>
#include <stddef.h>

#define ADOPTED_FILE "solopop.uidl"
#define ADOPTED_FIRST_LINE "solopop uidl 1"

struct adopted_row {
	const char *unique;	/* as in file names, up to the colon */
	const char *uidl;	/* 1 to 70 characters of 0x21-0x7E */
};

struct adopted {
	struct adopted_row *v;	/* in order of their unique names */
	size_t n;
	char *text;		/* that the rows point into */
};

/* Make it safe to free. */
void adopted_init(struct adopted *a);
void adopted_free(struct adopted *a);

/*
 * Read the file below the directory top.  Lines that make no sense are passed
 * over.  -1 with ENOENT when there is none, EPERM when it is not a plain file
 * of our own, EBADMSG when it is no such file, or what reading it said.
 */
int adopted_read(struct adopted *a, int top);

/* The same of a text in memory, which becomes the object's to free. */
int adopted_parse(struct adopted *a, char *text);

/* The id of a message, on loan from *a, or NULL. */
const char *adopted_find(const struct adopted *a, struct span unique);

/*
 * Add rows, in any order; a name that has a row keeps the one it has.  The file
 * is made if there is none, even for no rows at all, and is replaced by a
 * whole new one, for good (fsync(2)), or not at all.  A row whose id is not
 * lawful is left out.  -1 with errno.
 */
int adopted_add(int top, const struct adopted_row *rows, size_t n);

#endif
