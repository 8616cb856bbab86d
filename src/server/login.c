#include "server/login.h"

#include "auth/apop.h"
#include "auth/cram.h"
#include "base/clock.h"
#include "compat/compat.h"
#include "confine/privilege.h"
#include "users/access.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define STAMP_RANDOM 12		/* bytes */

/*
 * PAM_RHOST of a remote client without an address.  pam_access takes a name
 * without a dot for this machine; RFC 6761 keeps this one from being resolved.
 */
#define UNKNOWN_HOST "unknown.invalid"

/* Some clients try the best that is announced, nothing else: it must work. */
static struct secrets_kinds
find_secrets(const struct server_conf *conf)
{
	struct secrets_kinds kinds = { false, false };

	if (conf->secrets == NULL || conf->no_auth)
		return kinds;
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

int
login_init(struct login *l, const struct server_conf *conf,
    const struct peer *peer)
{
	*l = (struct login){ .conf = conf, .peer = peer,
	    .root = privilege_is_root(), .secrets = find_secrets(conf) };
	return l->secrets.password ? make_stamp(l) : 0;
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

	if (l->pam == NULL && !l->conf->no_auth && !l->conf->no_pam)
		l->pam = pamauth_new(l->conf->pam_service, rhost,
		    rhost != NULL ? rhost : "pop3");
}

/* Who passed the test is still no user of ours below the lowest uid. */
static bool
is_welcome(const struct login *l, const struct user *user)
{
	if (!l->root)
		return user->uid == geteuid();
	return user->uid != 0 && user->uid >= l->conf->min_uid;
}

/* As pam_setcred(3) wants it: groups first, then credentials and session. */
static int
open_pam_session(struct login *l)
{
	if (!l->root)
		return 0;
	if (initgroups(l->user.account, l->user.gid) == -1) {
		log_line(LOG_FAULT, "groups of %s: %s", l->user.account,
		    strerror(errno));
		return -1;
	}
	if (l->pam == NULL)
		return 0;
	if (pamauth_open(l->pam) == -1) {
		log_line(LOG_FAULT, "PAM session of %s: %s", l->user.name,
		    pamauth_error(l->pam));
		return -1;
	}
	return 0;
}

/* The password was right; the site's own rules may still say no. */
static enum verdict
check_access(const struct login *l)
{
	char quoted[LOG_QUOTED_MAX(ASK_USER_MAX)];
	const char *why;
	bool trouble;

	why = access_refusal(l->conf, &l->user, &trouble);
	if (why == NULL)
		return VERDICT_WELCOME;
	log_line(trouble ? LOG_FAULT : LOG_NOTE, "%s may not log in: %s%s%s",
	    log_quote(quoted, sizeof quoted, span_of(l->user.name)), why,
	    trouble ? ": " : "", trouble ? strerror(errno) : "");
	return trouble ? VERDICT_TROUBLE : VERDICT_CLOSED;
}

/*
 * A name as the client gives it, without its folder, and in the form that a
 * virtual user's has.  -1 for what is nobody's.
 */
static int
understand(struct login *l, const char *said, char name[ASK_USER_MAX + 1])
{
	const struct server_conf *conf = l->conf;

	(void)span_copy(name, ASK_USER_MAX + 1, span_of(said));
	l->folder[0] = '\0';
	if (conf->folder_delimiter != NULL && user_split_folder(name,
	    l->folder, conf->folder_delimiter[0]) == -1)
		return -1;
	return conf->virtual_user == NULL ? 0 :
	    user_virtual_name(name, conf->virtual_domain);
}

/* A virtual user is one for whom the pattern has a place. */
static int
find_user(struct login *l, const char *name)
{
	const char *account = l->conf->virtual_user;
	char path[PATH_MAX];

	if (account == NULL)
		return user_find(&l->user, name);
	if (user_find_virtual(&l->user, account, name) == -1)
		return -1;
	return login_maildir(l, path);
}

static enum verdict
admit(struct login *l, const char *name)
{
	enum verdict verdict;

	if (find_user(l, name) == -1 || !is_welcome(l, &l->user))
		return VERDICT_WRONG;
	if ((verdict = check_access(l)) != VERDICT_WELCOME)
		return verdict;
	return open_pam_session(l) == 0 ? VERDICT_WELCOME : VERDICT_TROUBLE;
}

/* PAM has spoken; the name may have become another one on the way. */
static enum verdict
admit_by_pam(struct login *l, enum verdict verdict)
{
	const char *name;

	if (verdict == VERDICT_TROUBLE || verdict == VERDICT_CLOSED ||
	    verdict == VERDICT_EXPIRED)
		log_line(LOG_NOTE, "PAM service %s: %s", l->conf->pam_service,
		    pamauth_error(l->pam));
	if (verdict != VERDICT_WELCOME)
		return verdict;
	if ((name = pamauth_user(l->pam)) == NULL)
		return VERDICT_TROUBLE;
	return admit(l, name);
}

/* By hand, whoever it says it is: the one whose process this is. */
static enum verdict
admit_anybody(struct login *l, const char *name)
{
	if (l->conf->virtual_user != NULL)
		return find_user(l, name) == 0 ? VERDICT_WELCOME :
		    VERDICT_WRONG;
	if (user_self(&l->user) == -1)
		l->user = (struct user){ .home = "/", .uid = geteuid() };
	return span_copy(l->user.name, sizeof l->user.name, span_of(name)) == 0
	    ? VERDICT_WELCOME : VERDICT_WRONG;
}

static enum verdict
no_secrets(const struct login *l)
{
	log_line(LOG_FAULT, "secrets file %s: %s", l->conf->secrets,
	    strerror(errno));
	return VERDICT_TROUBLE;
}

/*
 * qpopper's rule: who has a secret may not use clear text.  Only a right
 * password comes so far, so that nobody else learns who has one.  A file that
 * is not root's alone has nobody's secrets; one that cannot be read today may
 * have this one's.
 */
static enum verdict
forbid_clear_text(const struct login *l, const char *name)
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
	return found ? VERDICT_STRONGER : VERDICT_WELCOME;
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
	enum verdict verdict, rule;

	if (understand(l, said, name) == -1)
		return VERDICT_WRONG;
	if (l->conf->no_auth)
		return admit_anybody(l, name);
	if (l->conf->no_pam)
		return judge_secret(l, name, password);
	login_expect(l);
	if (l->pam == NULL)
		return VERDICT_TROUBLE;
	verdict = pamauth_verify(l->pam, name, password);
	if (verdict == VERDICT_WELCOME &&
	    (rule = forbid_clear_text(l, name)) != VERDICT_WELCOME)
		return rule;
	return admit_by_pam(l, verdict);
}

/* Who knows a secret of ours is still PAM's to admit. */
static enum verdict
admit_proven(struct login *l, const char *name)
{
	if (!l->root || l->conf->no_pam)
		return admit(l, name);
	login_expect(l);
	if (l->pam == NULL)
		return VERDICT_TROUBLE;
	return admit_by_pam(l, pamauth_account(l->pam, name));
}

enum verdict
login_by_apop(struct login *l, const char *said, struct span digest)
{
	char name[ASK_USER_MAX + 1];
	bool match;

	if (understand(l, said, name) == -1)
		return VERDICT_WRONG;
	if (l->stamp[0] == '\0')
		return VERDICT_TROUBLE;
	if (apop_verify(l->conf->secrets, span_of(name), l->stamp, digest,
	    &match) == -1)
		return no_secrets(l);
	return match ? admit_proven(l, name) : VERDICT_WRONG;
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
	return match ? admit_proven(l, name) : VERDICT_WRONG;
}

/* What is nobody's name costs as much as another, since it costs so much. */
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
	return match && known ? admit_proven(l, name) : VERDICT_WRONG;
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

/* What is nobody's name has a salt, too. */
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
