/*
 * The monitor's rules: what is answered, when, how long it takes, and what is
 * said of it in the log.
 */
#include "auth/cram.h"
#include "base/hmac.h"
#include "fake_clock.h"
#include "fake_pam.h"
#include "server/monitor.h"
#include "unit.h"

#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* The monitor's random bytes; the call after so many has none, once. */
static unsigned random_calls, random_fails_at;

int
getentropy(void *to, size_t len)
{
	if (++random_calls == random_fails_at) {
		errno = EIO;
		return -1;
	}
	return getrandom(to, len, 0) == (ssize_t)len ? 0 : -1;
}

/* What of a client's proof has been overwritten. */
static unsigned claims_erased;

void __real_secret_erase(void *, size_t);
void __wrap_secret_erase(void *, size_t);

void
__wrap_secret_erase(void *bytes, size_t n)
{
	struct span user;

	/* A block of HMAC is as long on 32 bits, and holds no length of a name. */
	if (n == sizeof(struct scram_claim)) {
		memcpy(&user, bytes, sizeof user);
		claims_erased += user.len > 0 && user.len <= ASK_USER_MAX;
	}
	__real_secret_erase(bytes, n);
}

static struct server_conf conf;
static struct client client;
static struct monitor m;
static struct user self;
static char lines[8][LOG_LINE_MAX + 1];
static char last_line[LOG_LINE_MAX + 1];
static size_t line_count, line_total;

static void
take_line(void *ctx, enum log_level level, const char *line)
{
	(void)ctx;
	(void)level;
	line_total++;
	(void)span_copy(last_line, sizeof last_line, span_of(line));
	if (line_count < COUNT(lines))
		(void)span_copy(lines[line_count++], sizeof lines[0],
		    span_of(line));
}

static int
begin_monitor(void)
{
	monitor_init(&m, &conf, &client);
	return monitor_prepare(&m);
}

static int
set_up(void **state)
{
	(void)state;
	conf = (struct server_conf){
		.pop3 = { .host = "pop.example.org", .max_bad = 10 },
		.pam_service = "pop3",
		.log_login = "(v%0) POP login by user \"%1\" at (%2) %3",
		.statistics = true,
		.max_failures = 3,
		.failure_delay = 3000,
		.min_uid = 100,
	};
	client = (struct client){ .in = -1, .out = -1,
	    .peer = { .ip = "192.0.2.7", .known = true } };
	line_count = line_total = 0;
	memset(lines, 0, sizeof lines);
	fake_verdict = VERDICT_WRONG;
	fake_guess = true;
	fake_pam_takes = 0;
	fake_pam_started = 0;
	random_calls = random_fails_at = 0;
	if (user_self(&self) == -1 || begin_monitor() == -1)
		return -1;
	m.login.root = false;		/* one's own account is the one let in */
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	monitor_free(&m);
	return 0;
}

static int
verify(const char *user, const char *password)
{
	struct monmsg msg;

	monmsg_start(&msg, ASK_VERIFY);
	monmsg_put_bytes(&msg, span_of(user));
	monmsg_put_bytes(&msg, span_of(password));
	if (monitor_answer(&m, &msg) == -1)
		return -1;
	assert_int_equal(monmsg_kind(&msg), ASK_ANSWER);
	return (int)monmsg_get_number(&msg);
}

static int
send_kind(unsigned char kind)
{
	struct monmsg msg;

	monmsg_start(&msg, kind);
	return monitor_answer(&m, &msg);
}

/* 1 if TLS may begin, 0 if it cannot; -1 for a violation. */
static int
stls(bool works)
{
	struct monmsg msg;
	uint64_t n;

	m.tls_offered = true;
	client.ucspi_control = works ? 99 : -1;
	conf.tls.program = "/nonexistent";
	monmsg_start(&msg, ASK_STLS);
	if (monitor_answer(&m, &msg) == -1)
		return -1;
	assert_int_equal(monmsg_kind(&msg), ASK_STLS);
	n = monmsg_get_number(&msg);
	assert_int_equal(monmsg_end(&msg), 0);
	return (int)n;
}

static int
hand_over(void)
{
	struct monmsg msg;

	monmsg_start(&msg, ASK_HAND_OVER);
	monmsg_put_number(&msg, LANGUAGE_FR);
	monmsg_put_bytes(&msg, SPAN("STAT\r\n"));
	return monitor_answer(&m, &msg);
}

static int
report(void)
{
	struct monmsg msg;
	uint64_t i;

	monmsg_start(&msg, ASK_REPORT);
	for (i = 1; i <= 4; i++)
		monmsg_put_number(&msg, i);
	return monitor_answer(&m, &msg);
}

/* Only who knows the password learns that there is a secret. */
static void
verify__of_who_has_a_secret__wants_something_stronger(void **state)
{
	char path[] = "/tmp/monitor.XXXXXX", line[128];
	int fd = mkstemp(path);

	(void)state;
	(void)snprintf(line, sizeof line, "%s:tanstaaf\n", self.name);
	assert_int_equal(write(fd, line, strlen(line)), strlen(line));
	(void)close(fd);
	conf.secrets = path;
	fake_verdict = VERDICT_WRONG;
	assert_int_equal(verify(self.name, "x"), VERDICT_WRONG);
	fake_verdict = VERDICT_WELCOME;
	assert_int_equal(verify(self.name, "x"), VERDICT_STRONGER);
	assert_int_equal(m.phase, FRONT_ASKS);
	conf.pop3.clear = CLEAR_ALWAYS;
	assert_int_equal(verify(self.name, "x"), VERDICT_WELCOME);
	(void)unlink(path);
}

/* It may be this user's, whose secret would then go over the wire. */
static void
verify__with_secrets_that_cannot_be_read__is_not_for_today(void **state)
{
	char path[] = "/tmp/monitor.XXXXXX", expected[LOG_LINE_MAX];
	int fd = mkstemp(path);

	(void)state;
	conf.secrets = path;
	fake_verdict = VERDICT_WELCOME;
	assert_int_equal(ftruncate(fd, 1 << 30), 0);
	assert_int_equal(verify(self.name, "x"), VERDICT_TROUBLE);
	(void)snprintf(expected, sizeof expected, "login refused: user=%s "
	    "rhost=192.0.2.7 reason=secrets file %s: %s", self.name, path,
	    strerror(EFBIG));
	assert_string_equal(lines[0], expected);
	assert_int_equal(m.phase, FRONT_ASKS);
	/* Nobody's, whatever is in it: --check says so. */
	assert_int_equal(fchmod(fd, 0644), 0);
	assert_int_equal(verify(self.name, "x"), VERDICT_WELCOME);
	(void)close(fd);
	(void)unlink(path);
}

static void
verify__welcome__leads_to_the_hand_over_and_the_report(void **state)
{
	char expected[LOG_LINE_MAX];

	(void)state;
	fake_verdict = VERDICT_WELCOME;
	assert_int_equal(verify(self.name, "secret"), VERDICT_WELCOME);
	assert_string_equal(fake_password, "secret");
	assert_int_equal(m.phase, HANDING_OVER);
	(void)snprintf(expected, sizeof expected, "(v%s) POP login by user "
	    "\"%s\" at (192.0.2.7) 192.0.2.7", PACKAGE_VERSION, self.name);
	assert_string_equal(lines[0], expected);
	assert_int_equal(hand_over(), 0);
	assert_int_equal(m.language, LANGUAGE_FR);
	assert_int_equal(m.phase, USER_RUNS);
	assert_int_equal(report(), 0);
	(void)snprintf(expected, sizeof expected,
	    "Stats: %s 1 2 3 4 192.0.2.7 192.0.2.7", self.name);
	assert_string_equal(lines[1], expected);
	assert_int_equal(m.phase, ALL_DONE);
	assert_int_equal(report(), -1);
}

/* The message as it comes; how many bytes of an answer there are. */
static size_t
verify_offered(const char *password)
{
	struct monmsg msg;

	monmsg_start(&msg, ASK_VERIFY);
	monmsg_put_bytes(&msg, span_of(self.name));
	monmsg_put_bytes(&msg, span_of(password));
	assert_int_equal(monitor_answer(&m, &msg), 0);
	return msg.len;
}

static void
hand_over__before_a_right_password__needs_no_answer(void **state)
{
	(void)state;
	assert_int_equal(hand_over(), 0);
	assert_int_equal(m.phase, FRONT_ASKS);
	fake_verdict = VERDICT_WELCOME;
	assert_int_equal(verify_offered("secret"), 0);
	assert_int_equal(m.phase, USER_RUNS);
	assert_int_equal(m.language, LANGUAGE_FR);
	assert_int_equal(monmsg_body(&m.unread), 8 + 8 + 6);
	assert_int_equal(report(), 0);
}

/* What was offered is good for one question, and no language stays of it. */
static void
hand_over__before_a_wrong_password__is_forgotten(void **state)
{
	(void)state;
	assert_int_equal(hand_over(), 0);
	fake_verdict = VERDICT_WRONG;
	assert_int_not_equal(verify_offered("wrong"), 0);
	assert_int_equal(m.phase, FRONT_ASKS);
	assert_int_equal(m.language, LANGUAGE_EN);
	fake_verdict = VERDICT_WELCOME;
	assert_int_equal(verify(self.name, "secret"), VERDICT_WELCOME);
	assert_int_equal(m.phase, HANDING_OVER);
}

static void
hand_over__before_stls__is_forgotten(void **state)
{
	(void)state;
	assert_int_equal(hand_over(), 0);
	assert_int_equal(stls(true), 1);
	m.phase = FRONT_ASKS;
	fake_verdict = VERDICT_WELCOME;
	assert_int_equal(verify(self.name, "secret"), VERDICT_WELCOME);
	assert_int_equal(m.phase, HANDING_OVER);
}

static void
hand_over__of_a_language_there_is_not__is_a_violation(void **state)
{
	static const uint64_t numbers[] = { LANGUAGES, 255, UINT32_MAX,
	    (uint64_t)1 << 32, UINT64_MAX };
	struct monmsg msg;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(numbers); i++) {
		m.phase = HANDING_OVER;
		monmsg_start(&msg, ASK_HAND_OVER);
		monmsg_put_number(&msg, numbers[i]);
		monmsg_put_bytes(&msg, SPAN(""));
		assert_int_equal(monitor_answer(&m, &msg), -1);
		assert_int_equal(m.language, LANGUAGE_EN);
	}
}

static void
verify__of_somebody_else__is_wrong_though_pam_agrees(void **state)
{
	(void)state;
	fake_verdict = VERDICT_WELCOME;
	assert_int_equal(verify("no-such-user-here", "x"), VERDICT_NOT_NOW);
	assert_non_null(strstr(lines[0], "no such account"));
	assert_int_equal(verify(geteuid() == 0 ? "daemon" : "root", "x"),
	    VERDICT_WRONG);
	assert_int_equal(m.phase, FRONT_ASKS);
}

static void
verify__as_root__lets_in_neither_root_nor_low_uids(void **state)
{
	(void)state;
	m.login.root = true;
	fake_verdict = VERDICT_WELCOME;
	assert_int_equal(verify("root", "x"), VERDICT_WRONG);
	assert_int_equal(verify("daemon", "x"), VERDICT_WRONG);
}

static void
refusal__takes_the_same_time__whatever_it_was(void **state)
{
	static const struct {
		enum verdict verdict;
		int64_t takes;
	} cases[] = {
		{ VERDICT_WRONG, 0 }, { VERDICT_WRONG, 700 },
		{ VERDICT_EXPIRED, 20 }, { VERDICT_WRONG, 3000 },
		{ VERDICT_TROUBLE, 1 }, { VERDICT_NOT_NOW, 5 },
	};
	int64_t began;
	size_t i;

	(void)state;
	conf.max_failures = 100;
	for (i = 0; i < COUNT(cases); i++) {
		fake_verdict = cases[i].verdict;
		fake_pam_takes = cases[i].takes;
		began = fake_now;
		assert_int_equal(verify(self.name, "x"), cases[i].verdict);
		assert_int_equal(fake_now - began, 3000);
	}
}

/* On a busy machine, by whole delays: how late says little about why. */
static void
refusal__that_is_late__waits_for_the_next_whole_delay(void **state)
{
	static const int64_t cases[][2] = { { 3000, 3000 }, { 3001, 6000 },
	    { 6000, 6000 }, { 6001, 9000 }, { 14999, 15000 } };
	int64_t began;
	size_t i;

	(void)state;
	conf.max_failures = 100;
	for (i = 0; i < COUNT(cases); i++) {
		fake_pam_takes = cases[i][0];
		began = fake_now;
		assert_int_equal(verify("jane", "x"), VERDICT_WRONG);
		assert_int_equal(fake_now - began, cases[i][1]);
	}
	conf.failure_delay = 0;
	began = fake_now;
	assert_int_equal(verify("jane", "x"), VERDICT_WRONG);
	assert_int_equal(fake_now - began, 14999);
}

static void
refusal__is_logged__and_its_name_cannot_forge(void **state)
{
	(void)state;
	(void)verify("a\" at (x) 10.9.9.9", "x");
	assert_string_equal(lines[0], "[AUTH] Failed attempted login to "
	    "a\\x22\\x20at\\x20\\x28x\\x29\\x2010.9.9.9 from host (192.0.2.7) "
	    "192.0.2.7");
}

static void
refusal__of_the_longest_name__has_its_address_in_the_log(void **state)
{
	char name[ASK_USER_MAX + 1];

	(void)state;
	memset(name, 0xff, sizeof name);
	name[ASK_USER_MAX] = '\0';
	(void)span_copy(client.peer.ip, sizeof client.peer.ip, span_of(
	    "2001:db8:ffff:ffff:ffff:ffff:255.255.255.255"));
	(void)verify(name, "x");
	assert_non_null(strstr(lines[0], "\\xff from host ("));
	assert_string_equal(lines[0] + strlen(lines[0]) - 16,
	    ":255.255.255.255");
}

static void
refusals__too_many__turn_away_for_good(void **state)
{
	(void)state;
	assert_int_equal(verify("jane", "a"), VERDICT_WRONG);
	assert_int_equal(verify("jane", "b"), VERDICT_WRONG);
	assert_int_equal(verify("jane", "c"), VERDICT_WRONG | VERDICT_LAST);
	fake_verdict = VERDICT_WELCOME;
	fake_password[0] = '\0';
	assert_int_equal(verify(self.name, "d"), -1);
	assert_string_equal(fake_password, "");
}

#define GUESS "[AUTH] Failed attempted login to "
#define REFUSED "login refused: user="

static bool
line_begins(size_t i, const char *text)
{
	return i < line_count && strncmp(lines[i], text, strlen(text)) == 0;
}

static void
refusal__without_a_wrong_password__is_no_guess(void **state)
{
	static const enum verdict cases[] = { VERDICT_EXPIRED,
	    VERDICT_TROUBLE, VERDICT_NOT_NOW, VERDICT_WRONG };
	char expected[LOG_LINE_MAX];
	size_t i;

	(void)state;
	conf.max_failures = 100;
	fake_guess = false;
	for (i = 0; i < COUNT(cases); i++) {
		fake_verdict = cases[i];
		assert_int_equal(verify(self.name, "x"), cases[i]);
		(void)snprintf(expected, sizeof expected, REFUSED "%s "
		    "rhost=192.0.2.7 reason=PAM service pop3, account: as "
		    "told", self.name);
		assert_string_equal(lines[i], expected);
	}
	fake_guess = true;
	assert_int_equal(verify("jane", "x"), VERDICT_WRONG);
	assert_true(line_begins(COUNT(cases), GUESS));
}

/*
 * Root and low uids: whatever PAM says of the account behind a right password,
 * and whether there is a secret, the answer is that of a wrong one.
 */
static void
refusal__of_who_may_never_log_in__is_that_of_a_wrong_word(void **state)
{
	static const enum verdict cases[] = { VERDICT_WELCOME,
	    VERDICT_EXPIRED, VERDICT_NOT_NOW, VERDICT_WRONG };
	static const char *const names[] = { "root", "daemon" };
	char path[] = "/tmp/monitor.XXXXXX";
	int fd = mkstemp(path), said;
	int64_t began;
	size_t i;

	(void)state;
	assert_int_equal(write(fd, "root:a\ndaemon:b\n", 16), 16);
	(void)close(fd);
	conf.secrets = path;
	conf.max_failures = 100;
	m.login.root = true;
	for (i = 0; i < 2 * COUNT(cases); i++) {
		fake_verdict = cases[i / 2];
		fake_guess = false;
		began = fake_now;
		said = verify(names[i % 2], "right");
		assert_int_equal(said, VERDICT_WRONG);
		assert_int_equal(fake_now - began, 3000);
		assert_true(line_begins(i, REFUSED));
		assert_non_null(strstr(lines[i], i % 2 == 0 ?
		    "reason=uid 0 never logs in" :
		    "reason=uid 1 is below min-uid 100"));
	}
	fake_guess = true;
	(void)unlink(path);
}

static void
refusal__by_a_list__is_that_of_a_wrong_word(void **state)
{
	static const enum verdict cases[] = { VERDICT_WELCOME,
	    VERDICT_EXPIRED };
	char path[] = "/tmp/monitor.XXXXXX";
	int fd = mkstemp(path);
	size_t i;

	(void)state;
	assert_int_equal(dprintf(fd, "%s\n", self.name) > 0, true);
	(void)close(fd);
	conf.access.nonauth_file = path;
	for (i = 0; i < COUNT(cases); i++) {
		fake_verdict = cases[i];
		assert_int_equal(verify(self.name, "right"), VERDICT_WRONG);
		assert_non_null(strstr(lines[i], path));
	}
	conf.access.nonauth_file = NULL;
	(void)unlink(path);
}

static void
trouble__of_our_own__ends_no_session_but_for_many(void **state)
{
	unsigned i;

	(void)state;
	fake_verdict = VERDICT_TROUBLE;
	for (i = 0; i < 15; i++)
		assert_int_equal(verify("jane", "x"), VERDICT_TROUBLE);
	assert_int_equal(m.failures, 0);
	assert_int_equal(verify("jane", "x"), VERDICT_TROUBLE | VERDICT_LAST);
}

static void
expect__starts_pam__once(void **state)
{
	(void)state;
	assert_int_equal(fake_pam_started, 0);
	assert_int_equal(send_kind(ASK_EXPECT), 0);
	assert_int_equal(send_kind(ASK_EXPECT), 0);
	assert_int_equal(verify("jane", "x"), VERDICT_WRONG);
	assert_int_equal(fake_pam_started, 1);
}

/* A body that is right in form for each kind. */
static void
make(struct monmsg *msg, enum ask_kind kind)
{
	size_t i;

	monmsg_start(msg, (unsigned char)kind);
	switch (kind) {
	case ASK_VERIFY:
	case ASK_APOP:
		monmsg_put_bytes(msg, SPAN("jane"));
		monmsg_put_bytes(msg, SPAN("x"));
		break;
	case ASK_HAND_OVER:
		monmsg_put_number(msg, LANGUAGES - 1);
		monmsg_put_bytes(msg, SPAN(""));
		break;
	case ASK_LOG:
		monmsg_put_number(msg, LOG_NOTE);
		monmsg_put_bytes(msg, SPAN("line"));
		break;
	case ASK_WORKING:
	case ASK_ANSWERS:
		break;
	case ASK_REPORT:
		for (i = 0; i < 4; i++)
			monmsg_put_number(msg, i);
		break;
	case ASK_PEER:
		monmsg_put_bytes(msg, SPAN("198.51.100.9"));
		break;
	case ASK_CHALLENGE:
		monmsg_put_bytes(msg, SPAN("jane"));
		break;
	case ASK_CRAM:
		monmsg_put_bytes(msg, SPAN("jane"));
		monmsg_put_bytes(msg, SPAN("0123456789abcdef"
		    "0123456789abcdef"));
		break;
	case ASK_SCRAM:
		for (i = 0; i < 4; i++)
			monmsg_put_bytes(msg, SPAN("jane"));
		monmsg_put_bytes(msg, SPAN("0123456789abcdef"
		    "0123456789abcdef"));
		break;
	case ASK_ANSWER:
	case ASK_EXPECT:
	case ASK_STLS:
	default:
		break;
	}
}

/* What makes each kind lawful, but for its moment and its form. */
static void
allow_all(void)
{
	m.tls_offered = true;
	m.login.secrets = (struct secrets_kinds){ true, true };
	m.challenges = 0;
	memcpy(m.login.nonce, "nonce", 6);
	conf.secrets = "/nonexistent";
}

static const struct {
	enum ask_kind kind;
	int lawful;			/* in these phases */
} moments[] = {
	{ 0, 0 },
	{ ASK_ANSWER, 0 },
	{ ASK_EXPECT, FRONT_ASKS },
	{ ASK_VERIFY, FRONT_ASKS },
	{ ASK_APOP, FRONT_ASKS },
	{ ASK_HAND_OVER, FRONT_ASKS | HANDING_OVER },
	{ ASK_LOG, PROXY_TELLS | FRONT_ASKS | HANDING_OVER | USER_RUNS |
	    ALL_DONE | TURNED_AWAY | BEFORE_TLS },
	{ ASK_REPORT, USER_RUNS },
	{ ASK_WORKING, USER_RUNS },
	{ ASK_ANSWERS, USER_RUNS },
	{ ASK_STLS, FRONT_ASKS },
	{ ASK_PEER, PROXY_TELLS },
	{ ASK_CHALLENGE, FRONT_ASKS },
	{ ASK_CRAM, FRONT_ASKS },
	{ ASK_SCRAM, FRONT_ASKS },
	{ ASK_ANSWERS + 1, 0 },
	{ 255, 0 },
};

static void
message__out_of_its_moment__is_a_violation(void **state)
{
	struct monmsg msg;
	size_t i;
	int phase;

	(void)state;
	for (i = 0; i < COUNT(moments); i++)
		for (phase = FRONT_ASKS; phase <= PROXY_TELLS; phase *= 2) {
			m.phase = (enum monitor_phase)phase;
			allow_all();
			make(&msg, moments[i].kind);
			assert_int_equal(monitor_answer(&m, &msg),
			    moments[i].lawful & phase ? 0 : -1);
		}
}

static void
message__longer_or_shorter_than_its_form__is_a_violation(void **state)
{
	struct monmsg msg;
	size_t i, len, whole;

	(void)state;
	conf.max_failures = 1000;
	for (i = 0; i < COUNT(moments); i++) {
		if (moments[i].lawful == 0)
			continue;
		make(&msg, moments[i].kind);
		whole = msg.len;
		for (len = 1; len <= whole + 1; len++) {
			if (len == whole)
				continue;
			m.phase = moments[i].kind == ASK_HAND_OVER ?
			    HANDING_OVER : moments[i].lawful == USER_RUNS ?
			    USER_RUNS : moments[i].kind == ASK_PEER ?
			    PROXY_TELLS : FRONT_ASKS;
			allow_all();
			make(&msg, moments[i].kind);
			msg.bytes[whole] = 0;
			msg.len = len;
			assert_int_equal(monitor_answer(&m, &msg), -1);
		}
	}
}

static void
stls__where_it_is_not_offered_or_again__is_a_violation(void **state)
{
	(void)state;
	assert_int_equal(send_kind(ASK_STLS), -1);
	assert_int_equal(stls(true), 1);
	assert_int_equal(m.phase, BEFORE_TLS);
	assert_true(m.greeted);
	m.phase = FRONT_ASKS;
	m.tls_offered = false;		/* as monitor_begin_tls() leaves it */
	assert_int_equal(send_kind(ASK_STLS), -1);
}

/* The client goes on without TLS, and is not let down after "Begin". */
static void
stls__that_cannot_start__is_refused_and_not_tried_again(void **state)
{
	(void)state;
	assert_int_equal(stls(false), 0);
	assert_int_equal(m.phase, FRONT_ASKS);
	assert_true(m.tls_offered);
	assert_int_equal(stls(true), 0);
	assert_int_equal(m.phase, FRONT_ASKS);
	assert_int_equal(verify("jane", "a"), VERDICT_WRONG);
}

static void
stls__failed_logins_before__still_count(void **state)
{
	(void)state;
	assert_int_equal(verify("jane", "a"), VERDICT_WRONG);
	assert_int_equal(verify("jane", "b"), VERDICT_WRONG);
	assert_int_equal(stls(true), 1);
	m.phase = FRONT_ASKS;
	assert_int_equal(verify("jane", "c"), VERDICT_WRONG | VERDICT_LAST);
}

static int
tell_peer(struct span ip)
{
	struct monmsg msg;

	monmsg_start(&msg, ASK_PEER);
	monmsg_put_bytes(&msg, ip);
	return monitor_answer(&m, &msg);
}

/* The monitor as it begins with this client and these settings. */
static void
begin(const char *proxy_from, bool tls_first)
{
	conf.proxy_from = proxy_from;
	conf.tls.first = tls_first;
	client.peer = (struct peer){ .ip = "192.0.2.7", .known = true };
	monitor_free(&m);
	assert_int_equal(begin_monitor(), 0);
	m.login.root = false;
}

static void
begin__by_where_the_client_comes_from(void **state)
{
	static const struct {
		const char *proxy_from;
		bool tls_first;
		enum monitor_phase phase, after;
	} starts[] = {
		{ NULL, false, FRONT_ASKS, 0 },
		{ NULL, true, BEFORE_TLS, 0 },
		{ "192.0.2.8", false, FRONT_ASKS, 0 },
		{ "::1 192.0.2.0/24", false, PROXY_TELLS, FRONT_ASKS },
		{ "::1 192.0.2.0/24", true, PROXY_TELLS, BEFORE_TLS },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(starts); i++) {
		begin(starts[i].proxy_from, starts[i].tls_first);
		assert_int_equal(m.phase, starts[i].phase);
		if (starts[i].phase != PROXY_TELLS) {
			assert_int_equal(tell_peer(SPAN("198.51.100.9")), -1);
			assert_string_equal(client.peer.ip, "192.0.2.7");
			continue;
		}
		assert_int_equal(tell_peer(SPAN("198.51.100.9")), 0);
		assert_int_equal(m.phase, starts[i].after);
		assert_false(m.greeted);
		assert_int_equal(tell_peer(SPAN("198.51.100.10")), -1);
		assert_string_equal(client.peer.ip, "198.51.100.9");
	}
}

static void
peer__is_what_the_log_has_from_then_on(void **state)
{
	(void)state;
	begin("192.0.2.7", false);
	assert_int_equal(tell_peer(SPAN("::ffff:198.51.100.9")), 0);
	(void)verify("jane", "x");
	assert_string_equal(lines[0], "[AUTH] Failed attempted login to jane "
	    "from host (198.51.100.9) 198.51.100.9");
	assert_string_equal(fake_rhost, "198.51.100.9");
}

static void
peer__none__is_the_proxy_itself(void **state)
{
	(void)state;
	begin("192.0.2.7", false);
	assert_int_equal(tell_peer(SPAN("")), 0);
	assert_string_equal(client.peer.ip, "192.0.2.7");
	assert_int_equal(m.phase, FRONT_ASKS);
}

static void
peer__unknown__proxys_address_but_remote(void **state)
{
	(void)state;
	begin("192.0.2.7", false);
	client.peer.local = true;
	assert_int_equal(tell_peer(SPAN("unknown")), 0);
	assert_string_equal(client.peer.ip, "192.0.2.7");
	assert_false(client.peer.local);
	assert_int_equal(m.phase, FRONT_ASKS);
}

static void
verify__remote_client_without_address__rhost_of_its_own(void **state)
{
	(void)state;
	client.peer = (struct peer){ .ip = PEER_UNKNOWN, .source = "none" };
	(void)verify("jane", "x");
	assert_string_equal(fake_rhost, "unknown.invalid");
}

static void
verify__local_client_without_address__no_rhost(void **state)
{
	(void)state;
	client.peer = (struct peer){ .ip = PEER_UNKNOWN, .local = true };
	(void)verify("jane", "x");
	assert_string_equal(fake_rhost, "");
}

static void
peer__that_is_no_address__is_a_violation(void **state)
{
	static const struct span bad[] = {
		BYTES("localhost"), BYTES("192.0.2.7 "), BYTES("192.0.2"),
		BYTES("192.0.2.7\0"), BYTES("\n"), BYTES("::1%lo"),
		BYTES("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255:"),
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		begin("192.0.2.7", false);
		assert_int_equal(tell_peer(bad[i]), -1);
		assert_string_equal(client.peer.ip, "192.0.2.7");
	}
}

static void
xclient__from_a_proxy__once__and_pam_begins_anew(void **state)
{
	(void)state;
	conf.pop3.xclient_from = "192.0.2.7";
	assert_int_equal(send_kind(ASK_EXPECT), 0);
	assert_string_equal(fake_rhost, "192.0.2.7");
	assert_int_equal(tell_peer(SPAN("192.0.2.7")), 0);
	assert_int_equal(m.phase, FRONT_ASKS);
	assert_int_equal(tell_peer(SPAN("198.51.100.9")), -1);
	assert_string_equal(client.peer.ip, "192.0.2.7");
	m.xclient_done = false;
	assert_int_equal(tell_peer(SPAN("198.51.100.9")), 0);
	(void)verify("jane", "x");
	assert_string_equal(fake_rhost, "198.51.100.9");
	assert_int_equal(fake_pam_started, 2);
	m.xclient_done = false;			/* but now it is no proxy */
	assert_int_equal(tell_peer(SPAN("198.51.100.9")), -1);
}

static void
xclient__without_an_address__is_a_violation(void **state)
{
	(void)state;
	conf.pop3.xclient_from = "192.0.2.7";
	assert_int_equal(tell_peer(SPAN("")), -1);
	assert_int_equal(tell_peer(SPAN("x")), -1);
	assert_int_equal(tell_peer(SPAN("unknown")), -1);
	assert_string_equal(client.peer.ip, "192.0.2.7");
}

static void
name__empty_too_long_or_with_nul__is_a_violation(void **state)
{
	char name[ASK_USER_MAX + 1];
	struct monmsg msg;

	(void)state;
	memset(name, 'x', sizeof name);
	monmsg_start(&msg, ASK_VERIFY);
	monmsg_put_bytes(&msg, (struct span){ name, sizeof name });
	monmsg_put_bytes(&msg, SPAN("x"));
	assert_int_equal(monitor_answer(&m, &msg), -1);
	assert_int_equal(verify("", "x"), -1);
	monmsg_start(&msg, ASK_VERIFY);
	monmsg_put_bytes(&msg, SPAN("a\0b"));
	monmsg_put_bytes(&msg, SPAN("x"));
	assert_int_equal(monitor_answer(&m, &msg), -1);
}

static int
log_text(uint64_t level, struct span text)
{
	struct monmsg msg;

	monmsg_start(&msg, ASK_LOG);
	monmsg_put_number(&msg, level);
	monmsg_put_bytes(&msg, text);
	return monitor_answer(&m, &msg);
}

static void
log__of_a_role__has_its_name_before_it(void **state)
{
	(void)state;
	assert_int_equal(log_text(LOG_NOTE, SPAN(GUESS "jane from host "
	    "(192.0.2.1) 192.0.2.1")), 0);
	assert_true(line_begins(0, "front: [AUTH] Failed"));
	m.phase = USER_RUNS;
	monitor_hear(&m, "session");
	assert_int_equal(log_text(LOG_TRACE, SPAN("(v1) POP login by")), 0);
	assert_string_equal(lines[1], "session: (v1) POP login by");
}

static void
log__of_a_level_there_is_not__is_a_violation(void **state)
{
	(void)state;
	assert_int_equal(log_text(LOG_TRACE, SPAN("x")), 0);
	assert_int_equal(log_text(LOG_TRACE + 1, SPAN("x")), -1);
}

/* As many lines as it may have reason for; then one that there were more. */
static void
log__too_much_of_a_role__is_left_out(void **state)
{
	const uint32_t most = 16 + 16 + 2 * (3 + 10);
	static char text[LOG_LINE_MAX - 1];
	uint32_t i;

	(void)state;
	for (i = 0; i < 2 * most; i++)
		assert_int_equal(log_text(LOG_NOTE, SPAN("x")), 0);
	assert_int_equal(line_total, most);
	assert_string_equal(last_line, "front: more lines are left out");
	m.phase = USER_RUNS;
	monitor_hear(&m, "session");
	for (i = 0; i < 1000; i++)
		assert_int_equal(log_text(LOG_NOTE, SPAN("x")), 0);
	assert_int_equal(line_total, most + 256);
	/* And as many bytes. */
	memset(text, 'x', sizeof text);
	monitor_hear(&m, "import");
	line_total = 0;
	for (i = 0; i < 1000; i++)
		assert_int_equal(log_text(LOG_NOTE,
		    (struct span){ text, sizeof text }), 0);
	assert_int_equal(line_total, 256 * 256 / sizeof text + 1);
	assert_string_equal(last_line, "import: more lines are left out");
}

static void
stamp__without_a_usable_file__is_none(void **state)
{
	char path[] = "/tmp/solopop-monitor.XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_string_equal(m.login.stamp, "");
	conf.secrets = path;
	assert_int_equal(begin_monitor(), 0);
	assert_string_equal(m.login.stamp, "");
	assert_int_equal(write(fd, "jane:tanstaaf\n", 14), 14);
	assert_int_equal(begin_monitor(), 0);
	assert_int_equal(m.login.stamp[0], '<');
	assert_non_null(strstr(m.login.stamp, ".1700000000."));
	assert_non_null(strstr(m.login.stamp, "@pop.example.org>"));
	assert_int_equal(fchmod(fd, 0640), 0);
	line_count = 0;
	assert_int_equal(begin_monitor(), 0);
	assert_string_equal(m.login.stamp, "");
	assert_non_null(strstr(lines[0], "wrong owner or mode"));
	(void)close(fd);
	(void)unlink(path);
}

#define STAMP "<1896.697170952@dbc.mtview.ca.us>"
#define DIGEST "c4c9334bac560ecc979e58001b3e22fb"	/* of tanstaaf */

static char secrets[] = "/tmp/solopop-monitor.XXXXXX";

/* A file of secrets with this user's, and the stamp of RFC 1939. */
static void
give_secret(const char *user)
{
	char line[ASK_USER_MAX + 32];
	int fd, n;

	memcpy(secrets + strlen(secrets) - 6, "XXXXXX", 6);
	fd = mkstemp(secrets);
	n = snprintf(line, sizeof line, "%s:tanstaaf\n", user);
	assert_int_equal(write(fd, line, (size_t)n), n);
	(void)close(fd);
	conf.secrets = secrets;
	memcpy(m.login.stamp, STAMP, sizeof STAMP);
}

static int
apop(const char *user, const char *digest)
{
	struct monmsg msg;

	monmsg_start(&msg, ASK_APOP);
	monmsg_put_bytes(&msg, span_of(user));
	monmsg_put_bytes(&msg, span_of(digest));
	if (monitor_answer(&m, &msg) == -1)
		return -1;
	assert_int_equal(monmsg_kind(&msg), ASK_ANSWER);
	return (int)monmsg_get_number(&msg);
}

static void
apop__of_the_right_digest__needs_no_pam_by_hand(void **state)
{
	(void)state;
	give_secret(self.name);
	assert_int_equal(apop(self.name, DIGEST), VERDICT_WELCOME);
	assert_int_equal(fake_pam_started, 0);
	assert_int_equal(m.phase, HANDING_OVER);
	(void)unlink(secrets);
}

/* PAM has the last word on the account, and nobody gets in below min-uid. */
static void
apop__as_root__asks_pam_for_the_account(void **state)
{
	(void)state;
	conf.max_failures = 100;
	m.login.root = true;
	give_secret("daemon");
	fake_verdict = VERDICT_EXPIRED;
	assert_int_equal(apop("daemon", DIGEST), VERDICT_WRONG);
	assert_string_equal(lines[0], "login refused: user=daemon "
	    "rhost=192.0.2.7 reason=uid 1 is below min-uid 100");
	fake_verdict = VERDICT_WELCOME;
	assert_int_equal(apop("daemon", DIGEST), VERDICT_WRONG);
	assert_string_equal(lines[1], "login refused: user=daemon "
	    "rhost=192.0.2.7 reason=uid 1 is below min-uid 100");
	assert_int_equal(fake_pam_started, 1);
	(void)unlink(secrets);
}

/* A client that tries APOP first, for a user who has a password alone. */
static void
proof__failed_before_the_right_password__is_no_guess(void **state)
{
	(void)state;
	give_secret("somebody");
	assert_int_equal(apop(self.name, DIGEST), VERDICT_WRONG);
	assert_int_equal(apop(self.name, DIGEST), VERDICT_WRONG);
	assert_int_equal(line_count, 0);
	fake_verdict = VERDICT_WELCOME;
	assert_int_equal(verify(self.name, "x"), VERDICT_WELCOME);
	assert_non_null(strstr(lines[0], "failed 2 times"));
	monitor_free(&m);
	assert_int_equal(line_count, 2);
	assert_non_null(strstr(lines[1], "POP login by user"));
	(void)unlink(secrets);
}

static void
proof__failed_and_nothing_right_after_it__is_a_guess(void **state)
{
	size_t i;

	(void)state;
	give_secret("somebody");
	conf.max_failures = 100;
	assert_int_equal(apop("daemon", DIGEST), VERDICT_WRONG);
	assert_int_equal(apop("bin", DIGEST), VERDICT_WRONG);
	assert_true(line_begins(0, GUESS "daemon"));
	assert_int_equal(line_count, 1);
	assert_int_equal(verify("bin", "x"), VERDICT_WRONG);
	assert_true(line_begins(1, GUESS "bin"));
	assert_true(line_begins(2, GUESS "bin"));
	assert_int_equal(apop("bin", DIGEST), VERDICT_WRONG);
	fake_verdict = VERDICT_WELCOME;
	assert_int_equal(verify(self.name, "x"), VERDICT_WELCOME);
	assert_true(line_begins(3, GUESS "bin"));
	m.phase = FRONT_ASKS;
	assert_int_equal(apop("bin", DIGEST), VERDICT_WRONG);
	i = line_count;
	monitor_free(&m);
	assert_true(line_begins(i, GUESS "bin"));
	/* A name that nobody has is counted at once, and so is a secret's owner. */
	assert_int_equal(begin_monitor(), 0);
	memcpy(m.login.stamp, STAMP, sizeof STAMP);
	assert_int_equal(apop("no-such-user-here", DIGEST), VERDICT_WRONG);
	assert_true(line_begins(i + 1, GUESS "no-such-user-here"));
	assert_int_equal(apop("somebody", "x"), VERDICT_WRONG);
	assert_true(line_begins(i + 2, GUESS "somebody"));
	(void)unlink(secrets);
}

static void
apop__refused__takes_as_long_as_any_other(void **state)
{
	static const char *const digests[] = { "", "x", DIGEST "0",
	    "c4c9334bac560ecc979e58001b3e22fa",
	    "C4C9334BAC560ECC979E58001B3E22FB" };
	int64_t began;
	size_t i;

	(void)state;
	conf.max_failures = 100;
	give_secret(self.name);
	for (i = 0; i < COUNT(digests); i++) {
		began = fake_now;
		assert_int_equal(apop(self.name, digests[i]), VERDICT_WRONG);
		assert_int_equal(fake_now - began, 3000);
	}
	began = fake_now;
	assert_int_equal(apop("no-such-user-here", DIGEST), VERDICT_WRONG);
	assert_int_equal(fake_now - began, 3000);
	/* No stamp was given, so a digest of the secret alone is no answer. */
	m.login.stamp[0] = '\0';
	assert_int_equal(apop(self.name, "b3aa0ba4e1f957e5f3ef356cfc147008"),
	    VERDICT_TROUBLE);
	assert_int_equal(fake_now - began, 6000);
	memcpy(m.login.stamp, STAMP, sizeof STAMP);
	(void)unlink(secrets);
	assert_int_equal(apop(self.name, DIGEST), VERDICT_TROUBLE);
	assert_int_equal(fake_now - began, 9000);
	assert_int_equal(fake_pam_started, 0);
}

/* The nonce that comes, or "" if there is none to be had; -1 a violation. */
static int
challenge(const char *user, struct ask_challenge *c)
{
	struct span nonce, salt;
	struct monmsg msg;

	monmsg_start(&msg, ASK_CHALLENGE);
	monmsg_put_bytes(&msg, span_of(user));
	if (monitor_answer(&m, &msg) == -1)
		return -1;
	assert_int_equal(monmsg_kind(&msg), ASK_CHALLENGE);
	nonce = monmsg_get_bytes(&msg);
	salt = monmsg_get_bytes(&msg);
	c->salt.iterations = (uint32_t)monmsg_get_number(&msg);
	assert_int_equal(monmsg_end(&msg), 0);
	c->salt.len = salt.len;
	memcpy(c->salt.bytes, salt.p, salt.len);
	assert_int_equal(span_copy(c->nonce, sizeof c->nonce, nonce), 0);
	return 0;
}

/* With the digest of what cram_challenge() makes of the nonce. */
static int
cram(const char *user, const char *nonce, const char *secret)
{
	unsigned char mac[DIGEST_MD5];
	char text[CRAM_CHALLENGE_MAX], digest[DIGEST_MD5_HEX + 1];
	struct span part;
	struct monmsg msg;

	assert_int_equal(cram_challenge(text, nonce, conf.pop3.host), 0);
	part = span_of(text);
	hmac_md5(mac, span_of(secret), &part, 1);
	digest_hex(digest, mac, sizeof mac);
	monmsg_start(&msg, ASK_CRAM);
	monmsg_put_bytes(&msg, span_of(user));
	monmsg_put_bytes(&msg, span_of(digest));
	if (monitor_answer(&m, &msg) == -1)
		return -1;
	assert_int_equal(monmsg_kind(&msg), ASK_ANSWER);
	return (int)monmsg_get_number(&msg);
}

static void
give_secrets(const char *user)
{
	give_secret(user);
	conf.max_failures = 100;
	m.login.secrets = (struct secrets_kinds){ true, true };
}

static void
cram__of_the_right_digest__is_welcome__once(void **state)
{
	struct ask_challenge c, again;

	(void)state;
	give_secrets(self.name);
	assert_int_equal(challenge("", &c), 0);
	assert_int_equal(strlen(c.nonce), 24);
	assert_int_equal(c.salt.len, 0);
	assert_int_equal(cram(self.name, c.nonce, "wrong"), VERDICT_WRONG);
	/* The nonce is used up, and no other is as good. */
	assert_int_equal(cram(self.name, c.nonce, "tanstaaf"), -1);
	assert_int_equal(cram(self.name, "", "tanstaaf"), -1);
	assert_int_equal(challenge("", &again), 0);
	assert_string_not_equal(c.nonce, again.nonce);
	assert_int_equal(cram(self.name, c.nonce, "tanstaaf"), VERDICT_WRONG);
	assert_int_equal(challenge("", &c), 0);
	assert_int_equal(cram(self.name, c.nonce, "tanstaaf"),
	    VERDICT_WELCOME);
	assert_int_equal(m.phase, HANDING_OVER);
	assert_int_equal(fake_pam_started, 0);
	assert_int_equal(challenge("", &c), -1);
	(void)unlink(secrets);
}

static void
cram__refused__takes_as_long_as_any_other(void **state)
{
	static const char *const names[] = { "no-such-user-here", "x", NULL };
	struct ask_challenge c;
	int64_t began;
	size_t i;

	(void)state;
	give_secrets(self.name);
	for (i = 0; i < COUNT(names); i++) {
		assert_int_equal(challenge("", &c), 0);
		began = fake_now;
		assert_int_equal(cram(names[i] != NULL ? names[i] : self.name,
		    c.nonce, "wrong"), VERDICT_WRONG);
		assert_int_equal(fake_now - began, 3000);
	}
	assert_int_equal(challenge("", &c), 0);
	(void)unlink(secrets);
	assert_int_equal(cram(self.name, c.nonce, "tanstaaf"),
	    VERDICT_TROUBLE);
	assert_int_equal(fake_now - began, 6000);
}

static void
cram__as_root__asks_pam_for_the_account(void **state)
{
	struct ask_challenge c;

	(void)state;
	m.login.root = true;
	give_secrets("daemon");
	fake_verdict = VERDICT_EXPIRED;
	conf.min_uid = 1;
	assert_int_equal(challenge("", &c), 0);
	assert_int_equal(cram("daemon", c.nonce, "tanstaaf"),
	    VERDICT_EXPIRED);
	assert_int_equal(fake_pam_started, 1);
	(void)unlink(secrets);
}

#define NONCE "client's"

/* As a client of this password does it; *signature is what comes back. */
static int
scram(const char *user, const struct ask_challenge *c, const char *password,
    unsigned char signature[SCRAM_PROOF])
{
	unsigned char k[SCRAM_PROOF], sum[SCRAM_PROOF];
	struct span ks = { (const char *)k, sizeof k };
	struct span name = SPAN("Client Key"), answer;
	char message[256], salt[SCRAM_SALT_TEXT_MAX];
	struct span part = { message, 0 };
	struct monmsg msg;
	size_t i;
	int verdict;

	scram_put_salt(salt, &c->salt);
	part.len = (size_t)snprintf(message, sizeof message, "first,r=" NONCE
	    "%s%s,last", c->nonce, salt);
	pbkdf2_sha256(k, span_of(password), (struct span){
	    (const char *)c->salt.bytes, c->salt.len }, c->salt.iterations);
	hmac_sha256(k, ks, &name, 1);
	digest_sha256(sum, &ks, 1);
	hmac_sha256(sum, (struct span){ (const char *)sum, sizeof sum },
	    &part, 1);
	for (i = 0; i < sizeof k; i++)
		k[i] ^= sum[i];
	monmsg_start(&msg, ASK_SCRAM);
	monmsg_put_bytes(&msg, span_of(user));
	monmsg_put_bytes(&msg, SPAN("first"));
	monmsg_put_bytes(&msg, SPAN(NONCE));
	monmsg_put_bytes(&msg, SPAN("last"));
	monmsg_put_bytes(&msg, ks);
	if (monitor_answer(&m, &msg) == -1)
		return -1;
	assert_int_equal(monmsg_kind(&msg), ASK_ANSWER);
	verdict = (int)monmsg_get_number(&msg);
	answer = monmsg_get_bytes(&msg);
	assert_int_equal(monmsg_end(&msg), 0);
	assert_int_equal(answer.len, SCRAM_PROOF);
	memcpy(signature, answer.p, answer.len);
	return verdict;
}

static void
scram__of_the_right_proof__is_welcome_and_signed(void **state)
{
	static const unsigned char none[SCRAM_PROOF];
	unsigned char signature[SCRAM_PROOF];
	struct ask_challenge c, again;

	(void)state;
	claims_erased = 0;
	give_secrets(self.name);
	assert_int_equal(challenge(self.name, &c), 0);
	assert_int_equal(c.salt.len, SECRETS_SALT);
	assert_int_equal(c.salt.iterations, SECRETS_ITERATIONS);
	assert_int_equal(scram(self.name, &c, "wrong", signature),
	    VERDICT_WRONG);
	assert_memory_equal(signature, none, sizeof none);
	assert_int_equal(scram(self.name, &c, "tanstaaf", signature), -1);
	assert_int_equal(challenge(self.name, &again), 0);
	assert_memory_equal(c.salt.bytes, again.salt.bytes, c.salt.len);
	assert_string_not_equal(c.nonce, again.nonce);
	assert_int_equal(scram(self.name, &again, "tanstaaf", signature),
	    VERDICT_WELCOME);
	assert_memory_not_equal(signature, none, sizeof none);
	assert_int_equal(m.phase, HANDING_OVER);
	assert_int_equal(claims_erased, 2);
	(void)unlink(secrets);
}

/* A proof of the right password by one who may not in has no signature. */
static void
scram__refused__takes_as_long_and_is_not_signed(void **state)
{
	static const unsigned char none[SCRAM_PROOF];
	unsigned char signature[SCRAM_PROOF];
	struct ask_challenge c, known;
	int64_t began;

	(void)state;
	give_secrets("no-such-user-here");
	assert_int_equal(challenge("no-such-user-here", &c), 0);
	began = fake_now;
	assert_int_equal(scram("no-such-user-here", &c, "tanstaaf", signature),
	    VERDICT_WRONG);
	assert_memory_equal(signature, none, sizeof none);
	assert_int_equal(fake_now - began, 3000);
	assert_int_equal(challenge("nor-this-one", &known), 0);
	assert_int_equal(known.salt.len, c.salt.len);
	assert_int_equal(known.salt.iterations, c.salt.iterations);
	assert_memory_not_equal(known.salt.bytes, c.salt.bytes, c.salt.len);
	assert_int_equal(scram("nor-this-one", &known, "tanstaaf", signature),
	    VERDICT_WRONG);
	assert_int_equal(fake_now - began, 6000);
	(void)unlink(secrets);
}

static void
challenge__where_nobody_can_succeed__is_a_violation(void **state)
{
	struct ask_challenge c;

	(void)state;
	assert_int_equal(challenge("", &c), -1);
	assert_int_equal(challenge("jane", &c), -1);
	give_secrets(self.name);
	m.login.secrets.password = false;
	assert_int_equal(challenge("", &c), -1);
	assert_int_equal(challenge("jane", &c), 0);
	(void)unlink(secrets);
	assert_int_equal(challenge("jane", &c), 0);
	assert_string_equal(c.nonce, "");
	assert_non_null(strstr(lines[line_count - 1], "no challenge: "));
}

/*
 * No nonce, no proof; and once there are random bytes again, what stands in for
 * a nobody's salt must come of them: of a key that anybody can guess it would
 * tell who has an entry.
 */
static void
challenge__without_random_bytes__is_none_and_the_next_has_all(void **state)
{
	static const unsigned char none[SECRETS_KEY];
	unsigned char signature[SCRAM_PROOF];
	struct ask_challenge c;
	unsigned nth;

	(void)state;
	give_secrets(self.name);
	for (nth = 1; nth <= 2; nth++) {	/* key, nonce */
		begin(NULL, false);
		m.login.secrets = (struct secrets_kinds){ true, true };
		line_count = 0;
		random_calls = 0;
		random_fails_at = nth;
		assert_int_equal(challenge("nobody-here", &c), 0);
		assert_string_equal(c.nonce, "");
		assert_int_equal(c.salt.len, 0);
		assert_string_equal(lines[0],
		    "no challenge: Input/output error");
		assert_int_equal(cram(self.name, "", "tanstaaf"), -1);
		c.salt.iterations = SECRETS_ITERATIONS_MIN;
		assert_int_equal(scram(self.name, &c, "tanstaaf", signature),
		    -1);
		assert_int_equal(challenge("nobody-here", &c), 0);
		assert_string_not_equal(c.nonce, "");
		assert_memory_not_equal(m.login.salt_key, none, sizeof none);
	}
	(void)unlink(secrets);
}

/* APOP's stamp: no session begins with one that can be guessed. */
static void
init__without_random_bytes__fails(void **state)
{
	(void)state;
	give_secrets(self.name);
	monitor_free(&m);
	random_calls = 0;
	random_fails_at = 1;
	assert_int_equal(begin_monitor(), -1);
	assert_int_equal(errno, EIO);
	assert_string_equal(m.login.stamp, "");
	(void)unlink(secrets);
}

static void
challenges__too_many__are_a_violation(void **state)
{
	struct ask_challenge c;
	int i = 0;

	(void)state;
	give_secrets(self.name);
	conf.max_failures = 3;
	while (challenge("", &c) == 0 && i < 1000)
		i++;
	assert_int_equal(i, 16 + 2 * (3 + 10));
	(void)unlink(secrets);
}

/* Fields that are too long each for itself, in a message that is not. */
static void
scram__with_a_field_too_long__is_a_violation(void **state)
{
	static const size_t most[] = { ASK_USER_MAX, SCRAM_FIRST_MAX,
	    SCRAM_NONCE_MAX, SCRAM_LAST_MAX, SCRAM_PROOF };
	static const char bytes[SCRAM_FIRST_MAX + 1] = "x";
	struct monmsg msg;
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(most); i++) {
		allow_all();
		monmsg_start(&msg, ASK_SCRAM);
		for (j = 0; j < COUNT(most); j++)
			monmsg_put_bytes(&msg, (struct span){ bytes,
			    i == j ? most[j] + 1 :
			    j == COUNT(most) - 1 ? most[j] : 1 });
		assert_int_equal(monitor_answer(&m, &msg), -1);
	}
}

static void
no_auth__lets_in_anybody__as_ourselves(void **state)
{
	(void)state;
	conf.no_auth = true;
	assert_int_equal(send_kind(ASK_EXPECT), 0);
	assert_int_equal(verify("whoever", ""), VERDICT_WELCOME);
	assert_string_equal(m.login.user.name, "whoever");
	assert_int_equal(m.login.user.uid, geteuid());
	assert_int_equal(fake_pam_started, 0);
}

/* --- Virtual users ------------------------------------------------------- */

/* Ourselves for all, with or without an entry in passwd(5). */
static void
be_virtual(const char *pattern)
{
	static char number[16];

	(void)snprintf(number, sizeof number, "%ju", (uintmax_t)geteuid());
	conf.virtual_user = number;
	conf.maildir = pattern;
	conf.max_failures = 100;
}

static void
expect_maildir(const char *path)
{
	char found[PATH_MAX];

	assert_int_equal(login_maildir(&m.login, found), 0);
	assert_string_equal(found, path);
}

static void
virtual__welcome__has_a_maildir_and_our_uid(void **state)
{
	(void)state;
	be_virtual("/srv/mail/%d/%n");
	fake_verdict = VERDICT_WELCOME;
	assert_int_equal(verify("Jane@Example.ORG", "x"), VERDICT_WELCOME);
	expect_maildir("/srv/mail/example.org/jane");
	assert_int_equal(m.login.user.uid, geteuid());
	assert_string_equal(m.login.whole, "jane@example.org");
	assert_string_equal(pamauth_user(m.login.pam), "jane@example.org");
	assert_non_null(strstr(lines[0], "\"jane@example.org\""));
}

static void
virtual__hostile_names__are_wrong__and_nobody_is_asked(void **state)
{
	static const char *const names[] = { "..", "../jane@x", "jane@..",
		"jane@../x", "a/../jane@x", "/jane@x", "jane@x/", ".jane@x",
		"jane@.x", "jane", "jane@", "@x", "jane@x@x", "jane\xff@x",
		"jane%d@x", "j ane@x", "jane\n@x" };
	int64_t began;
	size_t i;

	(void)state;
	be_virtual("/srv/mail/%d/%n");
	fake_verdict = VERDICT_WELCOME;
	for (i = 0; i < COUNT(names); i++) {
		began = fake_now;
		assert_int_equal(verify(names[i], "x"), VERDICT_WRONG);
		assert_int_equal(fake_now - began, 3000);
		assert_int_equal(m.phase, FRONT_ASKS);
	}
}

/*
 * Though there is a secret under that very name: it is no name that a virtual
 * user can have, and PAM does not get to see it.
 */
static void
virtual__hostile_names__are_wrong__by_each_mechanism(void **state)
{
	static const char *const names[] = { "../jane", "a/b@x.org",
	    "jane@../x", ".jane@x.org", "jane@x.org/", "@x.org", "jane@",
	    "jane@x@y" };
	unsigned char signature[SCRAM_PROOF];
	struct ask_challenge c;
	size_t i;

	(void)state;
	be_virtual("/srv/mail/%u");
	m.login.root = true;
	fake_verdict = VERDICT_WELCOME;
	for (i = 0; i < COUNT(names); i++) {
		give_secrets(names[i]);
		assert_int_equal(verify(names[i], "tanstaaf"), VERDICT_WRONG);
		assert_int_equal(apop(names[i], DIGEST), VERDICT_WRONG);
		assert_int_equal(challenge("", &c), 0);
		assert_int_equal(cram(names[i], c.nonce, "tanstaaf"),
		    VERDICT_WRONG);
		assert_int_equal(challenge(names[i], &c), 0);
		assert_int_equal(scram(names[i], &c, "tanstaaf", signature),
		    VERDICT_WRONG);
		(void)unlink(secrets);
	}
	assert_int_equal(fake_pam_started, 0);
	give_secrets("jane@x.org");
	assert_int_equal(challenge("Jane@x.org", &c), 0);
	(void)scram("Jane@x.org", &c, "tanstaaf", signature);
	assert_int_equal(fake_pam_started, 1);
	(void)unlink(secrets);
}

static void
virtual__without_a_domain__has_that_of_the_site(void **state)
{
	(void)state;
	be_virtual("/srv/mail/%d/%n");
	conf.virtual_domain = "example.org";
	fake_verdict = VERDICT_WELCOME;
	assert_int_equal(verify("jane", "x"), VERDICT_WELCOME);
	expect_maildir("/srv/mail/example.org/jane");
	assert_string_equal(m.login.whole, "jane@example.org");
}

static void
virtual__as_root__root_and_low_uids_hold_no_mail(void **state)
{
	(void)state;
	be_virtual("/srv/mail/%u");
	m.login.root = true;
	fake_verdict = VERDICT_WELCOME;
	conf.virtual_user = "root";
	assert_int_equal(verify("jane", "x"), VERDICT_WRONG);
	conf.virtual_user = "0";
	assert_int_equal(verify("jane", "x"), VERDICT_WRONG);
	conf.virtual_user = "daemon";
	assert_int_equal(verify("jane", "x"), VERDICT_WRONG);
	assert_non_null(strstr(lines[2], "reason=uid 1 is below min-uid 100"));
	conf.virtual_user = "no-such-user-here";
	assert_int_equal(verify("jane", "x"), VERDICT_TROUBLE);
}

static void
secrets_alone__let_in_and_refuse_in_equal_time(void **state)
{
	static const struct {
		const char *user, *password;
		enum verdict verdict;
	} rows[] = {
		{ "jane@x", "tanstaaf", VERDICT_WELCOME },
		{ "JANE@x", "tanstaaf", VERDICT_WELCOME },
		{ "jane@x", "tanstaa", VERDICT_WRONG },
		{ "jane@x", "tanstaafl", VERDICT_WRONG },
		{ "jane@x", "", VERDICT_WRONG },
		{ "jane@y", "tanstaaf", VERDICT_WRONG },
		{ "jane", "tanstaaf", VERDICT_WRONG },
	};
	int64_t began;
	size_t i;

	(void)state;
	be_virtual("/srv/mail/%u");
	conf.no_pam = true;
	give_secret("jane@x");
	for (i = 0; i < COUNT(rows); i++) {
		m.phase = FRONT_ASKS;
		began = fake_now;
		assert_int_equal(verify(rows[i].user, rows[i].password),
		    rows[i].verdict);
		assert_int_equal(fake_now - began,
		    rows[i].verdict == VERDICT_WELCOME ? 0 : 3000);
	}
	m.phase = FRONT_ASKS;
	assert_int_equal(apop("Jane@X", DIGEST), VERDICT_WELCOME);
	assert_int_equal(fake_pam_started, 0);
	(void)unlink(secrets);
	m.phase = FRONT_ASKS;
	assert_int_equal(verify("jane@x", "tanstaaf"), VERDICT_TROUBLE);
}

static void
folder__is_cut_off_before_anybody_is_asked(void **state)
{
	(void)state;
	be_virtual("/srv/mail/%u");
	conf.folder_delimiter = "+";
	conf.no_pam = true;
	give_secret("jane@x");
	assert_int_equal(verify("jane+Lists.a@x", "tanstaaf"),
	    VERDICT_WELCOME);
	expect_maildir("/srv/mail/jane@x");
	assert_string_equal(m.login.folder, "Lists.a");
	assert_string_equal(m.login.user.name, "jane@x");
	assert_non_null(strstr(lines[0], "\"jane+Lists.a@x\""));
	assert_int_equal(hand_over(), 0);
	assert_int_equal(report(), 0);
	assert_non_null(strstr(lines[1], "Stats: jane+Lists.a@x 1 2"));
	m.phase = FRONT_ASKS;
	assert_int_equal(apop("jane+b@x", DIGEST), VERDICT_WELCOME);
	assert_string_equal(m.login.folder, "b");
	m.phase = FRONT_ASKS;
	assert_int_equal(verify("jane@x", "tanstaaf"), VERDICT_WELCOME);
	assert_string_equal(m.login.folder, "");
	m.phase = FRONT_ASKS;
	assert_int_equal(verify("jane+../b@x", "tanstaaf"), VERDICT_WRONG);
	assert_int_equal(verify("jane+.@x", "tanstaaf"), VERDICT_WRONG);
	assert_int_equal(verify("jane+@x", "tanstaaf"), VERDICT_WRONG);
	assert_int_equal(verify("+b", "tanstaaf"), VERDICT_WRONG);
	(void)unlink(secrets);
}

static void
folder__of_a_system_user__with_the_delimiter_only(void **state)
{
	char name[2 * ASK_USER_MAX];

	(void)state;
	conf.max_failures = 100;
	fake_verdict = VERDICT_WELCOME;
	(void)snprintf(name, sizeof name, "%s+Lists", self.name);
	assert_int_equal(verify(name, "x"), VERDICT_NOT_NOW);
	assert_string_equal(pamauth_user(m.login.pam), name);
	conf.folder_delimiter = "+";
	assert_int_equal(verify(name, "x"), VERDICT_WELCOME);
	assert_string_equal(pamauth_user(m.login.pam), self.name);
	assert_string_equal(m.login.folder, "Lists");
	assert_string_equal(m.login.whole, name);
}

static void
no_auth__with_virtual_users__still_looks_at_names(void **state)
{
	(void)state;
	be_virtual("/srv/mail/%d/%n");
	conf.no_auth = true;
	assert_int_equal(verify("jane@..", ""), VERDICT_WRONG);
	assert_int_equal(verify("jane@x", ""), VERDICT_WELCOME);
	expect_maildir("/srv/mail/x/jane");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(verify__of_who_has_a_secret__wants_something_stronger),
		TEST(verify__with_secrets_that_cannot_be_read__is_not_for_today),
		TEST(verify__welcome__leads_to_the_hand_over_and_the_report),
		TEST(hand_over__before_a_right_password__needs_no_answer),
		TEST(hand_over__before_a_wrong_password__is_forgotten),
		TEST(hand_over__before_stls__is_forgotten),
		TEST(hand_over__of_a_language_there_is_not__is_a_violation),
		TEST(verify__of_somebody_else__is_wrong_though_pam_agrees),
		TEST(verify__as_root__lets_in_neither_root_nor_low_uids),
		TEST(refusal__takes_the_same_time__whatever_it_was),
		TEST(refusal__that_is_late__waits_for_the_next_whole_delay),
		TEST(refusal__of_who_may_never_log_in__is_that_of_a_wrong_word),
		TEST(refusal__by_a_list__is_that_of_a_wrong_word),
		TEST(refusal__is_logged__and_its_name_cannot_forge),
		TEST(refusal__of_the_longest_name__has_its_address_in_the_log),
		TEST(refusals__too_many__turn_away_for_good),
		TEST(refusal__without_a_wrong_password__is_no_guess),
		TEST(trouble__of_our_own__ends_no_session_but_for_many),
		TEST(expect__starts_pam__once),
		TEST(apop__of_the_right_digest__needs_no_pam_by_hand),
		TEST(apop__as_root__asks_pam_for_the_account),
		TEST(proof__failed_before_the_right_password__is_no_guess),
		TEST(proof__failed_and_nothing_right_after_it__is_a_guess),
		TEST(apop__refused__takes_as_long_as_any_other),
		TEST(cram__of_the_right_digest__is_welcome__once),
		TEST(cram__refused__takes_as_long_as_any_other),
		TEST(cram__as_root__asks_pam_for_the_account),
		TEST(scram__of_the_right_proof__is_welcome_and_signed),
		TEST(scram__refused__takes_as_long_and_is_not_signed),
		TEST(scram__with_a_field_too_long__is_a_violation),
		TEST(challenge__where_nobody_can_succeed__is_a_violation),
		TEST(challenge__without_random_bytes__is_none_and_the_next_has_all),
		TEST(init__without_random_bytes__fails),
		TEST(challenges__too_many__are_a_violation),
		TEST(no_auth__lets_in_anybody__as_ourselves),
		TEST(virtual__welcome__has_a_maildir_and_our_uid),
		TEST(virtual__hostile_names__are_wrong__and_nobody_is_asked),
		TEST(virtual__hostile_names__are_wrong__by_each_mechanism),
		TEST(virtual__without_a_domain__has_that_of_the_site),
		TEST(virtual__as_root__root_and_low_uids_hold_no_mail),
		TEST(secrets_alone__let_in_and_refuse_in_equal_time),
		TEST(folder__is_cut_off_before_anybody_is_asked),
		TEST(folder__of_a_system_user__with_the_delimiter_only),
		TEST(no_auth__with_virtual_users__still_looks_at_names),
		TEST(message__out_of_its_moment__is_a_violation),
		TEST(message__longer_or_shorter_than_its_form__is_a_violation),
		TEST(stls__where_it_is_not_offered_or_again__is_a_violation),
		TEST(stls__that_cannot_start__is_refused_and_not_tried_again),
		TEST(stls__failed_logins_before__still_count),
		TEST(begin__by_where_the_client_comes_from),
		TEST(peer__is_what_the_log_has_from_then_on),
		TEST(peer__none__is_the_proxy_itself),
		TEST(peer__unknown__proxys_address_but_remote),
		TEST(verify__remote_client_without_address__rhost_of_its_own),
		TEST(verify__local_client_without_address__no_rhost),
		TEST(peer__that_is_no_address__is_a_violation),
		TEST(xclient__from_a_proxy__once__and_pam_begins_anew),
		TEST(xclient__without_an_address__is_a_violation),
		TEST(name__empty_too_long_or_with_nul__is_a_violation),
		TEST(log__of_a_role__has_its_name_before_it),
		TEST(log__of_a_level_there_is_not__is_a_violation),
		TEST(log__too_much_of_a_role__is_left_out),
		TEST(stamp__without_a_usable_file__is_none),
	};

	log_divert(take_line, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
