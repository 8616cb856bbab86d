/*
 * An mbox, read from its beginning to its end in constant memory: where each
 * message begins and ends, and what its headers tell of it.
 *
 * A From_ line begins a message at the file's beginning and after a blank line,
 * if it has a date in one of the forms that are about.  Content-Length is
 * believed where it leads just to such a line, not into one, or to the end.  The
 * blank line before a From_ line is no part of a message, and "From " and
 * ">From " within one are left as they are.  MMDF's files, with lines of ^A, are
 * read as well.
 */
#ifndef IMPORT_MBOX_H
#define IMPORT_MBOX_H

#include "base/ascii.h"
#include "base/digest.h"
#include "maildir/name.h"

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MBOX_WINDOW 65536
#define MBOX_HEAD 2048		/* so much of a line is looked at */
#define MBOX_FLAGS 6		/* of Maildir: DFRST and a NUL */

struct mbox {
	int fd;				/* on loan; any offset */
	off_t size;			/* up to here it is read */
	off_t at;			/* where the next message begins */
	bool mmdf;
	off_t from;			/* file offset of the window */
	size_t len;
	char window[MBOX_WINDOW];
	char head[MBOX_HEAD];
};

struct mbox_mail {
	off_t start, end;		/* its bytes, without From_ line */
	uint64_t when;			/* of the From_ line; 0: not known */
	bool old;			/* a reader has seen it: cur/ */
	bool folder_data;		/* UW's and Pine's own, no mail */
	char flags[MBOX_FLAGS];		/* in order, from Status and X-Status */
	char x_uidl[NAME_UIDL_MAX + 1];	/* the first, if lawful; else "" */
	/*
	 * The id that qpopper would give it, unless it has one: 32 hexadecimal
	 * digits (2.x), or 20 characters (4.x without status headers).
	 */
	char old_uid[DIGEST_MD5_HEX + 1];
	char new_uid[20 + 1];
};

/* Begin at an offset where a message begins, 0 for the first. */
void mbox_begin(struct mbox *m, int fd, off_t from, off_t size);

/*
 * The next message: 1, or 0 at the end.  -1 with EBADMSG when there is
 * something else than a From_ line, or what reading said.
 */
int mbox_next(struct mbox *m, struct mbox_mail *mail);

/*
 * Is this a From_ line?  *when is its time, as if it were UTC where it names no
 * zone.  The line is without its end.
 */
bool mbox_is_from(struct span line, uint64_t *when);

#endif
