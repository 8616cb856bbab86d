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

#include "base/replace.h"
#include "maildir/files.h"
#include "maildir/mails.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INDEX_HEAD 128		/* bytes of the header on disk */
#define INDEX_RECORD 24		/* bytes of a record on disk */

/*
 * Messages that no session of this program can show: stored in a form that it
 * cannot decode, or with a name that is too long for it.
 */
struct left_out {
	uint32_t stored, too_long;
	uint8_t forms;			/* bits of enum stored_form */
};

/* How far a site wants the index to be believed. */
enum index_use {
	INDEX_OFF,		/* there is none */
	INDEX_AUTO,		/* FULL where one kernel keeps the times */
	INDEX_FULL,		/* unchanged directories are not read */
	INDEX_SIZES		/* they are, and it tells the octets alone */
};

/* What the header says. */
struct index_head {
	uint32_t count;
	uint64_t octets;		/* of all messages */
	uint64_t names;			/* bytes of all names */
	struct maildir_stamp stamp;	/* of the directories when scanned */
	bool trusted[MAILDIR_STAMPS];	/* ... and if it can be believed */
	bool doubts;			/* names have told wrong sizes */
	struct left_out left_out;	/* ... and not in the index */
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
 * Open the index of a Maildir and read its header.  -1 with ENOENT when there is
 * none; with another errno when it is not whole, of this version, and the
 * user's own (see maildir_open_own()), or was written by a program that decodes
 * other forms of storage.
 */
int index_open(struct index *ix, const struct maildir *md);

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
	struct replace file;
	struct timespec begun;		/* by the file system's clock */
	int64_t skew;			/* s that other clocks may be behind */
	bool doubts;			/* to be written down, as is this: */
	struct left_out left_out;
	const struct timespec *ids;	/* solopop.uidl, written by us since */
};

void index_draft_init(struct index_draft *draft);

/* Never fails: a disk that is full or read-only means no index. */
void index_begin(struct index_draft *draft, int top);

/*
 * Write it out and put it in place of the old one, for good (fsync(2)) or not
 * at all.  The messages are all measured, and stamp is what mails_scan() gave.
 * If the draft was not begun, it is now, and trusts no stamp.
 */
int index_commit(struct index_draft *draft, int top,
    const struct mails *list, const struct maildir_stamp *stamp);

/* Would the index that index_commit() writes trust these stamps so? */
bool index_trusts_alike(const struct index_draft *draft,
    const struct index_head *head, const struct maildir_stamp *stamp);

/* Discard the draft.  Does nothing after index_commit(). */
void index_drop(struct index_draft *draft, int top);

/* Remove the index after an inconsistency. */
void index_remove(int top);

/* A size was wrong: remove it, and leave one that says no more than that. */
void index_doubt(int top);

#endif
