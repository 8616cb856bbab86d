/*
 * The questions of the process that talks to the client to the one that holds
 * the keys (server/monitor).  One message asks, one answers; to log, to hand
 * over and to report need no answer.
 *
 * Run by hand there is one process: the monitor's rules are then called
 * directly instead of over a socket, with the same messages and the same
 * checks.
 */
#ifndef AUTH_ASK_H
#define AUTH_ASK_H

#include "auth/scram.h"
#include "base/ascii.h"
#include "base/log.h"
#include "base/secret.h"
#include "io/monmsg.h"

#include <stdbool.h>
#include <stdint.h>

enum ask_kind {
	ASK_ANSWER = 1,		/* number: enum verdict [| VERDICT_LAST] */
	ASK_EXPECT,		/* nothing: somebody gave a name */
	ASK_VERIFY,		/* bytes: user; bytes: password */
	ASK_APOP,		/* bytes: user; bytes: digest */
	ASK_HAND_OVER,		/* number: language; bytes: unread input */
	ASK_LOG,		/* number: enum log_level; bytes: line */
	ASK_REPORT,		/* numbers: see struct ask_totals */
	ASK_STLS,		/* nothing: may TLS begin?  If so, we end;
				   answer: the same kind, number: 1, or 0 */
	ASK_PEER,		/* bytes: the client's address, by a proxy */
	ASK_CHALLENGE,		/* bytes: user, or none if no salt is needed;
				   answer: the same kind, bytes: nonce, salt;
				   number: iterations */
	ASK_CRAM,		/* bytes: user; bytes: digest */
	ASK_SCRAM,		/* bytes, each: see scram_claim; bytes behind
				   the answer's number: the signature */
	ASK_WORKING,		/* nothing: the storage does not hang */
	ASK_ANSWERS		/* nothing: the login's answer is next */
};

/*
 * The longest user name, in bytes: mail addresses fit, and the line of a failed
 * login holds it quoted, with the address behind it.
 */
#define ASK_USER_MAX 90

enum verdict {
	VERDICT_WELCOME = 1,
	VERDICT_WRONG,		/* name, password, or a closed account */
	VERDICT_EXPIRED,	/* right, but the password has expired */
	VERDICT_STRONGER,	/* right, but not in clear text for this one */
	VERDICT_TROUBLE,	/* ours, and it may pass */
	VERDICT_NOT_NOW		/* right, but no session can be had now */
};

/* Added to the number of a refusal: there will be no further try. */
#define VERDICT_LAST 16

struct ask {
	int fd;			/* on loan; -1: use answer */
	/* Answer the message in place; -1 if it is unlawful. */
	int (*answer)(void *ctx, struct monmsg *m);
	void *ctx;
};

/*
 * A proxy has told us whose connection it is: an IP address, or "" when it is
 * the proxy's own.  Lawful from proxies we believe.
 */
int ask_peer(struct ask *a, const char *ip);

/*
 * A login is under way: let PAM's modules be loaded while the client still
 * types, and not at all for those who only say hello.
 */
void ask_expect(struct ask *a);

/*
 * May this user in?  *last says whether that was the last try.  -1 when there
 * was no answer to be had: the session is over.  user is a string of at most
 * ASK_USER_MAX bytes.
 */
int ask_verify(struct ask *a, const char *user, const struct secret *password,
    enum verdict *verdict, bool *last);
int ask_apop(struct ask *a, const char *user, struct span digest,
    enum verdict *verdict, bool *last);

/*
 * For CRAM-MD5 and SCRAM-SHA-256: a nonce, which is good for one proof, and if
 * a user is given, not "", that user's salt.  -1 as ask_verify().
 */
#define ASK_NONCE 18			/* random bytes */
#define ASK_NONCE_MAX (BASE64_LEN(ASK_NONCE) + 1)	/* as a string */

struct ask_challenge {
	char nonce[ASK_NONCE_MAX];	/* "": none can be had now */
	struct scram_salt salt;
};
int ask_challenge(struct ask *a, const char *user,
    struct ask_challenge *challenge);

/* And the proof; -1 as above.  The signature is one of VERDICT_WELCOME only. */
int ask_cram(struct ask *a, const char *user, struct span digest,
    enum verdict *verdict, bool *last);
int ask_scram(struct ask *a, const struct scram_claim *claim,
    enum verdict *verdict, bool *last, unsigned char signature[SCRAM_PROOF]);

/*
 * After VERDICT_WELCOME: pass on in which language the client is answered (the
 * number is pop3's), and what is read and not used.  Before ask_verify() it is
 * for the case of that verdict; then no answer comes, but the end.
 */
int ask_hand_over(struct ask *a, unsigned language, struct span unread);

/*
 * Can TLS begin?  *can says so; then answer the client, and end: what comes next
 * is between the client and TLS.
 */
int ask_stls(struct ask *a, bool *can);

/*
 * From here on the monitor hears that this process can still run.  It answers
 * the login itself, and ends this process, when it has heard nothing for
 * storage-timeout.  Nothing where there is one process.
 */
void ask_begin_work(const struct ask *a);

/* The answer to the login, whatever it is, is the next that the client gets. */
int ask_answers(struct ask *a);

/* What a session came to, for the log. */
struct ask_totals {
	uint64_t deleted, deleted_octets;
	uint64_t left, left_octets;
};
int ask_report(struct ask *a, const struct ask_totals *totals);

/* A taker for log_divert(); ctx is the struct ask. */
void ask_log(void *ctx, enum log_level level, const char *line);

#endif
