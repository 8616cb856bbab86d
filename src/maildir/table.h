/*
 * The messages of one session, in order, wherever they come from: the index
 * where the Maildir has not changed since, so that neither directory is read;
 * else the directories, with the index for what it knows and the rest
 * measured.
 */
#ifndef MAILDIR_TABLE_H
#define MAILDIR_TABLE_H

#include "maildir/index.h"
#include "maildir/maildir.h"
#include "maildir/mails.h"
#include "maildir/takeover.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table {
	struct maildir *md;		/* on loan */
	bool may_rename;		/* twins: see uidl.h */
	size_t n;
	uint64_t octets;		/* of all */
	size_t unreadable;		/* left out for that */
	bool indexed;			/* rows come from the index ... */
	bool verified;			/* ... and it has been read once */
	struct index index;
	struct mails list;		/* else from here */
	struct maildir_stamp scanned;	/* when the list was made */
	struct maildir_stamp seen;	/* when its names were last right */
	struct index_draft draft;	/* of an index for next time */
	bool keeps;			/* there shall be an index */
};

/* Make it safe to close. */
void table_init(struct table *t, struct maildir *md);
void table_close(struct table *t);

/*
 * Find the messages of an open Maildir, with the help of its index or without;
 * take their unique-ids over where that has not been done yet, and give twins
 * names of their own if t->may_rename.  -1 with errno and maildir_error().
 */
int table_open(struct table *t, bool index, enum takeover how);

/*
 * The message at idx; m->when may not be set.  m->file stays good until the
 * next call here.  -1 when the index turns out to be damaged: it is removed,
 * and this session must end.
 */
int table_get(struct table *t, size_t idx, struct mail *m);

/* Its octets alone; -1 as above. */
int table_octets(struct table *t, size_t idx, uint64_t *octets);

/*
 * Do something to the file of the message at idx: maildir_read(), for one.
 * When its name leads nowhere its present one is looked for, and the thing done
 * once more.  Returns what act did; -1 with ENOENT when somebody removed the
 * message.
 */
int table_act(struct table *t, size_t idx, int (*act)(struct maildir *,
    enum maildir_where, const char *));

/* Write the index for the next session, if this one found anything new. */
void table_save(struct table *t);

/*
 * The message at idx was not what we said: nobody shall believe that again.  Did
 * only its name say so?
 */
bool table_distrust(struct table *t, size_t idx);

#endif
