/*
 * Who is let in: PAM, the secrets file, the account behind a name, the folder
 * asked for, and the site's lists.  It knows neither messages nor processes.
 */
#ifndef SERVER_LOGIN_H
#define SERVER_LOGIN_H

#include "auth/pam.h"
#include "settings/server.h"
#include "users/user.h"

#include <stdbool.h>

/* "<pid.time.random@host>" */
#define LOGIN_STAMP_MAX 512

/* A reason in words, with a path or two in it; what is longer is cut. */
#define LOGIN_REASON_MAX 256

struct login {
	const struct server_conf *conf;	/* on loan, like the next one */
	const struct peer *peer;
	bool root;			/* we can become another user */
	bool touched;			/* PAM or a secret is in our memory */
	bool tls;			/* nobody on the way reads along */
	struct secrets_kinds secrets;	/* what can succeed with them */
	char stamp[LOGIN_STAMP_MAX];	/* "" where APOP cannot succeed */
	char nonce[ASK_NONCE_MAX];	/* "", or a proof may come */
	unsigned char salt_key[SECRETS_KEY];	/* if the file has none */
	bool salted;			/* there is such a key */
	struct pamauth *pam;
	char reason[LOGIN_REASON_MAX];	/* of a refusal; "": a wrong guess */
	bool no_secret;			/* ... and there was nothing to prove */
	/* After VERDICT_WELCOME: */
	struct user user;
	char folder[ASK_USER_MAX + 1];	/* of the Maildir; "": none */
	char whole[ASK_USER_MAX + 1];	/* the name, with the folder */
};

void login_init(struct login *l, const struct server_conf *conf,
    const struct peer *peer);

/* See what secrets there are, and make the stamp.  -1 without random bytes. */
int login_prepare(struct login *l);

/* Close PAM's session, if there is one, and forget what PAM was told. */
void login_forget(struct login *l);

/* Load PAM's modules, the slow part of a login. */
void login_expect(struct login *l);

/*
 * May this user in?  said is the name as the client gave it, of at most
 * ASK_USER_MAX bytes.  VERDICT_WELCOME: l->user is set, and PAM's session is
 * open.  Otherwise l->reason says why in words for the log, or is "" where name
 * or password were wrong; only then has somebody guessed.
 */
enum verdict login_by_password(struct login *l, const char *said,
    const struct secret *password);
enum verdict login_by_apop(struct login *l, const char *said,
    struct span digest);
enum verdict login_by_cram(struct login *l, const char *said,
    struct span digest);
enum verdict login_by_scram(struct login *l, const char *said,
    struct scram_claim *claim, unsigned char signature[SCRAM_PROOF]);

/*
 * Make a nonce, and find the salt of this user unless said is "".  An unknown
 * user has a salt, too.  -1 with errno, and there is no nonce.
 */
int login_challenge(struct login *l, const char *said,
    struct scram_salt *salt);

/*
 * Where the Maildir of l->user is, that may have l->folder in it.  The literal
 * path of the command line is nobody's pattern.  -1 as user_maildir().
 */
int login_maildir(const struct login *l, char path[PATH_MAX]);

#endif
