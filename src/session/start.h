/*
 * What the monitor tells a session that begins in a program of its own.
 */
#ifndef SESSION_START_H
#define SESSION_START_H

#include "base/mounted.h"
#include "maildir/waiting.h"
#include "pop3/pop3.h"

#include <sys/types.h>

#include <limits.h>

struct start {
	pid_t monitor;			/* our parent */
	uid_t uid;			/* that we must be, and its group */
	gid_t gid;
	bool no_sandbox;
	uint32_t memory;		/* MB; 0: any amount */
	char user[ASK_USER_MAX + 1];	/* as the client named it */
	char maildir[PATH_MAX];
	char path[PATH_MAX];		/* the same, or a folder of it */
	struct mounted place;		/* what must be there besides */
	bool looks;			/* ... for mail that waits */
	struct waiting waiting;
	bool must_be_drained;		/* a first draining is in doubt */
	struct peer peer;
	bool tls, tls_offered, tls_named;
	struct secrets_kinds secrets;
};

/* The exit status when mail waits; the client has heard nothing yet. */
#define SESSION_MAIL_WAITS 76

extern const struct fields start_fields;

/*
 * Tell the program at the other end of the channel; unread is the message
 * ASK_HAND_OVER as it came.  -1 as fields_send().
 */
int start_send(int channel, const struct pop3_conf *conf,
    const struct start *start, const struct monmsg *unread);

/* -1 as fields_receive(). */
int start_receive(int channel, struct pop3_conf *conf, struct start *start,
    struct monmsg *unread);

#endif
