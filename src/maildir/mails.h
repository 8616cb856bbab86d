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
	const char *uidl;	/* taken over, or NULL; the list owns it */
	uint64_t when;		/* delivery time, seconds */
	uint64_t octets;	/* as the client counts, or MAIL_UNMEASURED */
	uint64_t told;		/* ... by the name of a file, or likewise */
	uint32_t twins;		/* earlier ones with the very same name */
	uint8_t unique;		/* length of the unique name */
	uint8_t bare;		/* of its part that serves as UIDL; 0: none */
	uint8_t where;		/* enum maildir_where */
	bool gone;		/* somebody else removed it */
	bool believed;		/* the octets are what its name tells */
	bool known;		/* the session before had it */
	bool twin;		/* its bare name is not its alone: see uidl.h */
};

struct mails {
	struct mail *v;
	size_t n, cap;
	struct name_block *names;
};

/* Make it safe to free. */
void mails_init(struct mails *list);
void mails_free(struct mails *list);

/*
 * Read the directories into the list, however they change meanwhile: a message
 * that was there all the time is found once.  skip, by enum maildir_where,
 * leaves one out whose messages the caller has added, in order.  *stamp is what both
 * looked like then.  -1 with errno, and maildir_error().
 */
int mails_scan(struct mails *list, struct maildir *md, const bool skip[2],
    struct maildir_stamp *stamp);

/* The message of a file name, on loan, with nothing known but that. */
struct mail mail_of(enum maildir_where where, const char *file);

/* Add a message; its strings are copied.  -1 with ENOMEM. */
int mails_add(struct mails *list, const struct mail *m);

/*
 * Give each twin (see uidl.h) a unique name of its own, in its directory and
 * with its flags, and put the list in order again.  One that cannot be renamed
 * stays as it is.
 */
void mails_separate(struct mails *list, struct maildir *md);

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
 * Take over octets that are not known yet, of messages of the same unique name,
 * where that name is one message's alone in both lists; these are known then.
 */
void mails_copy_octets(struct mails *list, const struct mails *known);

/* Copy a string into the list's memory.  NULL with ENOMEM. */
const char *mails_keep(struct mails *list, const char *text);

/* Order of two messages: delivery time, then unique name, bytes as numbers. */
int mail_compare(const struct mail *a, const struct mail *b);

struct span mail_unique(const struct mail *m);

#endif
