/*
 * The files that solopop puts into a Maildir.  Their names are an interface: a
 * running system has them, and older and newer versions must agree on them.
 */
#ifndef MAILDIR_FILES_H
#define MAILDIR_FILES_H

#define FILES_PREFIX "solopop."		/* of all names but maildirsize */

#define LOCK_FILE "solopop.lock"	/* one session at a time */
#define INDEX_FILE "solopop.index"	/* derived data; may be removed */
#define ADOPTED_FILE "solopop.uidl"	/* unique-ids; must be kept */
#define PACE_FILE "solopop.pace"	/* times of logins, for LOGIN-DELAY */

/* Of the import: */
#define DRAIN_LOCK_FILE "solopop.drain.lock"	/* one draining at a time */
#define STAGE "solopop.drain"		/* directory: messages under way */
#define JOURNAL "journal"		/* in it: what is to be published */
/* It is there once a spool was drained: later headers give no unique-id. */
#define DRAINED_FILE "solopop.drained"
#define MARK_FILE "solopop.bulletins"	/* the newest bulletin delivered */
#define MARK_DRAFT "solopop.bulletins.new"

/* Maildir++: counted here, made by other programs. */
#define QUOTA_FILE "maildirsize"

#endif
