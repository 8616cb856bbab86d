/*
 * solopop.index in the Maildir remembers what is expensive to find out: the
 * messages in order, their octets, and what the directories looked like then.
 * It is derived data.  Whatever is wrong with it, it is as good as absent.
 *
 * The format stands in doc/index.md.  The file is read, never mapped: its owner
 * may cut it short at any time.
 */
#ifndef MAILDIR_INDEX_H
#define MAILDIR_INDEX_H

#include "maildir/mails.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INDEX_FILE "solopop.index"

#define INDEX_HEAD 128		/* bytes of the header on disk */
#define INDEX_RECORD 24		/* bytes of a record on disk */

/* What the header says. */
struct index_head {
	uint32_t count;
	uint64_t octets;		/* of all messages */
	uint64_t names;			/* bytes of all names */
	struct maildir_stamp stamp;	/* of the directories when scanned */
	bool trusted[MAILDIR_STAMPS];	/* ... and if it can be believed */
	bool doubts;			/* names have told wrong sizes */
};

#define INDEX_WINDOW 65536

struct index {
	int fd;				/* -1: there is none */
	struct index_head head;
	uint64_t body_sum;
	struct index_window {
		uint64_t from;		/* file offset of bytes[0] */
		size_t len;
		unsigned char *bytes;	/* INDEX_WINDOW of them, or NULL */
	} records, names;
};

/* Make it safe to close. */
void index_init(struct index *ix);
void index_close(struct index *ix);

/*
 * Open the index below the directory top and read its header.  -1 when there is
 * none, or none that is whole, of this version, and the user's own.
 */
int index_open(struct index *ix, int top);

/* Is all behind the header as it was written?  Reads it once.  -1 if not. */
int index_verify(struct index *ix);

/*
 * The message at idx, below head.count.  m->file stays good until the next
 * call; m->when is not set.  -1 when the file has changed under our hands.
 */
int index_get(struct index *ix, size_t idx, struct mail *m);

/* Its octets alone, which is quicker. */
int index_octets(struct index *ix, size_t idx, uint64_t *octets);

/*
 * A new index is begun before the directories are read, so that the file
 * system's own clock can tell whether a directory changed in that very moment.
 */
struct index_draft {
	int fd;				/* -1: there will be none */
	struct timespec begun;		/* by the file system's clock */
	bool doubts;			/* to be written down */
};

/* Never fails: a disk that is full or read-only means no index. */
void index_begin(struct index_draft *draft, int top);

/*
 * Write it out and put it in place of the old one, for good (fsync(2)) or not
 * at all.  The messages are all measured, and stamp is what mails_scan() gave.
 */
int index_commit(struct index_draft *draft, int top,
    const struct mails *list, const struct maildir_stamp *stamp);

/* Think better of it.  Does nothing after index_commit(). */
void index_drop(struct index_draft *draft, int top);

/* The file has been wrong once: let nobody believe it again. */
void index_remove(int top);

/* A size was wrong: remove it, and leave one that says no more than that. */
void index_doubt(int top);

#endif
