#include "server/login.h"

#include "auth/apop.h"
#include "auth/cram.h"
#include "base/clock.h"
#include "compat/compat.h"
#include "confine/locked.h"
#include "confine/privilege.h"
#include "pop3/mechanisms.h"
#include "users/access.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define STAMP_RANDOM 12		/* bytes */

/*
 * PAM_RHOST of a remote client without an address.  pam_access takes a name
 * without a dot for this machine; RFC 6761 keeps this one from being resolved.
 */
#define UNKNOWN_HOST "unknown.invalid"

/*
 * Announce only mechanisms that can succeed: some clients try the strongest one and
 * give up.
 */
static struct secrets_kinds
find_secrets(const struct server_conf *conf)
{
	struct secrets_kinds kinds = { false, false };

	if (secrets_usable(conf->secrets, &kinds) == -1 && errno != ENOENT)
		log_line(LOG_WARN, "secrets file %s: %s", conf->secrets,
		    errno == EPERM ? "wrong owner or mode" : strerror(errno));
	kinds.scram |= kinds.password;
	return kinds;
}

static int
make_stamp(struct login *l)
{
	char random[2 * STAMP_RANDOM + 1];
	int n;

	if (secret_random_hex(random, STAMP_RANDOM) == -1)
		return -1;
	n = snprintf(l->stamp, sizeof l->stamp, "<%ld.%jd.%s@%s>",
	    (long)getpid(), (intmax_t)clock_date(), random, l->conf->pop3.host);
	if (n < 0 || (size_t)n >= sizeof l->stamp) {
		l->stamp[0] = '\0';
		errno = EMSGSIZE;
		return -1;
	}
	return 0;
}

void
login_init(struct login *l, const struct server_conf *conf,
    const struct peer *peer)
{
	*l = (struct login){ .conf = conf, .peer = peer,
	    .root = privilege_is_root() };
}

int
login_prepare(struct login *l)
{
	if (l->conf->secrets == NULL || l->conf->no_auth)
		return 0;
	l->touched = true;
	l->secrets = find_secrets(l->conf);
	if (l->secrets.password &&
	    mechanisms_allow(&l->conf->pop3, "APOP") && make_stamp(l) == -1)
		return -1;
	l->secrets.password &= mechanisms_allow(&l->conf->pop3, "CRAM-MD5");
	l->secrets.scram &= mechanisms_allow(&l->conf->pop3,
	    "SCRAM-SHA-256");
	return 0;
}

void
login_forget(struct login *l)
{
	pamauth_free(l->pam);
	l->pam = NULL;
}

int
login_maildir(const struct login *l, char path[PATH_MAX])
{
	if (l->conf->maildir_is_path)
		return span_copy(path, PATH_MAX, span_of(l->conf->maildir));
	return user_maildir(path, l->conf->maildir, &l->user);
}

void
login_expect(struct login *l)
{
	const struct peer *peer = l->peer;
	const char *rhost = peer->known ? peer->ip : peer->local ? NULL :
	    UNKNOWN_HOST;

	if (l->pam != NULL || l->conf->no_auth || l->conf->no_pam)
		return;
	l->touched = true;
	l->pam = pamauth_new(l->conf->pam_service, rhost,
	    rhost != NULL ? rhost : "pop3");
}

/* Refuse, and remember why for the log. */
static enum verdict __attribute__((format(printf, 3, 4)))
refuse(struct login *l, enum verdict verdict, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(l->reason, sizeof l->reason, format, ap);
	va_end(ap);
	return verdict;
}

static enum verdict
refuse_by_pam(struct login *l, enum verdict verdict)
{
	return refuse(l, verdict, "PAM service %s, %s: %s",
	    l->conf->pam_service, pamauth_step(l->pam), pamauth_error(l->pam));
}

/*
 * The password was right, but not every account is a user of ours.  The client
 * hears what it hears after a wrong password.
 */
static enum verdict
check_uid(struct login *l)
{
	uintmax_t uid = l->user.uid;

	if (!l->root)
		return l->user.uid == geteuid() ? VERDICT_WELCOME :
		    refuse(l, VERDICT_WRONG, "uid %ju is not the uid %ju that "
		    "solopop runs as", uid, (uintmax_t)geteuid());
	if (uid == 0)
		return refuse(l, VERDICT_WRONG, "uid 0 never logs in");
	if (uid < l->conf->min_uid)
		return refuse(l, VERDICT_WRONG, "uid %ju is below min-uid %ju",
		    uid, (uintmax_t)l->conf->min_uid);
	return VERDICT_WELCOME;
}

/* As pam_setcred(3) wants it: groups first, then credentials and session. */
static enum verdict
open_pam_session(struct login *l)
{
	if (!l->root)
		return VERDICT_WELCOME;
	if (initgroups(l->user.account, l->user.gid) == -1)
		return refuse(l, VERDICT_NOT_NOW, "groups of %s: %s",
		    l->user.account, strerror(errno));
	return l->pam == NULL || pamauth_open(l->pam) == 0 ? VERDICT_WELCOME :
	    refuse_by_pam(l, VERDICT_NOT_NOW);
}

/* The password was right; the site's own rules may still say no. */
static enum verdict
check_access(struct login *l)
{
	const char *why;
	bool trouble;

	if ((why = access_refusal(&l->conf->access, &l->user, &trouble)) == NULL)
		return VERDICT_WELCOME;
	if (trouble)
		return refuse(l, VERDICT_TROUBLE, "%s: %s", why,
		    strerror(errno));
	if (strcmp(why, ACCESS_SHELLS) == 0)
		return refuse(l, VERDICT_WRONG, "shell %s is not in "
		    ACCESS_SHELLS, l->user.shell);
	return refuse(l, VERDICT_WRONG, "%s keeps the user out", why);
}

/*
 * A name as the client gives it, without its folder, and in the form that a
 * virtual user's has.  -1 if no user can have this name.
 */
static int
understand(struct login *l, const char *said, char name[ASK_USER_MAX + 1])
{
	const struct server_conf *conf = l->conf;

	(void)span_copy(name, ASK_USER_MAX + 1, span_of(said));
	l->folder[0] = l->reason[0] = '\0';
	l->no_secret = false;
	if (conf->folder_delimiter != NULL && user_split_folder(name,
	    l->folder, conf->folder_delimiter[0]) == -1)
		return -1;
	return conf->virtual_user == NULL ? 0 :
	    user_virtual_name(name, conf->virtual_domain);
}

/* The account, by itself or as that of all virtual users. */
static enum verdict
find_user(struct login *l, const char *name)
{
	const char *account = l->conf->virtual_user;

	if ((account == NULL ? user_find(&l->user, name) :
	    user_find_virtual(&l->user, account, name)) == 0)
		return VERDICT_WELCOME;
	if (account != NULL)
		return errno == EINVAL ? VERDICT_WRONG : refuse(l,
		    VERDICT_TROUBLE, "virtual-user %s: no such account",
		    account);
	if (errno == ENOENT)
		return l->pam == NULL ? VERDICT_WRONG : refuse(l,
		    VERDICT_NOT_NOW, "PAM knows the name, but there is no such "
		    "account (is its name service away?)");
	return refuse(l, VERDICT_NOT_NOW, "the account's entry: %s",
	    strerror(errno));
}

/* A user is someone for whom the pattern has a place. */
static enum verdict
check_place(struct login *l)
{
	char path[PATH_MAX];

	if (l->user.home[0] == '\0' && l->conf->intake.home_mail != NULL)
		return refuse(l, VERDICT_WRONG, "no home directory, and "
		    "home-dir-mail needs one");
	if (login_maildir(l, path) == 0)
		return VERDICT_WELCOME;
	if (errno == ENOENT)
		return refuse(l, VERDICT_WRONG, "no home directory, and "
		    "maildir needs one");
	if (l->conf->virtual_user != NULL && errno == EINVAL)
		return VERDICT_WRONG;
	return refuse(l, VERDICT_WRONG, "maildir has no place for the name: "
	    "%s", strerror(errno));
}

/* Is this an account that may log in? */
static enum verdict
check_user(struct login *l, const char *name)
{
	enum verdict verdict;

	if ((verdict = find_user(l, name)) != VERDICT_WELCOME ||
	    (verdict = check_uid(l)) != VERDICT_WELCOME ||
	    (verdict = check_place(l)) != VERDICT_WELCOME)
		return verdict;
	return check_access(l);
}

static enum verdict
admit(struct login *l, const char *name)
{
	enum verdict verdict = check_user(l, name);

	return verdict == VERDICT_WELCOME ? open_pam_session(l) : verdict;
}

static enum verdict
no_pam(struct login *l)
{
	return refuse(l, VERDICT_TROUBLE, "PAM service %s: %s",
	    l->conf->pam_service, strerror(ENOMEM));
}

/* By hand, whoever it says it is: the one whose process this is. */
static enum verdict
admit_anybody(struct login *l, const char *name)
{
	enum verdict verdict;

	if (l->conf->virtual_user != NULL)
		return (verdict = find_user(l, name)) != VERDICT_WELCOME ?
		    verdict : check_place(l);
	if (user_self(&l->user) == -1)
		l->user = (struct user){ .home = "/", .uid = geteuid() };
	return span_copy(l->user.name, sizeof l->user.name, span_of(name)) == 0
	    ? VERDICT_WELCOME : VERDICT_WRONG;
}

static enum verdict
no_secrets(struct login *l)
{
	return refuse(l, VERDICT_TROUBLE, "secrets file %s: %s",
	    l->conf->secrets, strerror(errno));
}

/*
 * qpopper's rule: who has a secret may not use clear text.  Only a right
 * password comes so far, so that nobody else learns who has one.  A file that
 * is not root's alone has nobody's secrets; one that cannot be read today may
 * have this one's.
 */
static enum verdict
forbid_clear_text(struct login *l, const char *name)
{
	struct secrets_entry e;
	bool found;

	if (l->tls || l->conf->secrets == NULL ||
	    l->conf->pop3.clear == CLEAR_ALWAYS)
		return VERDICT_WELCOME;
	if (secrets_find(l->conf->secrets, span_of(name), &e) == -1)
		return errno == ENOENT || errno == EPERM ? VERDICT_WELCOME :
		    no_secrets(l);
	found = e.found;
	secrets_wipe(&e);
	return found ? refuse(l, VERDICT_STRONGER, "clear text from a user "
	    "who has a secret") : VERDICT_WELCOME;
}

/*
 * PAM has spoken; the name may have become another one on the way.  After a
 * right password the account is looked at before any answer that a wrong one
 * does not have: of an account that may not log in, no answer tells that the
 * password was right.  secret_of: the name, if the password came in clear text.
 */
static enum verdict
admit_by_pam(struct login *l, enum verdict verdict, const char *secret_of)
{
	enum verdict first;
	const char *name;

	if (!pamauth_was_right(l->pam))
		return pamauth_was_guess(l->pam) ? verdict :
		    refuse_by_pam(l, verdict);
	if ((name = pamauth_user(l->pam)) == NULL)
		return no_pam(l);
	if ((first = check_user(l, name)) != VERDICT_WELCOME ||
	    (secret_of != NULL && verdict != VERDICT_WRONG &&
	    (first = forbid_clear_text(l, secret_of)) != VERDICT_WELCOME))
		return first;
	return verdict == VERDICT_WELCOME ? open_pam_session(l) :
	    refuse_by_pam(l, verdict);
}

/* Where there is no PAM the secrets are all there is. */
static enum verdict
judge_secret(struct login *l, const char *name,
    const struct secret *password)
{
	bool match;

	if (secrets_verify(l->conf->secrets, span_of(name), password,
	    &match) == -1)
		return no_secrets(l);
	return match ? admit(l, name) : VERDICT_WRONG;
}

enum verdict
login_by_password(struct login *l, const char *said,
    const struct secret *password)
{
	char name[ASK_USER_MAX + 1];

	if (understand(l, said, name) == -1)
		return VERDICT_WRONG;
	if (l->conf->no_auth)
		return admit_anybody(l, name);
	if (l->conf->no_pam)
		return judge_secret(l, name, password);
	login_expect(l);
	if (l->pam == NULL)
		return no_pam(l);
	return admit_by_pam(l, pamauth_verify(l->pam, name, password), name);
}

static bool
is_user(const struct login *l, const char *name)
{
	struct user user;

	return l->conf->virtual_user != NULL || user_find(&user, name) == 0;
}

/*
 * A user who has a password and no secret cannot prove one.  A file that cannot
 * be read now is taken for one that has the secret.
 */
static enum verdict
refuse_proof(struct login *l, const char *name)
{
	struct secrets_entry e;

	if (secrets_find(l->conf->secrets, span_of(name), &e) == 0) {
		l->no_secret = !e.found && is_user(l, name);
		secrets_wipe(&e);
	}
	return VERDICT_WRONG;
}

/* After APOP, CRAM-MD5 and SCRAM, PAM still checks the account. */
static enum verdict
admit_proven(struct login *l, const char *name)
{
	if (!l->root || l->conf->no_pam)
		return admit(l, name);
	if (l->conf->virtual_user == NULL && account_is_locked(name))
		return refuse(l, VERDICT_WRONG, "the account's password is "
		    "locked");
	login_expect(l);
	if (l->pam == NULL)
		return no_pam(l);
	return admit_by_pam(l, pamauth_account(l->pam, name), NULL);
}

enum verdict
login_by_apop(struct login *l, const char *said, struct span digest)
{
	char name[ASK_USER_MAX + 1];
	bool match;

	if (understand(l, said, name) == -1)
		return VERDICT_WRONG;
	if (l->stamp[0] == '\0')
		return refuse(l, VERDICT_TROUBLE, "APOP without a stamp");
	if (apop_verify(l->conf->secrets, span_of(name), l->stamp, digest,
	    &match) == -1)
		return no_secrets(l);
	return match ? admit_proven(l, name) : refuse_proof(l, name);
}

enum verdict
login_by_cram(struct login *l, const char *said, struct span digest)
{
	char name[ASK_USER_MAX + 1], challenge[CRAM_CHALLENGE_MAX];
	bool match;

	if (understand(l, said, name) == -1)
		return VERDICT_WRONG;
	if (cram_challenge(challenge, l->nonce, l->conf->pop3.host) == -1 ||
	    cram_verify(l->conf->secrets, span_of(name), challenge, digest,
	    &match) == -1)
		return no_secrets(l);
	return match ? admit_proven(l, name) : refuse_proof(l, name);
}

/*
 * Run the same PBKDF2 for invalid names, so that timing does not reveal which users
 * exist.
 */
enum verdict
login_by_scram(struct login *l, const char *said, struct scram_claim *claim,
    unsigned char signature[SCRAM_PROOF])
{
	char name[ASK_USER_MAX + 1];
	bool match, known = understand(l, said, name) == 0;

	claim->user = span_of(name);
	if (scram_verify(l->conf->secrets, claim, l->nonce, l->salt_key,
	    &match, signature) == -1)
		return no_secrets(l);
	return match && known ? admit_proven(l, name) : refuse_proof(l, name);
}

static int
make_nonce(struct login *l)
{
	unsigned char random[ASK_NONCE];

	l->nonce[0] = '\0';
	if (!l->salted &&
	    getentropy(l->salt_key, sizeof l->salt_key) == -1)
		return -1;
	l->salted = true;
	if (getentropy(random, sizeof random) == -1)
		return -1;
	base64_encode(l->nonce, random, sizeof random);
	return 0;
}

/* Return a salt for unknown users, too: RFC 5802 gives it before the proof. */
static int
find_salt(struct login *l, const char *said, struct scram_salt *salt)
{
	char name[ASK_USER_MAX + 1];

	(void)understand(l, said, name);
	return scram_find_salt(l->conf->secrets, span_of(name), l->salt_key,
	    salt);
}

int
login_challenge(struct login *l, const char *said, struct scram_salt *salt)
{
	if (make_nonce(l) == 0 && (said[0] == '\0' ||
	    find_salt(l, said, salt) == 0))
		return 0;
	l->nonce[0] = '\0';
	return -1;
}
