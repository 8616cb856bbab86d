/*
 * AUTHORIZATION with the client, in a process that is locked up and knows no
 * more than what stands here.
 */
#ifndef SERVER_FRONT_H
#define SERVER_FRONT_H

#include "pop3/pop3.h"
#include "server/login.h"

#include <sys/types.h>

struct front {
	pid_t monitor;			/* our parent */
	bool no_sandbox;
	const char *account;		/* of the process that reads client input */
	uid_t uid;
	gid_t gid;
	uint32_t error;			/* ... or why nobody can: errno */
	const char *empty_dir;		/* directory that confines it */
	struct peer peer;
	bool header;			/* a proxy's header comes first ... */
	bool only_header;		/* ... and then another front */
	int64_t header_time;		/* ms it may take */
	int64_t deadline;		/* of the login, clock_ms() terms */
	char stamp[LOGIN_STAMP_MAX];	/* for APOP, or "" */
	struct secrets_kinds secrets;
	bool tls, tls_offered, tls_named;
	bool greeted, xclient_done;
	enum language language;
};

extern const struct fields front_fields;

/*
 * The conversation with the client as it stands now.  f stays in use.  NULL
 * when memory is out.
 */
struct pop3 *front_begin(const struct front *f, const struct pop3_conf *conf,
    struct ask *ask, int in, int out);

/*
 * Read the header that a proxy sends, and not a byte more, and tell the
 * monitor.  -1: it is over; the log says why, unless it was a probe that said
 * nothing.
 */
int front_hear_proxy(struct front *f, struct ask *ask, int in);

/*
 * The whole of it, over the descriptors of io/channel.h: hear what we are, lock
 * ourselves up, talk.  conf NULL: that is told, too.  Never returns.  A front
 * that could not be locked up does not read a byte.
 */
_Noreturn void front_main(const struct pop3_conf *conf);

#endif
