#include "server/monitor.h"

#include "base/cidr.h"
#include "base/clock.h"
#include "base/fd.h"
#include "compat/compat.h"
#include "settings/policy.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TLS_GRACE 10000		/* ms */
#define LOGIN_GRACE 2000

/* So many troubles of ours are a session's; it has other things to wait for. */
#define TROUBLES_MAX 16

/*
 * Lines that a role may log, and bytes of a line on an average: a front logs its
 * refusals and little more, and the others what they find in one maildrop.
 */
#define FRONT_LINES(conf) \
	(16 + TROUBLES_MAX + 2 * ((conf)->max_failures + (conf)->pop3.max_bad))
#define OTHER_LINES 256
#define LINE_BYTES 256

/* As many as fail, or are given up, before TLS and again in it. */
#define CHALLENGES(conf) \
	(TROUBLES_MAX + 2 * ((conf)->max_failures + (conf)->pop3.max_bad))

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
static int answer_working(struct monitor *, struct monmsg *);
static int answer_answers(struct monitor *, struct monmsg *);
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
	    ALL_DONE | TURNED_AWAY | BEFORE_TLS, 16 + LOG_LINE_MAX, answer_log },
	{ ASK_STLS, FRONT_ASKS, 0, answer_stls },
	{ ASK_WORKING, USER_RUNS, 0, answer_working },
	{ ASK_ANSWERS, USER_RUNS, 0, answer_answers },
	{ ASK_REPORT, USER_RUNS, 32, answer_report },
	{ ASK_PEER, PROXY_TELLS | FRONT_ASKS, 8 + INET6_ADDRSTRLEN,
	    answer_peer },
};

/* The phase after the PROXY header, or at the start if none is expected. */
static enum monitor_phase
first_phase(const struct monitor *m)
{
	return m->conf->tls.first && !m->tls_active ? BEFORE_TLS : FRONT_ASKS;
}

void
monitor_init(struct monitor *m, const struct server_conf *conf,
    struct client *client)
{
	memset(m, 0, sizeof *m);
	m->conf = conf;
	m->client = client;
	m->pid = getpid();
	m->phase = cidr_has(conf->proxy_from, client->peer.ip) ? PROXY_TELLS :
	    first_phase(m);
	m->login_deadline = clock_ms() + conf->pop3.login_time;
	m->language = conf->pop3.language;
	m->tls_offered = tls_is_offered(&conf->tls, client);
	tls_init(&m->tls);
	log_tell(LOG_OF_RHOST, span_of(client->peer.ip));
	monitor_hear(m, "front");
	login_init(&m->login, conf, &client->peer);
}

int
monitor_prepare(struct monitor *m)
{
	const char *warning;

	if (login_prepare(&m->login) == -1) {
		log_line(LOG_FAULT, "no stamp for APOP: %s", strerror(errno));
		return -1;
	}
	warning = policy_warning(m->conf, m->tls_offered,
	    m->login.secrets.scram || m->login.secrets.password ||
	    m->login.stamp[0] != '\0');
	if (warning != NULL)
		log_line(LOG_WARN, "%s", warning);
	return 0;
}

void
monitor_describe(const struct monitor *m, struct front *f)
{
	*f = (struct front){
		.monitor = m->pid,
		.no_sandbox = m->conf->no_sandbox,
		.account = m->conf->front_user,
		.uid = m->front_uid,
		.gid = m->front_gid,
		.error = (uint32_t)m->front_error,
		.empty_dir = m->conf->empty_dir,
		.peer = m->client->peer,
		.header = m->phase == PROXY_TELLS,
		.only_header = m->conf->tls.first && !m->tls_active,
		.header_time = m->conf->proxy_time,
		.deadline = m->login_deadline,
		.secrets = m->login.secrets,
		.tls = m->tls_active,
		.tls_offered = m->tls_offered,
		.tls_named = m->conf->tls.cert != NULL,
		.greeted = m->greeted,
		.xclient_done = m->xclient_done,
		.language = m->language,
	};
	(void)span_copy(f->stamp, sizeof f->stamp, span_of(m->login.stamp));
}

int
monitor_begin_tls(struct monitor *m)
{
	if (tls_begin(&m->tls, m->conf, m->client, m->login_deadline) == -1) {
		log_line(LOG_FAULT, "cannot start TLS: %s", strerror(errno));
		return -1;
	}
	m->tls_active = m->login.tls = true;
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

/*
 * A client that takes nothing has the session's patience, no longer; one that
 * has not logged in has the time that it had for that.
 */
void
monitor_end_tls(struct monitor *m, bool now)
{
	bool logged_in = (int)m->phase & (USER_RUNS | ALL_DONE);
	int64_t deadline = clock_ms();

	if (!now && logged_in)
		deadline += m->conf->pop3.idle_time + TLS_GRACE;
	else if (!now)
		deadline = (m->login_deadline > deadline ?
		    m->login_deadline : deadline) + LOGIN_GRACE;
	monitor_leave_client(m);
	tls_end(&m->tls, deadline);
}

#define FAILED_LOGIN "[AUTH] Failed attempted login to %s from host (%s) %s"

/* A longer name would push the address, which is what counts, off the line. */
static_assert(sizeof FAILED_LOGIN + 4 * ASK_USER_MAX + 2 * INET6_ADDRSTRLEN <=
    LOG_LINE_MAX, "the line of a failed login is whole");

static void
log_failed(const struct monitor *m, const char *name)
{
	char quoted[LOG_QUOTED_MAX(ASK_USER_MAX)];
	const char *ip = m->client->peer.ip;

	log_line(LOG_NOTE, FAILED_LOGIN, log_quote(quoted, sizeof quoted,
	    span_of(name)), ip, ip);
}

/* The line that programs which ban addresses count is for guesses alone. */
static void
log_refused(const struct monitor *m, const char *name, bool trouble)
{
	char quoted[LOG_QUOTED_MAX(ASK_USER_MAX)];

	log_line(trouble ? LOG_FAULT : LOG_NOTE, "login refused: user=%s "
	    "rhost=%s reason=%s", log_quote(quoted, sizeof quoted,
	    span_of(name)), m->client->peer.ip, m->login.reason);
}

/* Some mail clients try the strongest way that is announced first. */
static void
log_held(struct monitor *m)
{
	for (; m->held > 0; m->held--)
		log_failed(m, m->held_name);
}

void
monitor_free(struct monitor *m)
{
	log_held(m);
	login_forget(&m->login);
	monmsg_wipe(&m->unread);
}

/*
 * Hold the line of a failed proof until it is clear what follows: a client that
 * chooses the best mechanism by itself fails for a user who has a password and
 * no secret, and then sends the right password.
 */
static void
hold_failed(struct monitor *m, const char *name)
{
	if (strcmp(m->held_name, name) != 0)
		log_held(m);
	(void)span_copy(m->held_name, sizeof m->held_name, span_of(name));
	m->held++;
}

static void
log_guess(struct monitor *m, const char *name)
{
	if (m->login.no_secret) {
		hold_failed(m, name);
		return;
	}
	log_held(m);
	log_failed(m, name);
}

/*
 * Every failure is answered so long after the question, whatever it was.  If it
 * took longer to find out, as it may on a busy machine, a further delay passes:
 * the answer says little about what took so long.
 */
static void
wait_to_answer(int64_t asked, int64_t delay)
{
	int64_t moment = asked + delay, now = clock_ms();

	if (delay > 0 && now > moment)
		moment += (now - moment + delay - 1) / delay * delay;
	clock_sleep_until(moment);
}

/*
 * What is the server's own fault does not
 * end a session, but for many in a row.
 */
static void
refuse(struct monitor *m, const char *name, enum verdict verdict, int64_t asked)
{
	bool trouble = verdict == VERDICT_TROUBLE || verdict == VERDICT_NOT_NOW;

	if (m->login.reason[0] != '\0')
		log_refused(m, name, trouble);
	else
		log_guess(m, name);
	if (trouble ? ++m->troubles >= TROUBLES_MAX :
	    ++m->failures >= m->conf->max_failures) {
		m->phase = TURNED_AWAY;
		log_held(m);
	}
	wait_to_answer(asked, m->conf->failure_delay);
}

/* The site's own line, with %0-%3 for what it wants to know. */
static void
log_login(const struct monitor *m)
{
	char quoted[LOG_QUOTED_MAX(ASK_USER_MAX)], line[LOG_LINE_MAX] = "";
	const char *ip = m->client->peer.ip;
	const char *const values[] = { PACKAGE_VERSION, quoted, ip, ip };
	const char *p = m->conf->log_login;
	size_t len = 0, run;

	(void)log_quote(quoted, sizeof quoted, span_of(m->login.whole));
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

/* With the right password, what the client tried before was no guess. */
static void
forget_held(struct monitor *m, const char *name)
{
	char quoted[LOG_QUOTED_MAX(ASK_USER_MAX)];

	if (m->held == 0 || strcmp(m->held_name, name) != 0)
		return;
	log_line(LOG_NOTE, "login: user=%s rhost=%s failed %u times without a "
	    "password, then gave the right one", log_quote(quoted,
	    sizeof quoted, span_of(name)), m->client->peer.ip,
	    (unsigned)m->held);
	m->held = 0;
}

static void
welcome(struct monitor *m, const char *name, bool proof)
{
	m->phase = HANDING_OVER;
	if (!proof)
		forget_held(m, name);
	log_held(m);
	(void)span_copy(m->login.whole, sizeof m->login.whole,
	    span_of(m->login.folder[0] != '\0' ? name : m->login.user.name));
	log_tell(LOG_OF_USER, span_of(m->login.whole));
	if (m->conf->log_login != NULL)
		log_login(m);
}

static int
conclude(struct monitor *m, struct monmsg *message, const char *name,
    enum verdict verdict, bool proof, int64_t asked)
{
	uint64_t last = 0;

	log_tell(LOG_OF_USER, span_of(name));
	if (verdict == VERDICT_WELCOME)
		welcome(m, name, proof);
	else
		refuse(m, name, verdict, asked);
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
	login_expect(&m->login);
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
	verdict = login_by_password(&m->login, name, &password);
	secret_wipe(&password);
	(void)conclude(m, message, name, verdict, false, asked);
	if (m->phase == HANDING_OVER && offered) {
		leave_front(m);
		message->len = 0;
	}
	return 0;
}

static int
answer_digest(struct monitor *m, struct monmsg *message,
    enum verdict (*judge)(struct login *, const char *, struct span))
{
	int64_t asked = clock_ms();
	char name[ASK_USER_MAX + 1];
	struct span s, digest;

	s = monmsg_get_bytes(message);
	digest = monmsg_get_bytes(message);
	if (monmsg_end(message) == -1 || s.len == 0 ||
	    span_copy(name, sizeof name, s) == -1)
		return -1;
	return conclude(m, message, name, judge(&m->login, name, digest), true,
	    asked);
}

static int
answer_apop(struct monitor *m, struct monmsg *message)
{
	return answer_digest(m, message, login_by_apop);
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
	    !(s.len > 0 ? m->login.secrets.scram : m->login.secrets.password) ||
	    m->challenges++ >= CHALLENGES(m->conf))
		return -1;
	if (login_challenge(&m->login, said, &salt) == -1)
		log_line(LOG_FAULT, "no challenge: %s", strerror(errno));
	monmsg_start(message, ASK_CHALLENGE);
	monmsg_put_bytes(message, span_of(m->login.nonce));
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

	if (m->login.nonce[0] == '\0')
		return -1;
	r = answer_digest(m, message, login_by_cram);
	m->login.nonce[0] = '\0';
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
	    m->login.nonce[0] == '\0')
		return -1;
	verdict = login_by_scram(&m->login, name, &claim, signature);
	secret_erase(&claim, sizeof claim);
	m->login.nonce[0] = '\0';
	if (verdict != VERDICT_WELCOME)
		memset(signature, 0, sizeof signature);
	if (conclude(m, message, name, verdict, true, asked) == -1)
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

/*
 * Where it is offered, and once.  The client is told that TLS begins when it is
 * known that it can; the front ends then.  See BEFORE_TLS.
 */
static int
answer_stls(struct monitor *m, struct monmsg *message)
{
	if (monmsg_end(message) == -1 || !m->tls_offered)
		return -1;
	m->offered = false;
	m->tls_broken = m->tls_broken || tls_start(&m->tls, m->conf,
	    m->client, m->login_deadline) == -1;
	if (!m->tls_broken) {
		m->greeted = true;
		m->phase = BEFORE_TLS;
	}
	monmsg_start(message, ASK_STLS);
	monmsg_put_number(message, !m->tls_broken);
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
	    span_is(ip, PEER_UNKNOWN) || !cidr_has(m->conf->pop3.xclient_from, peer->ip)))
		return -1;
	if (ip.len > 0 &&
	    peer_set(peer, ip, header ? "PROXY" : "XCLIENT") == -1)
		return -1;
	log_tell(LOG_OF_RHOST, span_of(peer->ip));
	if (header)
		m->phase = first_phase(m);
	else {
		m->xclient_done = true;
		login_forget(&m->login);
	}
	message->len = 0;
	return 0;
}

void
monitor_hear(struct monitor *m, const char *role)
{
	bool front = m->phase != USER_RUNS;

	m->role = role;
	m->lines = front ? FRONT_LINES(m->conf) : OTHER_LINES;
	m->line_bytes = m->lines * LINE_BYTES;
}

/* The first line that is left out is told of. */
static bool
may_log(struct monitor *m, size_t len)
{
	if (m->lines == 0)
		return false;
	if (--m->lines > 0 && len <= m->line_bytes) {
		m->line_bytes -= (uint32_t)len;
		return true;
	}
	m->lines = 0;
	log_line(LOG_WARN, "%s: more lines are left out", m->role);
	return false;
}

/*
 * A role may have been taken over: its name stands before the line, so that it
 * cannot pose as one of the monitor's, which programs count that ban addresses.
 */
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
	if (may_log(m, s.len))
		log_line((enum log_level)level, "%s: %s", m->role, line);
	message->len = 0;
	return 0;
}

/* That it came is all it says: see supervise.c. */
static int
answer_working(struct monitor *m, struct monmsg *message)
{
	(void)m;
	message->len = 0;
	return 0;
}

/* With our copies gone, the client sees its end when the session closes. */
static int
answer_answers(struct monitor *m, struct monmsg *message)
{
	m->answered = true;
	if (m->login.root)
		monitor_leave_client(m);
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
		    span_of(m->login.whole)), n[0], n[1], n[2], n[3], ip, ip);
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
