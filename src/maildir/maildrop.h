/*
 * A Maildir as one POP3 session sees it: messages with numbers that never move,
 * whatever others do to the files meanwhile.  Nothing on disk changes before
 * maildrop_update().
 *
 * msgno is 1..maildrop_count(); every function that takes one trusts it.
 */
#ifndef MAILDIR_MAILDROP_H
#define MAILDIR_MAILDROP_H

#include "io/stored.h"
#include "maildir/index.h"
#include "maildir/takeover.h"
#include "maildir/uidl.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct maildrop_conf {
	bool lock;		/* one session at a time */
	int64_t lock_wait;	/* ms to wait for another session */
	enum index_use index;	/* use and keep solopop.index */
	int64_t clock_skew;	/* s that other hosts' clocks may be behind */
	bool read_only;		/* nothing on disk changes, not even a lock */
	bool flat;		/* a plain directory of files will do */
	const char *adopt;	/* see sources.h; NULL: none; on loan */
};

struct maildrop;

/* What a login can end in. */
enum maildrop_result {
	MAILDROP_OPEN,
	MAILDROP_IN_USE,	/* another session has it */
	MAILDROP_LOCK_FILE,	/* something else has the name of the lock */
	MAILDROP_NO_ACCESS,	/* the Maildir is not the user's to read */
	MAILDROP_NO_IDS,	/* a list of unique-ids cannot be read */
	MAILDROP_TROUBLE	/* of the machine or of the storage */
};

/*
 * Open the Maildir at path: take the lock, find the messages, measure them.  No
 * Maildir at all is an empty maildrop.  *d is set whatever it returns, to ask it
 * for maildrop_error(), unless memory is out (NULL then, and errno); free it with
 * maildrop_close() in any case.
 */
enum maildrop_result maildrop_open(struct maildrop **d, const char *path,
    const struct maildrop_conf *conf);

/* Free, and let go of the lock.  Takes NULL. */
void maildrop_close(struct maildrop *d);

/* What went wrong last, for the log; "" if nothing did. */
const char *maildrop_error(const struct maildrop *d);

/* Why it goes on without the lock that it should have; "" if it does not. */
const char *maildrop_no_lock(const struct maildrop *d);

/* What the first session has taken over, or why nothing; "" at later ones. */
const char *maildrop_takeover(const struct maildrop *d);

/* Messages left out at login because they could not be read today. */
size_t maildrop_unreadable(const struct maildrop *d);

/* Those that this program can never show, and which forms they have. */
struct left_out maildrop_left_out(const struct maildrop *d);

/* How many forms of storage there are among those, in words for the log. */
#define MAILDROP_FORMS_MAX 160
const char *maildrop_forms(const struct left_out *l,
    char words[MAILDROP_FORMS_MAX]);

/*
 * Must this session end?  Another one waits for its lock, or has it: a file
 * server can forget a lock.
 */
bool maildrop_is_wanted(struct maildrop *d);

uint32_t maildrop_count(const struct maildrop *d);

/* Number and octets of the messages that are not deleted (RFC 1939, STAT). */
struct maildrop_sum {
	uint32_t count;
	uint64_t octets;
};
struct maildrop_sum maildrop_left(const struct maildrop *d);
struct maildrop_sum maildrop_deleted(const struct maildrop *d);

/*
 * -1 when the index turns out to be damaged; so maildrop_uidl().  It is removed
 * then, and the session must end: its numbers cannot be trusted.
 */
int maildrop_octets(struct maildrop *d, uint32_t msgno, uint64_t *octets);

bool maildrop_is_deleted(const struct maildrop *d, uint32_t msgno);

/* The unique-id: see uidl.h. */
int maildrop_uidl(struct maildrop *d, uint32_t msgno, char uidl[UIDL_MAX]);

/*
 * Open the message, under whatever name it has now; the caller closes *s.  -1 with
 * ENOENT when somebody else removed it, ENOTSUP when it is stored in a form that
 * cannot be decoded.
 */
int maildrop_read(struct maildrop *d, uint32_t msgno, struct stored *s);

/*
 * RETR marks read; RSET takes that back, and all deletions.  A message that is
 * deleted already must not be deleted again; -1 as above.
 */
void maildrop_mark_read(struct maildrop *d, uint32_t msgno);
int maildrop_delete(struct maildrop *d, uint32_t msgno);
void maildrop_reset(struct maildrop *d);

/*
 * LAST (RFC 1460): the highest message that RETR has read in this session, or
 * the end of the unbroken run from 1 of messages that were read before,
 * whichever is higher and not deleted; 0 if there is none.  A client that asks
 * LAST fetches only what is above it, so an unread message must not be below a
 * message that another program, IMAP for example, has marked.
 */
int maildrop_last(struct maildrop *d, uint32_t *msgno);

/*
 * Remove what is deleted and note what was read.  -1 when some deleted message
 * is still there; *removed sums up those that are gone.  Trouble with marking
 * is told by maildrop_error() alone: it loses nothing.  A maildrop that is
 * read-only says that all is done.  One whose lock was lost does nothing: -1.
 */
int maildrop_update(struct maildrop *d, struct maildrop_sum *removed);

/* Help the next session to find what this one found; best when all is said. */
void maildrop_save(struct maildrop *d);

/*
 * The message was not as long as we said: measure all of them next time.  True
 * if we had that from its name only, not from reading it.
 */
bool maildrop_distrust(struct maildrop *d, uint32_t msgno);

#endif
