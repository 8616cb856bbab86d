/*
 * One POP3 conversation (RFC 1939): AUTHORIZATION, then TRANSACTION and UPDATE.
 * The two halves may run in different processes; what the first has read too
 * much of travels to the second.
 */
#ifndef POP3_POP3_H
#define POP3_POP3_H

#include "auth/ask.h"
#include "io/fields.h"
#include "io/line.h"
#include "io/out.h"
#include "io/peer.h"
#include "maildir/maildrop.h"
#include "maildir/pace.h"
#include "pop3/reply.h"

#include <stdbool.h>
#include <stdint.h>

/* RFC 2449, section 4: a command line, its line end included. */
#define POP3_LINE_MAX 255

/* What a server for tests of clients does wrong, on purpose. */
struct pop3_fixture {
	int64_t slow;			/* ms that each command takes */
	uint64_t cut_after;		/* bytes; 0: never */
	const char *refuse;		/* a command, or NULL */
};

/* Where a password may travel that everybody on the way can read. */
enum pop3_clear {
	CLEAR_DEFAULT,	/* on this machine; elsewhere if no TLS is named */
	CLEAR_NEVER,
	CLEAR_ALWAYS,
	CLEAR_LOCAL,	/* on this machine */
	CLEAR_TLS	/* nowhere but in TLS */
};

struct pop3_conf {
	struct pop3_fixture fixture;
	enum dialect dialect;
	enum language language;		/* until the client wants another */
	bool shy;			/* a banner that tells nothing */
	bool show_version;
	bool announce_utf8;		/* in CAPA; the command is always there */
	enum pop3_clear clear;
	const char *plaintext_from;	/* networks that may, or NULL */
	const char *mechanisms;		/* of AUTH, and APOP; NULL: all */
	const char *xclient_from;	/* networks of proxies, or NULL */
	bool only_local;		/* clients of this machine, no others */
	bool update_on_abort;		/* qpopper's way: see the manual */
	bool downcase_user;		/* of names that USER gives */
	bool trim_domain;		/* ... what follows '@' is cut off */
	bool trim_no_mime;		/* ... and so is "-no-mime" */
	int64_t idle_time;		/* ms to wait for a command */
	int64_t login_time;		/* ms from the banner to the login */
	int64_t yield_time;		/* idle ms; then a new login wins */
	uint32_t max_bad;		/* bad commands before login */
	const char *host;
	struct pace pace;
	struct maildrop_conf drop;
};

/* For another program of ours: all of it. */
extern const struct fields pop3_conf_fields;

enum pop3_state { AUTHORIZATION = 1, TRANSACTION = 2, ANYWHERE = 3 };

/* How the conversation goes on after a command. */
enum pop3_step {
	STEP_NEXT,		/* with the next one */
	STEP_LOGIN,		/* in the other state; no status line yet */
	STEP_TLS,		/* anew, over TLS; all is said, and flushed */
	STEP_END,		/* not at all: all is said */
	STEP_ABORT		/* without a reply */
};

struct pop3 {
	const struct pop3_conf *conf;	/* on loan, like the next three */
	const struct peer *peer;	/* or told, from XCLIENT on */
	struct ask *ask;
	const char *stamp;		/* "<...>" for APOP, or "" */
	struct secrets_kinds secrets;	/* what AUTH can succeed with */

	enum pop3_state state;
	struct line in;
	struct out *out;
	struct interrupt yield;

	bool terminal;			/* a person types: HELP, and more words */
	bool tls;			/* the client speaks it already */
	bool tls_offered;		/* STLS would work; never with tls */
	bool tls_named;			/* the site names a certificate */
	enum language language;		/* of our answers */
	bool xclient_done;		/* it is not taken twice */
	struct peer told;
	bool greeted;			/* by whoever talked to it before us */

	char user[ASK_USER_MAX + 1];	/* "" before USER */
	bool utf8;			/* the client has said UTF8 */
	bool has_user;			/* USER came, PASS may follow */
	int64_t login_deadline;
	uint32_t bad;			/* bad commands so far */
	unsigned answers;		/* status lines of this command */

	struct maildrop *drop;		/* NULL before TRANSACTION */
	bool updated;			/* QUIT has been through UPDATE */

	char quoted[LOG_QUOTED_MAX(ASK_USER_MAX)];	/* pop3_user() */
	char who[LOG_QUOTED_MAX(ASK_USER_MAX) + 2 * INET6_ADDRSTRLEN + 8];
};

/*
 * Begin a conversation over two descriptors, which stay the caller's and may be
 * one.  NULL when memory is out.
 */
struct pop3 *pop3_new(const struct pop3_conf *conf, const struct peer *peer,
    struct ask *ask, const char *stamp, int in, int out);

/* Flush nothing, and free everything but the maildrop.  Takes NULL. */
void pop3_free(struct pop3 *p);

/* May this client send its password as it is: PASS, AUTH PLAIN and LOGIN? */
bool pop3_cleartext_allowed(const struct pop3 *p);

/* What it is told if it may not. */
enum reply pop3_cleartext_refusal(const struct pop3 *p);

/* Is it a proxy whose XCLIENT we believe, and that has not sent one yet? */
bool pop3_is_proxy(const struct pop3 *p);

/*
 * For log lines, on loan until the next call: the user's name, quoted, "-"
 * if there is none; and "user at host (ip)", as qpopper has it.  We look up no
 * names, so the host is the address, too.
 */
const char *pop3_user(struct pop3 *p);
const char *pop3_who(struct pop3 *p);

#endif
