/*
 * A Maildir as one POP3 session sees it: messages with numbers that never move,
 * whatever others do to the files meanwhile.  Nothing on disk changes before
 * maildrop_update().
 *
 * msgno is 1..maildrop_count(); every function that takes one trusts it.
 */
#ifndef MAILDIR_MAILDROP_H
#define MAILDIR_MAILDROP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct maildrop_conf {
	bool lock;		/* one session at a time */
	int64_t lock_wait;	/* ms to wait for another session */
};

struct maildrop;

/*
 * Open the Maildir at path: take the lock, find the messages, measure them.  No
 * Maildir at all is an empty maildrop.  *d is set even on -1, to ask it for
 * maildrop_error(), unless memory is out (NULL then); free it with
 * maildrop_close() in any case.  -1 with EAGAIN: another session has it.
 */
int maildrop_open(struct maildrop **d, const char *path,
    const struct maildrop_conf *conf);

/* Free, and let go of the lock.  Takes NULL. */
void maildrop_close(struct maildrop *d);

/* What went wrong last, for the log; "" if nothing did. */
const char *maildrop_error(const struct maildrop *d);

/* Messages left out at login because they could not be read. */
size_t maildrop_unreadable(const struct maildrop *d);

/* Does another session wait for the lock of this one? */
bool maildrop_is_wanted(const struct maildrop *d);

uint32_t maildrop_count(const struct maildrop *d);

/* Number and octets of the messages that are not deleted (RFC 1939, STAT). */
struct maildrop_sum {
	uint32_t count;
	uint64_t octets;
};
struct maildrop_sum maildrop_left(const struct maildrop *d);
struct maildrop_sum maildrop_deleted(const struct maildrop *d);

uint64_t maildrop_octets(const struct maildrop *d, uint32_t msgno);
bool maildrop_is_deleted(const struct maildrop *d, uint32_t msgno);

/*
 * The unique-id (RFC 1939, UIDL): the file's unique name without size fields
 * where it is 1 to 70 characters of 0x21-0x7E, else an MD5 of it.  The longest is
 * MAILDROP_UIDL_MAX - 1 characters.
 */
#define MAILDROP_UIDL_MAX 71
void maildrop_uidl(struct maildrop *d, uint32_t msgno,
    char uidl[MAILDROP_UIDL_MAX]);

/*
 * Open the message, under whatever name it has now; the caller owns the
 * descriptor.  -1 with ENOENT when somebody else removed it.
 */
int maildrop_read(struct maildrop *d, uint32_t msgno);

/* RETR marks read; RSET takes that back, and all deletions. */
void maildrop_mark_read(struct maildrop *d, uint32_t msgno);
void maildrop_delete(struct maildrop *d, uint32_t msgno);
void maildrop_reset(struct maildrop *d);

/* The highest message that is read and not deleted (RFC 1460, LAST); 0: none. */
uint32_t maildrop_last(const struct maildrop *d);

/*
 * Remove what is deleted and note what was read.  -1 when some deleted message
 * is still there; *removed sums up those that are gone.  Trouble with marking is
 * told by maildrop_error() alone: it loses nothing.
 */
int maildrop_update(struct maildrop *d, struct maildrop_sum *removed);

#endif
