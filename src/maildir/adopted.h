/*
 * Maildir/solopop.uidl: the unique-ids that a message's name does not tell: those
 * taken over from another server, and those of messages whose names tell one
 * id for two (see uidl.h).  A text file, a line for each of them:
 *
 *	solopop uidl 1
 *	<unique-id> <unique name>
 *
 * with bytes of names outside 0x21-0x7E, and '%', as %XX, and one line
 *
 *	#source=<sources>
 *
 * that says where the ids of messages come from which no session has shown yet: see
 * sources.h.  Without it their names tell the ids.  The first session that finds
 * messages makes the file, if only with these two lines.  That it is there says
 * that ids have been given out: nothing changes them.
 */
#ifndef MAILDIR_ADOPTED_H
#define MAILDIR_ADOPTED_H

#include "maildir/files.h"
#include "maildir/maildir.h"

#include <stdbool.h>
#include <stddef.h>

#define ADOPTED_FIRST_LINE "solopop uidl 1"

struct adopted_row {
	struct span unique;	/* as in file names, up to the info */
	const char *uidl;	/* 1 to 70 characters of 0x21-0x7E */
};

struct adopted {
	struct adopted_row *v;	/* in order of their unique names */
	size_t n;
	char *text;		/* that the rows point into */
	const char *source;	/* where ids come from, or NULL; likewise */
};

/* Make it safe to free. */
void adopted_init(struct adopted *a);
void adopted_free(struct adopted *a);

/*
 * Read the file of a Maildir.  Lines that make no sense are passed over.  -1 with
 * ENOENT when there is none, EPERM when it is another kind of file or somebody
 * else's (see maildir_open_own()), EBADMSG when it is no such file, or what
 * reading it said.
 */
int adopted_read(struct adopted *a, const struct maildir *md);

/* The same of a text in memory, which becomes the object's to free. */
int adopted_parse(struct adopted *a, char *text);

/* The id of a message, on loan from *a, or NULL. */
const char *adopted_find(const struct adopted *a, struct span unique);

/*
 * The id of the row with this bare name (see name.h), on loan; NULL unless exactly
 * one row has it.
 */
const char *adopted_find_bare(const struct adopted *a, struct span bare);

/*
 * Add rows, in any order, of which a later one replaces an earlier one for the same
 * name, and one in the file.  The file is made if there is none, even for no
 * rows at all, and is replaced by a whole new one, for good (fsync(2)), or not at
 * all.  A row whose id is not lawful is left out.  source is recorded unless the file
 * is there already, or source is NULL.  -1 with errno.
 */
int adopted_add(const struct maildir *md, const struct adopted_row *rows,
    size_t n, const char *source);

#endif
