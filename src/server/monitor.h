/*
 * The monitor holds the keys: the secrets file, PAM, root.  It reads no byte
 * from the network, only the messages of auth/ask.h, each at its lawful moment
 * and of lawful length; anything else ends the session.
 */
#ifndef SERVER_MONITOR_H
#define SERVER_MONITOR_H

#include "settings/server.h"
#include "server/front.h"
#include "server/login.h"
#include "server/tls.h"

#include <stdbool.h>

enum monitor_phase {
	FRONT_ASKS = 1,		/* nobody is in yet */
	HANDING_OVER = 2,	/* somebody is, and the front goes */
	USER_RUNS = 4,
	ALL_DONE = 8,		/* the session has reported */
	TURNED_AWAY = 16,	/* too many failed logins */
	BEFORE_TLS = 32,	/* TLS comes next, and no front is there */
	PROXY_TELLS = 64	/* first of all, whose connection it is */
};

struct monitor {
	const struct server_conf *conf;
	struct client *client;
	pid_t pid;			/* ours */
	enum monitor_phase phase;
	struct login login;		/* whole from HANDING_OVER on */
	uint32_t challenges;		/* that the front has asked for */
	bool prepared;			/* monitor_prepare() has been */
	uid_t front_uid;		/* of the front, and its group ... */
	gid_t front_gid;
	int front_error;		/* ... or why there are none */
	int64_t heard;			/* when the user's process last lived */
	bool answered;			/* the login is, or is about to be */
	bool tls_offered;		/* STLS would work */
	bool tls_active;
	bool tls_broken;		/* it could not start */
	bool xclient_done;		/* a proxy has told of its client */
	bool greeted;			/* the client has had a banner */
	struct tls tls;
	int64_t login_deadline;		/* clock_ms() terms */
	uint32_t failures;
	uint32_t troubles;		/* refusals that were our own fault */
	uint32_t held;			/* failed proofs not in the log yet ... */
	char held_name[ASK_USER_MAX + 1];	/* ... and whose */
	const char *role;		/* that talks to us now */
	uint32_t lines, line_bytes;	/* that it may still log */
	enum language language;		/* of the answers to the client */
	struct monmsg unread;		/* what the front handed over ... */
	bool offered;			/* ... before it asked */
};

/* conf and client are kept by reference.  Nothing secret is read yet. */
void monitor_init(struct monitor *m, const struct server_conf *conf,
    struct client *client);

/*
 * See what secrets there are, and make the stamp; the log hears if nobody can
 * log in.  After this, what is forked from us shares secrets.  -1, and the log
 * says why.
 */
int monitor_prepare(struct monitor *m);

/* What a front that begins now must know.  f points into the settings. */
void monitor_describe(const struct monitor *m, struct front *f);

/*
 * Put TLS between the client and what comes next.  Failed logins, the deadline
 * and PAM stay as they are.  -1, and the log says why: the session is over.
 */
int monitor_begin_tls(struct monitor *m);

/*
 * Messages come from another role now, for whose lines in the log this name
 * stands; it begins with as many lines as it may log.
 */
void monitor_hear(struct monitor *m, const char *role);

/* Our copies of the client's descriptors are not needed any more. */
void monitor_leave_client(struct monitor *m);

/* Wait until TLS has sent the last bytes, or end it now. */
void monitor_end_tls(struct monitor *m, bool now);

/* End what PAM began. */
void monitor_free(struct monitor *m);

/*
 * Answer one message, in place: afterwards it is the answer, or empty when none
 * is due.  -1 for a violation, which has been logged.
 */
int monitor_answer(struct monitor *m, struct monmsg *message);

/* The same for struct ask, where there is one process. */
int monitor_answer_ask(void *monitor, struct monmsg *message);

#endif
