/*
 * The list of messages that one look into new/ and cur/ finds, in the order
 * in which POP3 numbers them: by delivery time, then by unique name.
 */
#ifndef MAILDIR_MAILS_H
#define MAILDIR_MAILS_H

#include "maildir/maildir.h"
#include "maildir/name.h"

#include <stddef.h>
#include <stdint.h>

#define MAIL_UNMEASURED NAME_SILENT

struct mail {
	const char *file;	/* its name at present; the list owns it */
	const char *uidl;	/* if its name does not tell it; likewise */
	uint64_t when;		/* delivery time, seconds */
	uint64_t octets;	/* as the client counts, or MAIL_UNMEASURED */
	uint32_t twins;		/* earlier ones with the very same name */
	uint8_t unique;		/* length of the unique name */
	uint8_t bare;		/* of its part that serves as UIDL; 0: none */
	uint8_t where;		/* enum maildir_where */
	bool gone;		/* somebody else removed it */
	bool believed;		/* the octets are what its name tells */
	bool known;		/* the session before had it */
	bool moved;		/* ... by another name */
	bool linked;		/* it has another name, too (hard links) */
	bool unrecorded;	/* uidl does not stand in solopop.uidl */
};

struct mails {
	struct mail *v;
	size_t n, cap;
	struct name_block *names;
	bool steady;		/* nothing changed during the last look */
	size_t too_long[2];	/* names left out, by enum maildir_where */
};

/* Make it safe to free. */
void mails_init(struct mails *list);
void mails_free(struct mails *list);

/*
 * Read the directories into the list, however they change meanwhile: a message
 * that was there all the time is found once.  skip, by enum maildir_where,
 * leaves one out whose messages the caller has added, in order.  *stamp is what both
 * looked like then.  If list->steady is false, they changed under each look, so
 * that a message which is not found may be there nevertheless.  Names that are
 * too long for us are counted and left out.  -1 with errno, and
 * maildir_error().
 */
int mails_scan(struct mails *list, struct maildir *md, const bool skip[2],
    struct maildir_stamp *stamp);

/*
 * The same for a list that holds all messages of the session before, in order: an
 * entry that is in the list is neither parsed nor sorted.  Messages that are not
 * found move to gone, in order, and may be there under other names.  -1 with
 * EAGAIN where only mails_scan() can tell: the directories changed meanwhile, or a
 * unique name is there twice.  The lists are of no use then.
 */
int mails_compare(struct mails *list, struct mails *gone, struct maildir *md,
    const bool skip[2], struct maildir_stamp *stamp);

/* Each file in the directories, in order, twice where a message has two names. */
int mails_list(struct mails *list, struct maildir *md);

/* Where the messages of this unique name begin, or would be, in a list in order. */
size_t mails_first(const struct mails *list, const struct mail *m);

/* The message of a file name, on loan, with nothing known but that. */
struct mail mail_of(enum maildir_where where, const char *file);

/* Add a message; its strings are copied.  -1 with ENOMEM. */
int mails_add(struct mails *list, const struct mail *m);

/* Has a neighbour the very name of the message at idx? */
bool mails_namesake(const struct mails *list, size_t idx);

/*
 * Bring names up to date from a newer scan: a message found there takes over
 * its present name and place, one not found is marked gone.  One that shares its
 * name is found in its own place alone.  Messages only in the newer list are
 * not taken.  -1 with ENOMEM; the list stays usable.
 */
int mails_update(struct mails *list, const struct mails *newer);

/*
 * Take over what the session before knew of messages that are not measured yet:
 * octets and ids of those of the same unique name.  If that name is not one
 * message's alone, nothing but the same place tells that it is the same one, and
 * its octets are left to be measured.  Returns how many it knows again; -1 with
 * ENOMEM.
 */
long mails_recognize(struct mails *list, const struct mails *known);

/* Copy a string into the list's memory.  NULL with ENOMEM. */
const char *mails_keep(struct mails *list, const char *text);

/* Order of two messages: delivery time, then unique name, bytes as numbers. */
int mail_compare(const struct mail *a, const struct mail *b);

struct span mail_unique(const struct mail *m);

/* Room for the longest unique-id, and its NUL. */
#define UIDL_MAX (NAME_UIDL_MAX + 1)

/* The unique-id: see maildir/uidl.h.  Returns the length. */
size_t mail_uidl(const struct mail *m, char uidl[UIDL_MAX]);

#endif
