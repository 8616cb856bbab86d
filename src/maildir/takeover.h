/*
 * Taking over from another server: messages keep the unique-ids that clients know
 * from it.  Where they come from is settled at the first session that finds
 * messages, and recorded (see adopted.h).  A message that no session of ours has
 * shown yet takes the id that the recorded source has for it, so that a server
 * which goes on serving the same Maildir tells the same.
 */
#ifndef MAILDIR_TAKEOVER_H
#define MAILDIR_TAKEOVER_H

#include "io/stored.h"
#include "maildir/adopted.h"
#include "maildir/maildir.h"
#include "maildir/mails.h"
#include "maildir/sources.h"

#include <stdbool.h>

/* Open the message at idx of the list; -1 with ENOENT when it is gone. */
typedef int (*takeover_open_fn)(void *ctx, size_t idx, struct stored *s);

#define TAKEOVER_TOLD_MAX (SOURCES_TEXT_MAX + 128)
struct takeover {
	const char *setting;			/* see sources.h */
	takeover_open_fn open;
	void *ctx;				/* open's */
	char source[SOURCES_TEXT_MAX];		/* to be recorded */
	char told[TAKEOVER_TOLD_MAX];		/* for the log, or "" */
};

/*
 * Settle where ids come from, and set those of a list of messages: one that has an
 * id has m->uidl set, in the list's memory, and is to be recorded.  -1 with errno
 * when a list is there and cannot be read, when a header cannot be read today, or
 * memory is out.
 *
 * Headers are the sender's to write, so they are asked for nothing but messages
 * that were there before solopop was.
 */
int takeover_first(struct maildir *md, struct mails *list, struct takeover *o);

/*
 * The same at a later session, by the recorded source, for messages without an id
 * that the session before did not know.  While the source may still tell another id
 * each of them gets an id to be recorded: always with names, because programs add
 * fields to them, and with a list while it is alive (written to in the last 30
 * days).
 */
int takeover_later(struct maildir *md, struct mails *list, const char *source);

/*
 * The id that rows have for the message at idx: by its unique name, else by the bare
 * one, as far as that is one message's and one row's.  NULL without.
 */
const char *takeover_find(const struct adopted *a, const struct mails *list,
    size_t idx, bool *exact);

#endif
