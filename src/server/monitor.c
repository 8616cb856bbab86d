#include "server/monitor.h"

#include "auth/apop.h"
#include "auth/cram.h"
#include "base/cidr.h"
#include "base/clock.h"
#include "base/fd.h"
#include "compat/compat.h"
#include "users/access.h"
#include "confine/privilege.h"

#include <assert.h>
#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define STAMP_RANDOM 12		/* bytes */
#define TLS_GRACE 10000		/* ms */

/* A front logs its refusals and little more; one that floods is not ours. */
#define FRONT_LINES(conf) \
	(16 + 2 * ((conf)->max_failures + (conf)->pop3.max_bad))

/* As many as fail, or are given up, before TLS and again in it. */
#define CHALLENGES(conf) \
	(2 * ((conf)->max_failures + (conf)->pop3.max_bad))

static int answer_expect(struct monitor *, struct monmsg *);
static int answer_verify(struct monitor *, struct monmsg *);
static int answer_apop(struct monitor *, struct monmsg *);
static int answer_challenge(struct monitor *, struct monmsg *);
static int answer_cram(struct monitor *, struct monmsg *);
static int answer_scram(struct monitor *, struct monmsg *);
static int answer_offer(struct monitor *, struct monmsg *);
static void leave_front(struct monitor *);
static int answer_hand_over(struct monitor *, struct monmsg *);
static int answer_log(struct monitor *, struct monmsg *);
static int answer_stls(struct monitor *, struct monmsg *);
static int answer_report(struct monitor *, struct monmsg *);
static int answer_peer(struct monitor *, struct monmsg *);

/* A number takes 8 bytes in a message, and so does the length of a string. */
static const struct rule {
	enum ask_kind kind;
	int when;			/* enum monitor_phase */
	size_t longest;			/* body */
	int (*answer)(struct monitor *, struct monmsg *);
} rules[] = {
	{ ASK_EXPECT, FRONT_ASKS, 0, answer_expect },
	{ ASK_VERIFY, FRONT_ASKS, 16 + ASK_USER_MAX + SECRET_MAX,
	    answer_verify },
	{ ASK_APOP, FRONT_ASKS, 16 + ASK_USER_MAX + POP3_LINE_MAX,
	    answer_apop },
	{ ASK_CHALLENGE, FRONT_ASKS, 8 + ASK_USER_MAX, answer_challenge },
	{ ASK_CRAM, FRONT_ASKS, 16 + ASK_USER_MAX + DIGEST_MD5_HEX,
	    answer_cram },
	{ ASK_SCRAM, FRONT_ASKS, 40 + ASK_USER_MAX + SCRAM_FIRST_MAX +
	    SCRAM_NONCE_MAX + SCRAM_LAST_MAX + SCRAM_PROOF, answer_scram },
	{ ASK_HAND_OVER, FRONT_ASKS, 16 + LINE_BUFFER, answer_offer },
	{ ASK_HAND_OVER, HANDING_OVER, 16 + LINE_BUFFER, answer_hand_over },
	{ ASK_LOG, PROXY_TELLS | FRONT_ASKS | HANDING_OVER | USER_RUNS |
	    ALL_DONE | TURNED_AWAY, 16 + LOG_LINE_MAX, answer_log },
	{ ASK_STLS, FRONT_ASKS, 0, answer_stls },
	{ ASK_REPORT, USER_RUNS, 32, answer_report },
	{ ASK_PEER, PROXY_TELLS | FRONT_ASKS, 8 + INET6_ADDRSTRLEN, answer_peer },
};

static int
make_stamp(struct monitor *m)
{
	char random[2 * STAMP_RANDOM + 1];
	int n;

	if (secret_random_hex(random, STAMP_RANDOM) == -1)
		return -1;
	n = snprintf(m->stamp, sizeof m->stamp, "<%ld.%jd.%s@%s>",
	    (long)m->pid, (intmax_t)clock_date(), random, m->conf->pop3.host);
	if (n < 0 || (size_t)n >= sizeof m->stamp) {
		m->stamp[0] = '\0';
		errno = EMSGSIZE;
		return -1;
	}
	return 0;
}

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

/* With nothing before it, or with a proxy's header out of the way. */
static enum monitor_phase
first_phase(const struct monitor *m)
{
	return m->conf->tls.first && !m->tls_active ? BEFORE_TLS : FRONT_ASKS;
}

int
monitor_init(struct monitor *m, const struct server_conf *conf,
    struct client *client)
{
	memset(m, 0, sizeof *m);
	m->conf = conf;
	m->client = client;
	m->pid = getpid();
	m->root = privilege_is_root();
	m->phase = cidr_has(conf->proxy_from, client->peer.ip) ? PROXY_TELLS :
	    first_phase(m);
	m->login_deadline = clock_ms() + conf->pop3.login_time;
	m->language = conf->pop3.language;
	m->tls_offered = tls_is_offered(&conf->tls, client);
	tls_init(&m->tls);
	m->secrets = find_secrets(conf);
	return m->secrets.password ? make_stamp(m) : 0;
}

int
monitor_begin_tls(struct monitor *m)
{
	if (tls_begin(&m->tls, m->conf, m->client, m->login_deadline) == -1) {
		log_line(LOG_FAULT, "cannot start TLS: %s", strerror(errno));
		return -1;
	}
	m->tls_active = true;
	m->tls_offered = false;
	m->phase = FRONT_ASKS;
	return 0;
}

void
monitor_leave_client(struct monitor *m)
{
	fd_close(&m->client->in);
	fd_close(&m->client->out);
}

/* A client that takes nothing has the session's patience, no longer. */
void
monitor_end_tls(struct monitor *m, bool now)
{
	monitor_leave_client(m);
	tls_end(&m->tls, clock_ms() +
	    (now ? 0 : m->conf->pop3.idle_time + TLS_GRACE));
}

int
monitor_maildir(const struct monitor *m, char path[PATH_MAX])
{
	if (m->conf->maildir_is_path)
		return span_copy(path, PATH_MAX, span_of(m->conf->maildir));
	return user_maildir(path, m->conf->maildir, &m->user);
}

void
monitor_free(struct monitor *m)
{
	pamauth_free(m->pam);
	m->pam = NULL;
	monmsg_wipe(&m->unread);
}

static void
start_pam(struct monitor *m)
{
	const struct peer *peer = &m->client->peer;
	const char *rhost = peer->known ? peer->ip : NULL;

	if (m->pam == NULL && !m->conf->no_auth && !m->conf->no_pam)
		m->pam = pamauth_new(m->conf->pam_service, rhost,
		    rhost != NULL ? rhost : "pop3");
}

/* Who passed the test is still no user of ours below the lowest uid. */
static bool
is_welcome(const struct monitor *m, const struct user *user)
{
	if (!m->root)
		return user->uid == geteuid();
	return user->uid != 0 && user->uid >= m->conf->min_uid;
}

/* As pam_setcred(3) wants it: groups first, then credentials and session. */
static int
open_pam_session(struct monitor *m)
{
	if (!m->root)
		return 0;
	if (initgroups(m->user.account, m->user.gid) == -1) {
		log_line(LOG_FAULT, "groups of %s: %s", m->user.account,
		    strerror(errno));
		return -1;
	}
	if (m->pam == NULL)
		return 0;
	if (pamauth_open(m->pam) == -1) {
		log_line(LOG_FAULT, "PAM session of %s: %s", m->user.name,
		    pamauth_error(m->pam));
		return -1;
	}
	return 0;
}

/* The password was right; the site's own rules may still say no. */
static enum verdict
check_access(const struct monitor *m)
{
	char quoted[LOG_QUOTED_MAX(ASK_USER_MAX)];
	const char *why;
	bool trouble;

	why = access_refusal(m->conf, &m->user, &trouble);
	if (why == NULL)
		return VERDICT_WELCOME;
	log_line(trouble ? LOG_FAULT : LOG_NOTE, "%s may not log in: %s%s%s",
	    log_quote(quoted, sizeof quoted, span_of(m->user.name)), why,
	    trouble ? ": " : "", trouble ? strerror(errno) : "");
	return trouble ? VERDICT_TROUBLE : VERDICT_CLOSED;
}

/*
 * A name as the client gives it, without its folder, and in the form that a
 * virtual user's has.  -1 for what is nobody's.
 */
static int
understand(struct monitor *m, const char *said, char name[ASK_USER_MAX + 1])
{
	const struct server_conf *conf = m->conf;

	(void)span_copy(name, ASK_USER_MAX + 1, span_of(said));
	m->folder[0] = '\0';
	if (conf->folder_delimiter != NULL && user_split_folder(name,
	    m->folder, conf->folder_delimiter[0]) == -1)
		return -1;
	return conf->virtual_user == NULL ? 0 :
	    user_virtual_name(name, conf->virtual_domain);
}

/* A virtual user is one for whom the pattern has a place. */
static int
find_user(struct monitor *m, const char *name)
{
	const char *account = m->conf->virtual_user;
	char path[PATH_MAX];

	if (account == NULL)
		return user_find(&m->user, name);
	if (user_find_virtual(&m->user, account, name) == -1)
		return -1;
	return monitor_maildir(m, path);
}

static enum verdict
admit(struct monitor *m, const char *name)
{
	enum verdict verdict;

	if (find_user(m, name) == -1 || !is_welcome(m, &m->user))
		return VERDICT_WRONG;
	if ((verdict = check_access(m)) != VERDICT_WELCOME)
		return verdict;
	return open_pam_session(m) == 0 ? VERDICT_WELCOME : VERDICT_TROUBLE;
}

/* PAM has spoken; the name may have become another one on the way. */
static enum verdict
admit_by_pam(struct monitor *m, enum verdict verdict)
{
	const char *name;

	if (verdict == VERDICT_TROUBLE || verdict == VERDICT_CLOSED ||
	    verdict == VERDICT_EXPIRED)
		log_line(LOG_NOTE, "PAM service %s: %s", m->conf->pam_service,
		    pamauth_error(m->pam));
	if (verdict != VERDICT_WELCOME)
		return verdict;
	if ((name = pamauth_user(m->pam)) == NULL)
		return VERDICT_TROUBLE;
	return admit(m, name);
}

/* By hand, whoever it says it is: the one whose process this is. */
static enum verdict
admit_anybody(struct monitor *m, const char *name)
{
	if (m->conf->virtual_user != NULL)
		return find_user(m, name) == 0 ? VERDICT_WELCOME :
		    VERDICT_WRONG;
	if (user_self(&m->user) == -1)
		m->user = (struct user){ .home = "/", .uid = geteuid() };
	return span_copy(m->user.name, sizeof m->user.name, span_of(name)) == 0
	    ? VERDICT_WELCOME : VERDICT_WRONG;
}

static enum verdict
no_secrets(const struct monitor *m)
{
	log_line(LOG_FAULT, "secrets file %s: %s", m->conf->secrets,
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
forbid_clear_text(const struct monitor *m, const char *name)
{
	struct secrets_entry e;
	bool found;

	if (m->tls_active || m->conf->secrets == NULL ||
	    m->conf->pop3.clear == CLEAR_ALWAYS)
		return VERDICT_WELCOME;
	if (secrets_find(m->conf->secrets, span_of(name), &e) == -1)
		return errno == ENOENT || errno == EPERM ? VERDICT_WELCOME :
		    no_secrets(m);
	found = e.found;
	secrets_wipe(&e);
	return found ? VERDICT_STRONGER : VERDICT_WELCOME;
}

/* Where there is no PAM the secrets are all there is. */
static enum verdict
judge_secret(struct monitor *m, const char *name,
    const struct secret *password)
{
	bool match;

	if (secrets_verify(m->conf->secrets, span_of(name), password,
	    &match) == -1)
		return no_secrets(m);
	return match ? admit(m, name) : VERDICT_WRONG;
}

static enum verdict
judge_password(struct monitor *m, const char *said,
    const struct secret *password)
{
	char name[ASK_USER_MAX + 1];
	enum verdict verdict, rule;

	if (understand(m, said, name) == -1)
		return VERDICT_WRONG;
	if (m->conf->no_auth)
		return admit_anybody(m, name);
	if (m->conf->no_pam)
		return judge_secret(m, name, password);
	start_pam(m);
	if (m->pam == NULL)
		return VERDICT_TROUBLE;
	verdict = pamauth_verify(m->pam, name, password);
	if (verdict == VERDICT_WELCOME &&
	    (rule = forbid_clear_text(m, name)) != VERDICT_WELCOME)
		return rule;
	return admit_by_pam(m, verdict);
}

/* Who knows a secret of ours is still PAM's to admit. */
static enum verdict
admit_proven(struct monitor *m, const char *name)
{
	if (!m->root || m->conf->no_pam)
		return admit(m, name);
	start_pam(m);
	if (m->pam == NULL)
		return VERDICT_TROUBLE;
	return admit_by_pam(m, pamauth_account(m->pam, name));
}

static enum verdict
judge_apop(struct monitor *m, const char *said, struct span digest)
{
	char name[ASK_USER_MAX + 1];
	bool match;

	if (understand(m, said, name) == -1)
		return VERDICT_WRONG;
	if (m->stamp[0] == '\0')
		return VERDICT_TROUBLE;
	if (apop_verify(m->conf->secrets, span_of(name), m->stamp, digest,
	    &match) == -1)
		return no_secrets(m);
	return match ? admit_proven(m, name) : VERDICT_WRONG;
}

static enum verdict
judge_cram(struct monitor *m, const char *said, struct span digest)
{
	char name[ASK_USER_MAX + 1], challenge[CRAM_CHALLENGE_MAX];
	bool match;

	if (understand(m, said, name) == -1)
		return VERDICT_WRONG;
	if (cram_challenge(challenge, m->nonce, m->conf->pop3.host) == -1 ||
	    cram_verify(m->conf->secrets, span_of(name), challenge, digest,
	    &match) == -1)
		return no_secrets(m);
	return match ? admit_proven(m, name) : VERDICT_WRONG;
}

/* What is nobody's name costs as much as another, since it costs so much. */
static enum verdict
judge_scram(struct monitor *m, const char *said, struct scram_claim *claim,
    unsigned char signature[SCRAM_PROOF])
{
	char name[ASK_USER_MAX + 1];
	bool match, known = understand(m, said, name) == 0;

	claim->user = span_of(name);
	if (scram_verify(m->conf->secrets, claim, m->nonce, m->salt_key,
	    &match, signature) == -1)
		return no_secrets(m);
	return match && known ? admit_proven(m, name) : VERDICT_WRONG;
}

#define FAILED_LOGIN "[AUTH] Failed attempted login to %s from host (%s) %s"

/* A longer name would push the address, which is what counts, off the line. */
static_assert(sizeof FAILED_LOGIN + 4 * ASK_USER_MAX + 2 * INET6_ADDRSTRLEN <=
    LOG_LINE_MAX, "the line of a failed login is whole");

/*
 * Every failure is answered so long after the question, whatever it was and
 * however long it took to find out.
 */
static void
refuse(struct monitor *m, const char *name, int64_t asked)
{
	char quoted[LOG_QUOTED_MAX(ASK_USER_MAX)];
	const char *ip = m->client->peer.ip;

	if (++m->failures >= m->conf->max_failures)
		m->phase = TURNED_AWAY;
	log_line(LOG_NOTE, FAILED_LOGIN, log_quote(quoted, sizeof quoted,
	    span_of(name)), ip, ip);
	clock_sleep_until(asked + m->conf->failure_delay);
}

/* The site's own line, with %0-%3 for what it wants to know. */
static void
log_login(const struct monitor *m, const char *name)
{
	char quoted[LOG_QUOTED_MAX(ASK_USER_MAX)], line[LOG_LINE_MAX] = "";
	const char *ip = m->client->peer.ip;
	const char *const values[] = { PACKAGE_VERSION, quoted, ip, ip };
	const char *p = m->conf->log_login;
	size_t len = 0, run;

	(void)log_quote(quoted, sizeof quoted, span_of(name));
	while (*p != '\0' && len < sizeof line) {
		run = strcspn(p, "%");
		len += (size_t)snprintf(line + len, sizeof line - len, "%.*s",
		    (int)run, p);
		p += run;
		if (p[0] != '%' || len >= sizeof line)
			continue;
		if (p[1] >= '0' && p[1] <= '3') {
			len += (size_t)snprintf(line + len, sizeof line - len,
			    "%s", values[p[1] - '0']);
			p += 2;
		} else
			line[len++] = *p++;
	}
	line[len < sizeof line ? len : sizeof line - 1] = '\0';
	log_line(LOG_NOTE, "%s", line);
}

static void
welcome(struct monitor *m, const char *name)
{
	m->phase = HANDING_OVER;
	(void)span_copy(m->whole, sizeof m->whole,
	    span_of(m->folder[0] != '\0' ? name : m->user.name));
	if (m->conf->log_login != NULL)
		log_login(m, name);
}

static int
conclude(struct monitor *m, struct monmsg *message, const char *name,
    enum verdict verdict, int64_t asked)
{
	uint64_t last = 0;

	if (verdict == VERDICT_WELCOME)
		welcome(m, name);
	else
		refuse(m, name, asked);
	if (m->phase == TURNED_AWAY)
		last = VERDICT_LAST;
	monmsg_wipe(message);
	monmsg_start(message, ASK_ANSWER);
	monmsg_put_number(message, (uint64_t)verdict | last);
	return 0;
}

/* Loading PAM's modules is the slow part of a login. */
static int
answer_expect(struct monitor *m, struct monmsg *message)
{
	start_pam(m);
	message->len = 0;
	return 0;
}

static int
answer_verify(struct monitor *m, struct monmsg *message)
{
	int64_t asked = clock_ms();
	bool offered = m->offered;
	char name[ASK_USER_MAX + 1];
	struct secret password;
	enum verdict verdict;
	struct span s;

	m->offered = false;
	s = monmsg_get_bytes(message);
	if (s.len == 0 || span_copy(name, sizeof name, s) == -1 ||
	    secret_set(&password, monmsg_get_bytes(message)) == -1)
		return -1;
	if (monmsg_end(message) == -1) {
		secret_wipe(&password);
		return -1;
	}
	verdict = judge_password(m, name, &password);
	secret_wipe(&password);
	(void)conclude(m, message, name, verdict, asked);
	if (m->phase == HANDING_OVER && offered) {
		leave_front(m);
		message->len = 0;
	}
	return 0;
}

static int
answer_digest(struct monitor *m, struct monmsg *message,
    enum verdict (*judge)(struct monitor *, const char *, struct span))
{
	int64_t asked = clock_ms();
	char name[ASK_USER_MAX + 1];
	struct span s, digest;

	s = monmsg_get_bytes(message);
	digest = monmsg_get_bytes(message);
	if (monmsg_end(message) == -1 || s.len == 0 ||
	    span_copy(name, sizeof name, s) == -1)
		return -1;
	return conclude(m, message, name, judge(m, name, digest), asked);
}

static int
answer_apop(struct monitor *m, struct monmsg *message)
{
	return answer_digest(m, message, judge_apop);
}

static int
make_nonce(struct monitor *m)
{
	unsigned char random[ASK_NONCE];

	m->nonce[0] = '\0';
	if (!m->salted &&
	    getentropy(m->salt_key, sizeof m->salt_key) == -1)
		return -1;
	m->salted = true;
	if (getentropy(random, sizeof random) == -1)
		return -1;
	base64_encode(m->nonce, random, sizeof random);
	return 0;
}

/* What is nobody's name has a salt, too. */
static int
find_salt(struct monitor *m, const char *said, struct scram_salt *salt)
{
	char name[ASK_USER_MAX + 1];

	(void)understand(m, said, name);
	return scram_find_salt(m->conf->secrets, span_of(name), m->salt_key,
	    salt);
}

/* An empty name is CRAM-MD5's, which needs no salt. */
static int
answer_challenge(struct monitor *m, struct monmsg *message)
{
	struct scram_salt salt = { .len = 0 };
	char said[ASK_USER_MAX + 1];
	struct span s = monmsg_get_bytes(message);

	if (monmsg_end(message) == -1 ||
	    span_copy(said, sizeof said, s) == -1 ||
	    !(s.len > 0 ? m->secrets.scram : m->secrets.password) ||
	    m->challenges++ >= CHALLENGES(m->conf))
		return -1;
	if (make_nonce(m) == -1 ||
	    (said[0] != '\0' && find_salt(m, said, &salt) == -1)) {
		log_line(LOG_FAULT, "no challenge: %s", strerror(errno));
		m->nonce[0] = '\0';
	}
	monmsg_start(message, ASK_CHALLENGE);
	monmsg_put_bytes(message, span_of(m->nonce));
	monmsg_put_bytes(message, (struct span){ (const char *)salt.bytes,
	    salt.len });
	monmsg_put_number(message, salt.iterations);
	return 0;
}

/* A nonce is good for one proof. */
static int
answer_cram(struct monitor *m, struct monmsg *message)
{
	int r;

	if (m->nonce[0] == '\0')
		return -1;
	r = answer_digest(m, message, judge_cram);
	m->nonce[0] = '\0';
	return r;
}

static int
read_claim(struct scram_claim *claim, struct monmsg *message)
{
	struct span proof;

	claim->user = monmsg_get_bytes(message);
	claim->first = monmsg_get_bytes(message);
	claim->nonce = monmsg_get_bytes(message);
	claim->last = monmsg_get_bytes(message);
	proof = monmsg_get_bytes(message);
	if (monmsg_end(message) == -1 || claim->user.len == 0 ||
	    claim->first.len > SCRAM_FIRST_MAX ||
	    claim->nonce.len > SCRAM_NONCE_MAX ||
	    claim->last.len > SCRAM_LAST_MAX || proof.len != SCRAM_PROOF)
		return -1;
	memcpy(claim->proof, proof.p, proof.len);
	return 0;
}

static int
answer_scram(struct monitor *m, struct monmsg *message)
{
	unsigned char signature[SCRAM_PROOF] = { 0 };
	int64_t asked = clock_ms();
	char name[ASK_USER_MAX + 1];
	struct scram_claim claim;
	enum verdict verdict;

	if (read_claim(&claim, message) == -1 ||
	    span_copy(name, sizeof name, claim.user) == -1 ||
	    m->nonce[0] == '\0')
		return -1;
	verdict = judge_scram(m, name, &claim, signature);
	secret_erase(&claim, sizeof claim);
	m->nonce[0] = '\0';
	if (verdict != VERDICT_WELCOME)
		memset(signature, 0, sizeof signature);
	if (conclude(m, message, name, verdict, asked) == -1)
		return -1;
	monmsg_put_bytes(message, (struct span){ (const char *)signature,
	    sizeof signature });
	return 0;
}

static int
take_unread(struct monitor *m, struct monmsg *message)
{
	uint64_t language = monmsg_get_number(message);

	(void)monmsg_get_bytes(message);
	if (monmsg_end(message) == -1 || language >= LANGUAGES)
		return -1;
	m->unread = *message;
	message->len = 0;
	return 0;
}

/* In advance, for the case that the password that follows is right. */
static int
answer_offer(struct monitor *m, struct monmsg *message)
{
	m->offered = take_unread(m, message) == 0;
	return m->offered ? 0 : -1;
}

/* From here on the front is not needed. */
static void
leave_front(struct monitor *m)
{
	(void)monmsg_kind(&m->unread);
	m->language = (enum language)monmsg_get_number(&m->unread);
	m->phase = USER_RUNS;
}

static int
answer_hand_over(struct monitor *m, struct monmsg *message)
{
	if (take_unread(m, message) == -1)
		return -1;
	leave_front(m);
	return 0;
}

/* Once, and where it works.  The front ends; see BEFORE_TLS. */
static int
answer_stls(struct monitor *m, struct monmsg *message)
{
	if (monmsg_end(message) == -1 || !m->tls_offered)
		return -1;
	m->greeted = true;
	m->offered = false;
	m->phase = BEFORE_TLS;
	message->len = 0;
	return 0;
}

/*
 * By the header, where one is due; by XCLIENT, once, and then PAM starts anew,
 * with the client's address.
 */
static int
answer_peer(struct monitor *m, struct monmsg *message)
{
	struct span ip = monmsg_get_bytes(message);
	struct peer *peer = &m->client->peer;
	bool header = m->phase == PROXY_TELLS;

	if (monmsg_end(message) == -1)
		return -1;
	if (!header && (m->xclient_done || ip.len == 0 ||
	    !cidr_has(m->conf->pop3.xclient_from, peer->ip)))
		return -1;
	if (ip.len > 0 &&
	    peer_set(peer, ip, header ? "PROXY" : "XCLIENT") == -1)
		return -1;
	if (header)
		m->phase = first_phase(m);
	else {
		m->xclient_done = true;
		pamauth_free(m->pam);
		m->pam = NULL;
	}
	message->len = 0;
	return 0;
}

static int
answer_log(struct monitor *m, struct monmsg *message)
{
	char line[LOG_LINE_MAX + 1];
	uint64_t level;
	struct span s;

	level = monmsg_get_number(message);
	s = monmsg_get_bytes(message);
	if (monmsg_end(message) == -1 || level > LOG_TRACE ||
	    span_copy(line, sizeof line, s) == -1)
		return -1;
	if ((m->phase & (PROXY_TELLS | FRONT_ASKS)) &&
	    ++m->lines > FRONT_LINES(m->conf))
		return -1;
	log_line((enum log_level)level, "%s", line);
	message->len = 0;
	return 0;
}

static int
answer_report(struct monitor *m, struct monmsg *message)
{
	char quoted[LOG_QUOTED_MAX(ASK_USER_MAX)];
	const char *ip = m->client->peer.ip;
	uint64_t n[4];
	size_t i;

	for (i = 0; i < 4; i++)
		n[i] = monmsg_get_number(message);
	if (monmsg_end(message) == -1)
		return -1;
	if (m->conf->statistics)
		log_line(LOG_NOTE, "Stats: %s %" PRIu64 " %" PRIu64 " %" PRIu64
		    " %" PRIu64 " %s %s", log_quote(quoted, sizeof quoted,
		    span_of(m->whole)), n[0], n[1], n[2], n[3], ip, ip);
	m->phase = ALL_DONE;
	message->len = 0;
	return 0;
}

int
monitor_answer(struct monitor *m, struct monmsg *message)
{
	const struct rule *r = rules;
	const struct rule *end = r + sizeof rules / sizeof rules[0];
	unsigned char kind = monmsg_kind(message);

	while (r < end && (r->kind != kind || !(r->when & (int)m->phase)))
		r++;
	if (r < end && monmsg_body(message) <= r->longest &&
	    r->answer(m, message) == 0)
		return 0;
	log_line(LOG_FAULT, "unlawful message (kind %u, %zu bytes, phase %d)",
	    kind, monmsg_body(message), (int)m->phase);
	errno = EPROTO;
	return -1;
}

int
monitor_answer_ask(void *monitor, struct monmsg *message)
{
	return monitor_answer(monitor, message);
}
