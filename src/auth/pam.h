/*
 * pam(3): who may log in, and the session around the user's process.  The only
 * reader of the PAM headers.  Order: start, PAM_RHOST and PAM_TTY,
 * authenticate, acct_mgmt; then setcred and open_session; close_session at the
 * end.
 */
#ifndef AUTH_PAM_H
#define AUTH_PAM_H

#include "auth/ask.h"
#include "base/secret.h"

struct pamauth;

/*
 * Start PAM for a service; rhost and tty may be NULL.  Loading the modules is
 * the slow part, so do it while the client still types.  All strings are kept
 * by reference.  NULL when memory is out; trouble of PAM's own is
 * told by the first pamauth_verify().
 */
struct pamauth *pamauth_new(const char *service, const char *rhost,
    const char *tty);

/* Close what is open, forget the rest.  Takes NULL. */
void pamauth_free(struct pamauth *p);

/*
 * Authenticate and check the account.  PAM's own delay after a failure is
 * switched off: whoever answers the client makes all failures equally slow.
 */
enum verdict pamauth_verify(struct pamauth *p, const char *user,
    const struct secret *password);

/*
 * Check the account alone, for a user who proved who they are by other means.
 */
enum verdict pamauth_account(struct pamauth *p, const char *user);

/* The user's name after PAM has had its say; on loan until the next call. */
const char *pamauth_user(const struct pamauth *p);

/*
 * Set credentials and open the session; the process has the user's groups
 * by now.  -1: pamauth_error() says why.
 */
int pamauth_open(struct pamauth *p);

/*
 * Was the last failure a wrong name or password?  All else says something about
 * the server, the account or the site's rules, and is no guess.
 */
bool pamauth_was_guess(const struct pamauth *p);

/*
 * Was the password right, or none asked for?  Then the last failure is of the
 * account or of the session.
 */
bool pamauth_was_right(const struct pamauth *p);

/* The step that failed, in one word: "auth", "account", "setcred", "session". */
const char *pamauth_step(const struct pamauth *p);

/* The last failure in PAM's words, for the log and never for the client. */
const char *pamauth_error(const struct pamauth *p);

#endif
