/*
 * The messages of one session, in order, wherever they come from: the index
 * where the Maildir has not changed since, so that neither directory is read;
 * else the directories, with the index for what it knows and the rest
 * measured.
 */
#ifndef MAILDIR_TABLE_H
#define MAILDIR_TABLE_H

#include "io/stored.h"
#include "maildir/index.h"
#include "maildir/maildir.h"
#include "maildir/mails.h"
#include "maildir/takeover.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table_conf {
	enum index_use index;
	int64_t clock_skew;		/* s that other clocks may be behind */
	const char *adopt;		/* see sources.h; NULL: none; on loan */
	bool read_only;			/* nothing on disk changes */
};

struct table {
	struct maildir *md;		/* on loan */
	struct table_conf conf;
	size_t n;
	uint64_t octets;		/* of all */
	size_t unreadable;		/* left out, today */
	struct left_out left_out;	/* left out, always */
	bool ids_failed;		/* table_open() did, for that */
	struct takeover takeover;	/* of the first session */
	bool trusts_times;		/* of the directories */
	bool indexed;			/* rows come from the index ... */
	bool verified;			/* ... and it has been read once */
	bool fresh;			/* it says all that there is to say */
	struct index index;
	struct mails list;		/* else from here */
	struct mails names;		/* each file in it; see table_act_all() */
	struct maildir_stamp scanned;	/* when the list was made */
	struct maildir_stamp seen;	/* when its names were last right */
	struct timespec ids_written;	/* solopop.uidl, by us */
	struct index_draft draft;	/* of an index for next time */
	bool keeps;			/* there shall be an index */
};

/* Make it safe to close. */
void table_init(struct table *t, struct maildir *md);
void table_close(struct table *t);

/*
 * Find the messages of an open Maildir, with the help of its index or without,
 * and their unique-ids.  -1 with errno and maildir_error().
 */
int table_open(struct table *t, const struct table_conf *conf);

/*
 * The message at idx; m->when may not be set.  m->file stays good until the
 * next call here.  -1 when the index turns out to be damaged: it is removed,
 * and this session must end.
 */
int table_get(struct table *t, size_t idx, struct mail *m);

/* Its octets alone; -1 as above. */
int table_octets(struct table *t, size_t idx, uint64_t *octets);

/* maildir_read(), for one. */
typedef int (*table_act_fn)(struct maildir *, enum maildir_where,
    const char *file);

/*
 * Do something to the file of the message at idx.  When its name leads nowhere
 * its present one is looked for, and the thing is done again.  Returns what act
 * did; -1 with ENOENT when the message is proved to be gone, EAGAIN when it is
 * renamed again and again.
 */
int table_act(struct table *t, size_t idx, table_act_fn act);

/* The same, for all names of a message that has several (hard links). */
int table_act_all(struct table *t, size_t idx, table_act_fn act);

/*
 * The message at idx is removed.  If of those with its very name one alone stays,
 * from now on a row of solopop.uidl can be its own, and keeps its id when there is
 * no index.  -1 with errno and maildir_error().
 */
int table_record_left(struct table *t, size_t idx,
    bool (*goes)(void *ctx, size_t idx), void *ctx);

/* Open the message to be read.  -1 as table_act(). */
int table_read(struct table *t, size_t idx, struct stored *s);

/* Write the index for the next session, if this one found anything new. */
void table_save(struct table *t);

/*
 * The size of the message at idx was wrong: invalidate the index.  True if the size
 * came from the file name.
 */
bool table_distrust(struct table *t, size_t idx);

#endif
