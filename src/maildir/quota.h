/*
 * Maildir++: the file maildirsize keeps a running total for those who deliver.
 * It stands in the Maildir itself and counts for its folders, too, which have a
 * file maildirfolder to be known by.  Whoever removes messages writes a line of negative numbers to its end, and who
 * adds some, one of positive numbers.
 */
#ifndef MAILDIR_QUOTA_H
#define MAILDIR_QUOTA_H

#include <stdint.h>

struct quota {
	int fd;			/* -1: this Maildir has none */
	int64_t bytes;		/* added so far, as the file system counts */
	int64_t count;
};

/* Open the maildirsize of the directory top if it is there and plain. */
void quota_open(struct quota *q, int top);

/* Whether anybody keeps count, so that sizes are worth asking for. */
#define quota_is_kept(q) ((q)->fd != -1)

void quota_removed(struct quota *q, uint64_t bytes);
void quota_added(struct quota *q, uint64_t bytes);

/* Write what has changed as one line.  -1 with errno if that failed. */
int quota_close(struct quota *q);

#endif
