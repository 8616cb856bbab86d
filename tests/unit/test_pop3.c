/*
 * The conversation and its commands: any input over a pipe, a monitor that says
 * what it is told, and a real Maildir.
 */
#include "box.h"
#include "fake_clock.h"
#include "io/monmsg.h"
#include "maildir/index.h"
#include "pop3/commands.h"

#include "config.h"
#include "pop3/authorization.h"
#include "session/session.h"
#include "session/transaction.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct pop3_conf conf;
static const char *stamp;
static struct secrets_kinds secrets;
static struct { bool offered, active, greeted; } tls;
static int in_pipe[2];
static char said[8192];			/* to the client */
static char logged[2048];		/* line by line */

/* The monitor: what it answers, and what it was told. */
static struct {
	enum verdict verdict;
	unsigned tries;			/* the last of them is the last */
	bool dead, no_nonce;
	unsigned expects, reports, stls, peers, answers;
	bool tls_broken;
	char ip[INET6_ADDRSTRLEN];
	char user[ASK_USER_MAX + 1], secret[SECRET_MAX + 1];
	uint64_t totals[4];
} mon;

static int
answer(void *ctx, struct monmsg *m)
{
	unsigned char kind = monmsg_kind(m);
	size_t i;

	(void)ctx;
	if (mon.dead) {
		errno = EPROTO;
		return -1;
	}
	if (kind == ASK_VERIFY || kind == ASK_APOP) {
		assert_int_equal(span_copy(mon.user, sizeof mon.user,
		    monmsg_get_bytes(m)), 0);
		assert_int_equal(span_copy(mon.secret, sizeof mon.secret,
		    monmsg_get_bytes(m)), 0);
		assert_int_equal(monmsg_end(m), 0);
		monmsg_start(m, ASK_ANSWER);
		monmsg_put_number(m, (uint64_t)mon.verdict |
		    (mon.tries-- == 1 ? VERDICT_LAST : 0));
		return 0;
	}
	if (kind == ASK_CHALLENGE) {
		monmsg_start(m, ASK_CHALLENGE);
		monmsg_put_bytes(m, span_of(mon.no_nonce ? "" : "nonce"));
		monmsg_put_bytes(m, SPAN("salt"));
		monmsg_put_number(m, 4096);
		return 0;
	}
	if (kind == ASK_SCRAM || kind == ASK_CRAM) {
		assert_span(monmsg_get_bytes(m), "jane");
		if (kind == ASK_SCRAM) {
			assert_span(monmsg_get_bytes(m), "n=jane,r=x");
			assert_span(monmsg_get_bytes(m), "x");
			assert_span(monmsg_get_bytes(m), "c=biws,r=xnonce");
		}
		assert_int_equal(monmsg_get_bytes(m).len,
		    32);
		assert_int_equal(monmsg_end(m), 0);
		monmsg_start(m, ASK_ANSWER);
		monmsg_put_number(m, (uint64_t)mon.verdict);
		if (kind == ASK_SCRAM)
			monmsg_put_bytes(m, SPAN("0123456789abcdef"
			    "0123456789abcdef"));
		return 0;
	}
	if (kind == ASK_REPORT) {
		for (i = 0; i < COUNT(mon.totals); i++)
			mon.totals[i] = monmsg_get_number(m);
		mon.reports++;
	} else if (kind == ASK_PEER) {
		assert_int_equal(span_copy(mon.ip, sizeof mon.ip,
		    monmsg_get_bytes(m)), 0);
		mon.peers++;
	} else if (kind == ASK_STLS) {
		mon.stls++;
		assert_int_equal(monmsg_end(m), 0);
		monmsg_start(m, ASK_STLS);
		monmsg_put_number(m, !mon.tls_broken);
		return 0;
	} else if (kind == ASK_ANSWERS) {
		mon.answers++;
	} else {
		assert_int_equal(kind, ASK_EXPECT);
		mon.expects++;
	}
	assert_int_equal(monmsg_end(m), 0);
	m->len = 0;
	return 0;
}

static void
take_line(void *ctx, enum log_level level, const char *line)
{
	size_t len = strlen(logged);

	(void)ctx;
	(void)level;
	(void)snprintf(logged + len, sizeof logged - len, "%s\n", line);
}

static int
set_up(void **state)
{
	conf = (struct pop3_conf){
		.idle_time = 600 * 1000,
		.login_time = 180 * 1000,
		.yield_time = 30 * 1000,
		.max_bad = 4,
		.host = "pop.example.org",
		.drop = { .lock = true, .index = INDEX_AUTO },
	};
	memset(&mon, 0, sizeof mon);
	mon.verdict = VERDICT_WELCOME;
	memset(&tls, 0, sizeof tls);
	secrets = (struct secrets_kinds){ false, false };
	stamp = "";
	logged[0] = '\0';
	fake_step = 0;
	fake_date = time(NULL);		/* as the file system's clock */
	return pipe(in_pipe) == -1 ? -1 : box_set_up(state);
}

static int
tear_down(void **state)
{
	(void)close(in_pipe[0]);
	if (in_pipe[1] != -1)
		(void)close(in_pipe[1]);
	return box_tear_down(state);
}

static void
type(struct span bytes)
{
	assert_int_equal(write(in_pipe[1], bytes.p, bytes.len), bytes.len);
}

/* For another conversation in the same test. */
static void
type_anew(void)
{
	assert_int_equal(close(in_pipe[0]), 0);
	assert_int_equal(pipe(in_pipe), 0);
}

static void
hang_up(void)
{
	(void)close(in_pipe[1]);
	in_pipe[1] = -1;
}

static struct pop3 *
begin(struct ask *ask, int out)
{
	static const struct peer peer = { .ip = "192.0.2.7", .known = true };
	struct pop3 *p;

	*ask = (struct ask){ .fd = -1, .answer = answer };
	p = pop3_new(&conf, &peer, ask, stamp, in_pipe[0], out);
	assert_non_null(p);
	p->secrets = secrets;
	p->tls_offered = tls.offered;
	p->tls = tls.active;
	p->greeted = tls.greeted;
	return p;
}

/* What the client has got. */
static void
hear(int out)
{
	memset(said, 0, sizeof said);
	assert_true(pread(out, said, sizeof said - 1, 0) >= 0);
	assert_int_equal(close(out), 0);
}

static int
open_ear(void)
{
	char path[BOX_PATH_MAX];

	return open(box_path(path, "said"), O_RDWR | O_CREAT | O_TRUNC, 0600);
}

/* Converse until it is over; said and logged tell how it went. */
static enum pop3_step
run(void)
{
	enum pop3_step step;
	struct ask ask;
	struct pop3 *p;
	int out = open_ear();

	p = begin(&ask, out);
	if ((step = authorization_run(p)) == STEP_LOGIN)
		session_run(p, box_top());
	pop3_free(p);
	hear(out);
	return step;
}

/* All that a client types, then it hangs up. */
static enum pop3_step
converse(const char *input)
{
	type(span_of(input));
	hang_up();
	return run();
}

#define BANNER "+OK POP3 solopop at pop.example.org starting.\r\n"
#define BYE "+OK Pop server at pop.example.org signing off.\r\n"
#define LOGIN "USER jane\r\nPASS secret\r\n"
#define WANTED "+OK Password required for jane.\r\n"
#define IN(count, octets) BANNER WANTED \
	"+OK jane has " count " (" octets " octets).\r\n"
#define UNKNOWN(word) "-ERR Unknown command: \"" word "\".\r\n"

static void
words__of_any_case_and_spacing__are_commands(void **state)
{
	(void)state;
	assert_int_equal(converse("quit\r\n"), STEP_END);
	assert_string_equal(said, BANNER BYE);
	assert_int_equal(mon.expects, 0);
	assert_string_equal(logged, "");
}

/* One command in TRANSACTION over two messages of 20 and 8 octets. */
static const struct {
	const char *command, *answer;
} transaction[] = {
	{ "STAT", "+OK 2 28\r\n" },
	{ "sTaT  ", "+OK 2 28\r\n" },
	{ "STAT 1", "-ERR Too many arguments for the stat command.\r\n" },
	{ "LIST", "+OK 2 messages (28 octets)\r\n1 20\r\n2 8\r\n.\r\n" },
	{ "LIST 2", "+OK 2 8\r\n" },
	{ "LIST 0", "-ERR Message 0 does not exist.\r\n" },
	{ "LIST 3", "-ERR Message 3 does not exist.\r\n" },
	{ "LIST -1", "-ERR Message -1 does not exist.\r\n" },
	{ "LIST 1x", "-ERR Message 1x does not exist.\r\n" },
	{ "LIST 4294967297", "-ERR Message 4294967297 does not exist.\r\n" },
	{ "LIST 18446744073709551617",
	    "-ERR Message 18446744073709551617 does not exist.\r\n" },
	{ "LIST 1 2", "-ERR Too many arguments for the list command.\r\n" },
	{ "LIST \xff\x01", "-ERR Message \xff? does not exist.\r\n" },
	{ "UIDL", "+OK uidl command accepted.\r\n1 1.a\r\n2 2.b\r\n.\r\n" },
	{ "UIDL 1", "+OK 1 1.a\r\n" },
	{ "UIDL 9", "-ERR Message 9 does not exist.\r\n" },
	{ "LAST", "+OK 0 is the last read message.\r\n" },
	{ "RETR 1", "+OK 20 octets\r\nH: h\r\n\r\n..\r\n..x\r\nend\r\n.\r\n" },
	{ "RETR 2", "+OK 8 octets\r\nI: i\r\n\r\n.\r\n" },
	{ "RETR", "-ERR Too few arguments for the retr command.\r\n" },
	{ "RETR 1 2", "-ERR Too many arguments for the retr command.\r\n" },
	{ "TOP 1 0", "+OK 20 octets\r\nH: h\r\n\r\n.\r\n" },
	{ "TOP 1 1", "+OK 20 octets\r\nH: h\r\n\r\n..\r\n.\r\n" },
	{ "TOP 1 99999999999999999999", "+OK 20 octets\r\nH: h\r\n\r\n..\r\n"
	    "..x\r\nend\r\n.\r\n" },
	{ "TOP 1 x", "-ERR \"x\" is not a number of lines.\r\n" },
	{ "TOP 1 -1", "-ERR \"-1\" is not a number of lines.\r\n" },
	{ "TOP 1", "-ERR Too few arguments for the top command.\r\n" },
	{ "TOP 7 1", "-ERR Message 7 does not exist.\r\n" },
	{ "DELE 1", "+OK Message 1 has been deleted.\r\n" },
	{ "DELE 01", "+OK Message 1 has been deleted.\r\n" },
	{ "DELE", "-ERR Too few arguments for the dele command.\r\n" },
	{ "DELE 3", "-ERR Message 3 does not exist.\r\n" },
	{ "NOOP", "+OK \r\n" },
	{ "RSET", "+OK Maildrop has 2 messages (28 octets)\r\n" },
	{ "USER jane", UNKNOWN("user") },
	{ "PASS x", UNKNOWN("pass") },
	{ "APOP a b", UNKNOWN("apop") },
	{ "QUIT now", "-ERR Too many arguments for the quit command.\r\n" },
	{ "", UNKNOWN("") },
	{ "   ", UNKNOWN("") },
	{ "STA", UNKNOWN("sta") },
	{ "STATS", UNKNOWN("stats") },
	{ "XTND XMIT", UNKNOWN("xtnd") },
	{ "\x1b[2J", UNKNOWN("?[2j") },
};

static void
put_two(void)
{
	box_put("new/1.a", SPAN("H: h\n\n.\n.x\nend"));
	box_put("cur/2.b:2,S", SPAN("I: i\r\n\r\n"));
}

static void
transaction__of_each_command(void **state)
{
	char input[512], expected[1024];
	size_t i;

	(void)state;
	put_two();
	for (i = 0; i < COUNT(transaction); i++) {
		(void)snprintf(input, sizeof input, LOGIN "%s\r\n",
		    transaction[i].command);
		(void)snprintf(expected, sizeof expected, "%s%s",
		    IN("2 messages", "28"), transaction[i].answer);
		assert_int_equal(converse(input), STEP_LOGIN);
		assert_string_equal(said, expected);
		assert_int_equal(pipe(in_pipe), 0);
	}
	assert_true(box_has("new/1.a"));
	assert_true(box_has("cur/2.b:2,S"));
}

static void
authorization__knows_no_mail(void **state)
{
	static const char *const commands[] = { "STAT", "LIST", "UIDL", "LAST",
	    "RETR 1", "TOP 1 1", "DELE 1", "RSET", "NOOP" };
	char input[64];
	size_t i;

	(void)state;
	put_two();
	for (i = 0; i < COUNT(commands); i++) {
		(void)snprintf(input, sizeof input, "%s\r\nQUIT\r\n",
		    commands[i]);
		assert_int_equal(converse(input), STEP_END);
		assert_non_null(strstr(said, "-ERR Unknown command: "));
		assert_non_null(strstr(said, BYE));
		assert_int_equal(pipe(in_pipe), 0);
	}
}

/* SCRAM as far as the server's proof, which stays to be agreed to. */
#define SCRAM_SAID "AUTH SCRAM-SHA-256 %s\r\n" \
	"%s\r\n"
#define SCRAM_HEARD BANNER "+ %s\r\n" \
	"+ %s\r\n"

/*
 * The monitor has let the user in by then: whatever else a client says, there
 * is no second try, and nothing of the maildrop.
 */
static const struct {
	const char *said, *heard;
	enum pop3_step step;
} agreements[] = {
	{ "\r\nQUIT\r\n", "+OK jane has 0 messages (0 octets).\r\n" BYE,
	    STEP_LOGIN },
	{ "*\r\nQUIT\r\n", "-ERR SCRAM-SHA-256 was cancelled.\r\n",
	    STEP_END },
	{ "eA==\r\nQUIT\r\n",
	    "-ERR That is no response of SCRAM-SHA-256.\r\n", STEP_END },
	{ "=\r\nQUIT\r\n",
	    "-ERR That is no response of SCRAM-SHA-256.\r\n", STEP_END },
	{ "QUIT\r\n", "-ERR That is no response of SCRAM-SHA-256.\r\n",
	    STEP_END },
	{ " \r\n", "-ERR That is no response of SCRAM-SHA-256.\r\n",
	    STEP_END },
	{ "", "", STEP_ABORT },
	{ "\r", "", STEP_ABORT },
};

static void
scram__client_rejects_server_signature__ends_session(void **state)
{
	char input[512], expected[512];
	size_t i;

	(void)state;
	secrets.scram = true;
	for (i = 0; i < COUNT(agreements); i++) {
		(void)snprintf(input, sizeof input, SCRAM_SAID "%s",
		    "biwsbj1qYW5lLHI9eA==",
		    "Yz1iaXdzLHI9eG5vbmNlLHA9Y0hCd2NIQndjSEJ3Y0hC"
		    "d2NIQndjSEJ3Y0hCd2NIQndjSEJ3Y0hCd2NIQT0=",
		    agreements[i].said);
		(void)snprintf(expected, sizeof expected, SCRAM_HEARD "%s",
		    "cj14bm9uY2Uscz1jMkZzZEE9PSxpPTQwOTY=",
		    "dj1NREV5TXpRMU5qYzRPV0ZpWTJSbFpqQXhNak0w"
		    "TlRZM09EbGhZbU5rWldZPQ==",
		    agreements[i].heard);
		assert_int_equal(converse(input), agreements[i].step);
		assert_string_equal(said, expected);
		assert_int_equal(pipe(in_pipe), 0);
	}
}

/* A pipe with one line in it: what comes next has to be waited for. */
static void
expect__is_for_mechanisms_of_pam(void **state)
{
	(void)state;
	secrets = (struct secrets_kinds){ true, true };
	assert_int_equal(converse("AUTH CRAM-MD5\r\n"), STEP_ABORT);
	assert_int_equal(pipe(in_pipe), 0);
	assert_int_equal(converse("AUTH SCRAM-SHA-256\r\n"), STEP_ABORT);
	assert_int_equal(mon.expects, 0);
	assert_int_equal(pipe(in_pipe), 0);
	assert_int_equal(converse("AUTH PLAIN\r\n"), STEP_ABORT);
	assert_int_equal(mon.expects, 1);
}

static void
challenge__that_cannot_be_had__is_trouble_of_ours(void **state)
{
	(void)state;
	secrets = (struct secrets_kinds){ true, true };
	mon.no_nonce = true;
	assert_int_equal(converse("AUTH CRAM-MD5\r\n"
	    "AUTH SCRAM-SHA-256 biwsbj1qYW5lLHI9eA==\r\n"), STEP_ABORT);
	assert_string_equal(said, BANNER
	    "-ERR [SYS/TEMP] Passwords cannot be checked now; try again "
	    "later.\r\n"
	    "-ERR [SYS/TEMP] Passwords cannot be checked now; try again "
	    "later.\r\n");
	assert_int_equal(pipe(in_pipe), 0);
	mon.dead = true;
	assert_int_equal(converse("AUTH CRAM-MD5\r\nQUIT\r\n"),
	    STEP_ABORT);
	assert_string_equal(said, BANNER);
}

static void
bad_commands__too_many_before_login__end_it(void **state)
{
	(void)state;
	assert_int_equal(converse("A\r\nUSER\r\nNOOP\r\nB\r\nQUIT\r\n"),
	    STEP_END);
	assert_string_equal(said, BANNER UNKNOWN("a")
	    "-ERR Too few arguments for the user command.\r\n" UNKNOWN("noop")
	    "-ERR Too many bad commands.\r\n");
}

static void
bad_commands__after_login__are_no_matter(void **state)
{
	(void)state;
	type(SPAN(LOGIN));
	type(SPAN("A\r\nA\r\nA\r\nA\r\nA\r\nA\r\nQUIT\r\n"));
	assert_int_equal(run(), STEP_LOGIN);
	assert_non_null(strstr(said, UNKNOWN("a") BYE));
}

static void
pass__takes_the_rest_of_the_line(void **state)
{
	static const struct {
		const char *line, *secret;
	} cases[] = {
		{ "PASS sEcret b  c ", "sEcret b  c " },
		{ "PASS  sEcret", " sEcret" },
		{ "pass :\"%\\sEcret", ":\"%\\sEcret" },
		{ "PASS \xe4\x01sEcret\r", "\xe4\x01sEcret\r" },
	};
	char input[128];
	size_t i;

	(void)state;
	mon.verdict = VERDICT_WRONG;
	for (i = 0; i < COUNT(cases); i++) {
		(void)snprintf(input, sizeof input, "USER jane\r\n%s\r\n",
		    cases[i].line);
		(void)converse(input);
		assert_string_equal(mon.user, "jane");
		assert_string_equal(mon.secret, cases[i].secret);
		assert_null(strstr(logged, "sEcret"));
		assert_int_equal(pipe(in_pipe), 0);
	}
}

static void
pass__without_user__or_twice__is_unknown(void **state)
{
	(void)state;
	mon.verdict = VERDICT_WRONG;
	(void)converse("PASS x\r\nUSER jane\r\nPASS y\r\nPASS z\r\n");
	assert_string_equal(said, BANNER UNKNOWN("pass") WANTED
	    "-ERR [AUTH] Password supplied for \"jane\" is incorrect.\r\n"
	    UNKNOWN("pass"));
	assert_string_equal(mon.secret, "y");
}

static void
user__of_bad_names__asks_nobody(void **state)
{
	char input[256];

	(void)state;
	(void)snprintf(input, sizeof input, "USER %091d\r\nUSER a\x7f\r\n"
	    "USER a\tb\r\n", 0);
	(void)converse(input);
	assert_string_equal(said, BANNER
	    "-ERR [AUTH] That is no user name.\r\n"
	    "-ERR [AUTH] That is no user name.\r\n"
	    "-ERR [AUTH] That is no user name.\r\n");
	assert_int_equal(mon.expects, 0);
}

static void
user__of_the_longest_name__is_passed_on(void **state)
{
	char input[256];

	(void)state;
	mon.verdict = VERDICT_WRONG;
	(void)snprintf(input, sizeof input, "USER %090d\r\nPASS x\r\n", 0);
	(void)converse(input);
	assert_int_equal(strlen(mon.user), ASK_USER_MAX);
	assert_int_equal(mon.expects, 1);
}

static void
refusal__in_other_languages__has_its_words_and_its_code(void **state)
{
	static const struct {
		enum verdict verdict;
		enum language language;
		const char *answer;
	} cases[] = {
		{ VERDICT_EXPIRED, LANGUAGE_DE, "-ERR [AUTH] "
		    "\"jane\": Das Passwort ist abgelaufen.\r\n" },
		{ VERDICT_EXPIRED, LANGUAGE_FR, "-ERR [AUTH] "
		    "\"jane\" : le mot de passe a expiré.\r\n" },
		{ VERDICT_TROUBLE, LANGUAGE_DE, "-ERR [SYS/TEMP] Passwörter "
		    "sind gerade nicht zu prüfen; bitte später noch einmal."
		    "\r\n" },
		{ VERDICT_TROUBLE, LANGUAGE_FR, "-ERR [SYS/TEMP] Les mots de "
		    "passe ne peuvent être vérifiés ; réessayez plus tard."
		    "\r\n" },
		{ VERDICT_NOT_NOW, LANGUAGE_DE, "-ERR [SYS/TEMP] Anmelden "
		    "ist gerade nicht möglich; bitte später noch einmal."
		    "\r\n" },
		{ VERDICT_NOT_NOW, LANGUAGE_FR, "-ERR [SYS/TEMP] Connexion "
		    "impossible pour le moment ; réessayez plus tard."
		    "\r\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		mon.verdict = cases[i].verdict;
		mon.tries = 1;
		conf.language = cases[i].language;
		assert_int_equal(converse(LOGIN "QUIT\r\n"), STEP_END);
		assert_non_null(strstr(said, cases[i].answer));
		assert_null(strstr(logged, cases[i].answer));
		type_anew();
	}
}

static void
refusal__of_each_verdict__has_its_words(void **state)
{
	static const struct {
		enum verdict verdict;
		const char *answer;
	} cases[] = {
		{ VERDICT_WRONG, "-ERR [AUTH] Password supplied for \"jane\" "
		    "is incorrect.\r\n" },
		{ VERDICT_EXPIRED, "-ERR [AUTH] \"jane\": password expired."
		    "\r\n" },
		{ VERDICT_TROUBLE, "-ERR [SYS/TEMP] Passwords cannot be "
		    "checked now; try again later.\r\n" },
		{ VERDICT_NOT_NOW, "-ERR [SYS/TEMP] Logins are not possible "
		    "now; try again later.\r\n" },
	};
	char expected[512], line[512];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		mon.verdict = cases[i].verdict;
		mon.tries = 1;
		logged[0] = '\0';
		assert_int_equal(converse(LOGIN "QUIT\r\n"), STEP_END);
		(void)snprintf(expected, sizeof expected, "%s%s",
		    BANNER WANTED, cases[i].answer);
		assert_string_equal(said, expected);
		(void)snprintf(line, sizeof line, "jane at 192.0.2.7 "
		    "(192.0.2.7): %.14s", cases[i].answer);
		assert_int_equal(strncmp(logged, line, strlen(line) - 8), 0);
		assert_int_equal(pipe(in_pipe), 0);
	}
}

static void
monitor__that_is_gone__leaves_no_word(void **state)
{
	(void)state;
	mon.dead = true;
	assert_int_equal(converse(LOGIN "QUIT\r\n"), STEP_ABORT);
	assert_string_equal(said, BANNER WANTED);
}

#define BEGIN "+OK Begin TLS negotiation\r\n"
#define NOTHING "-ERR Nothing may follow STLS before TLS begins.\r\n"

static void
stls__where_it_works__ends_this_conversation(void **state)
{
	(void)state;
	tls.offered = true;
	assert_int_equal(converse("STLS\r\n"), STEP_TLS);
	assert_string_equal(said, BANNER BEGIN);
	assert_int_equal(mon.stls, 1);
	assert_string_equal(logged, "");
}

static void
stls__without_tls__is_unknown(void **state)
{
	(void)state;
	assert_int_equal(converse("STLS\r\nSTLS x\r\nQUIT\r\n"), STEP_END);
	assert_string_equal(said, BANNER UNKNOWN("stls")
	    "-ERR Too many arguments for the stls command.\r\n" BYE);
	assert_int_equal(mon.stls, 0);
}

static void
stls__twice__second_is_refused(void **state)
{
	(void)state;
	tls.active = tls.greeted = true;
	assert_int_equal(converse("STLS\r\nQUIT\r\n"), STEP_END);
	assert_string_equal(said,
	    "-ERR Command not permitted when TLS active.\r\n" BYE);
	assert_int_equal(mon.stls, 0);
}

static void
stls__twice__is_refused_in_every_dialect_and_language(void **state)
{
	static const struct {
		struct voice voice;
		const char *answer;
	} cases[] = {
		{ { DIALECT_QPOPPER2, LANGUAGE_EN },
		    "-ERR Command not permitted when TLS active.\r\n" },
		{ { DIALECT_QPOPPER4, LANGUAGE_EN },
		    "-ERR TLS in progress\r\n" },
		{ { DIALECT_QPOPPER4, LANGUAGE_DE },
		    "-ERR TLS ist schon da.\r\n" },
		{ { DIALECT_QPOPPER2, LANGUAGE_FR },
		    "-ERR TLS est déjà actif.\r\n" },
	};
	size_t i;

	(void)state;
	tls.active = true;
	for (i = 0; i < COUNT(cases); i++) {
		conf.dialect = cases[i].voice.dialect;
		conf.language = cases[i].voice.language;
		assert_int_equal(converse("STLS\r\n"), STEP_ABORT);
		assert_non_null(strstr(said, cases[i].answer));
		type_anew();
	}
}

static void
stls__with_anything_behind_it__ends_the_session(void **state)
{
	static const char *const behind[] = {
		"\n", "\r", "Q", "QUIT\r\n", "USER jane\r\nPASS x\r\n",
		"STLS\r\n", "\x16\x03\x01",
	};
	char input[64];
	size_t i;

	for (i = 0; i < COUNT(behind); i++) {
		if (i > 0) {
			(void)tear_down(state);
			assert_int_equal(set_up(state), 0);
		}
		tls.offered = true;
		(void)snprintf(input, sizeof input, "STLS\r\n%s", behind[i]);
		assert_int_equal(converse(input), STEP_END);
		assert_string_equal(said, BANNER NOTHING);
		assert_int_equal(mon.stls + mon.expects, 0);
		assert_string_equal(mon.user, "");
		assert_non_null(strstr(logged, "clear text behind STLS"));
	}
}

static void
stls__after_login__is_unknown(void **state)
{
	(void)state;
	conf.clear = CLEAR_ALWAYS;
	tls.offered = true;
	(void)converse(LOGIN "STLS\r\nQUIT\r\n");
	assert_string_equal(said, IN("0 messages", "0") UNKNOWN("stls") BYE);
	assert_int_equal(mon.stls, 0);
}

static void
stls__no_monitor__is_not_answered_twice(void **state)
{
	(void)state;
	tls.offered = mon.dead = true;
	assert_int_equal(converse("STLS\r\n"), STEP_ABORT);
	assert_string_equal(said, BANNER);
}

/* The certificate is of no use, say: the session goes on as it was. */
static void
stls__that_cannot_begin__err(void **state)
{
	static const char *const answers[] = {
		[LANGUAGE_EN] = "-ERR [SYS/TEMP] TLS cannot begin now.\r\n",
		[LANGUAGE_DE] =
		    "-ERR [SYS/TEMP] TLS kann gerade nicht beginnen.\r\n",
		[LANGUAGE_FR] = ("-ERR [SYS/TEMP] TLS ne peut pas commencer "
		    "pour le moment.\r\n"),
	};
	size_t i;

	(void)state;
	tls.offered = mon.tls_broken = true;
	for (i = 0; i < COUNT(answers); i++) {
		conf.language = (enum language)i;
		assert_int_equal(converse("STLS\r\n"), STEP_ABORT);
		assert_non_null(strstr(said, answers[i]));
		type_anew();
	}
	assert_int_equal(mon.stls, COUNT(answers));
}

static void
capa__has_stls__only_when_it_would_work(void **state)
{
	size_t i;

	for (i = 0; i < 3; i++) {
		if (i > 0) {
			(void)tear_down(state);
			assert_int_equal(set_up(state), 0);
		}
		tls.offered = i == 1;
		tls.active = i == 2;
		conf.clear = CLEAR_ALWAYS;
		(void)converse("CAPA\r\n" LOGIN "CAPA\r\nQUIT\r\n");
		if (i == 1) {
			char *first = strstr(said, "STLS\r\n");
			assert_non_null(first);
			assert_null(strstr(first + 1, "STLS"));
		} else
			assert_null(strstr(said, "STLS"));
	}
}

static void
cleartext__who_may(void **state)
{
	static const struct {
		enum pop3_clear clear;
		/* far: plain, TLS possible, in TLS; local: the same */
		bool may[6];
		enum reply told;
	} cases[] = {
		{ CLEAR_DEFAULT, { true, false, true, true, true, true },
		    REPLY_TLS_OR_STRONGER },
		{ CLEAR_NEVER, { false, false, false, false, false, false },
		    REPLY_STRONGER },
		{ CLEAR_ALWAYS, { true, true, true, true, true, true },
		    REPLY_TLS_OR_STRONGER },
		{ CLEAR_LOCAL, { false, false, false, true, true, true },
		    REPLY_STRONGER },
		{ CLEAR_TLS, { false, false, true, false, false, true },
		    REPLY_TLS_OR_STRONGER },
	};
	struct peer peer = { .ip = "192.0.2.7", .known = true };
	struct pop3 p = { .conf = &conf, .peer = &peer };
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		for (j = 0; j < 6; j++) {
			conf.clear = cases[i].clear;
			conf.plaintext_from = "192.0.2.8 198.51.100.0/24";
			p.tls_offered = j % 3 == 1;
			p.tls = j % 3 == 2;
			peer.local = j > 2;
			assert_int_equal(pop3_cleartext_allowed(&p),
			    cases[i].may[j]);
			assert_int_equal(pop3_cleartext_refusal(&p),
			    cases[i].told);
			conf.plaintext_from = "192.0.2.0/29";
			assert_int_equal(pop3_cleartext_allowed(&p),
			    conf.clear != CLEAR_NEVER);
		}
}

static void
cleartext__refused__nobody_is_asked(void **state)
{
	(void)state;
	tls.offered = true;
	(void)converse("USER jane\r\nPASS secret\r\nCAPA\r\nQUIT\r\n");
	assert_non_null(strstr(said, BANNER "-ERR [AUTH] You must use TLS/SSL "
	    "or stronger authentication such as APOP to connect to this server"
	    "\r\n" UNKNOWN("pass") "+OK "));
	assert_null(strstr(said, "\r\nUSER\r\n"));
	assert_int_equal(mon.expects, 0);
	assert_string_equal(mon.user, "");
}

static void
cleartext__refused_too_often__ends(void **state)
{
	(void)state;
	conf.clear = CLEAR_NEVER;
	assert_int_equal(converse("USER a\r\nUSER a\r\nUSER a\r\n"
	    "USER a\r\nUSER a\r\n"), STEP_END);
	assert_non_null(strstr(said, "-ERR Too many bad commands.\r\n"));
}

#define PROXY_BANNER \
	"+OK [XCLIENT] POP3 solopop at pop.example.org starting.\r\n"

static void
xclient__as_dovecot_sends_it__makes_another_client(void **state)
{
	(void)state;
	conf.xclient_from = "192.0.2.0/24";
	(void)converse("XCLIENT ADDR=198.51.100.9 PORT=4711 SESSION=abc TTL=5"
	    "\r\nUSER jane\r\nPASS secret\r\nDELE 9\r\nQUIT\r\n");
	assert_string_equal(said, PROXY_BANNER "+OK Updated\r\n" WANTED
	    "+OK jane has 0 messages (0 octets).\r\n"
	    "-ERR Message 9 does not exist.\r\n" BYE);
	assert_string_equal(mon.ip, "198.51.100.9");
	assert_int_equal(mon.peers, 1);
	assert_non_null(strstr(logged, "jane at 198.51.100.9 (198.51.100.9)"));
}

static void
xclient__a_second_one__is_unknown(void **state)
{
	(void)state;
	conf.xclient_from = "0.0.0.0/0";
	(void)converse("XCLIENT ADDR=198.51.100.9\r\n"
	    "XCLIENT ADDR=198.51.100.10\r\nCAPA\r\nQUIT\r\n");
	assert_non_null(strstr(said, "+OK Updated\r\n" UNKNOWN("xclient")));
	assert_null(strstr(said, "\r\nXCLIENT\r\n"));
	assert_string_equal(mon.ip, "198.51.100.9");
}

static void
xclient__forgets_who_was_named(void **state)
{
	(void)state;
	conf.xclient_from = "192.0.2.7";
	(void)converse("USER jane\r\nXCLIENT ADDR=198.51.100.9\r\n"
	    "PASS secret\r\nQUIT\r\n");
	assert_non_null(strstr(said, "+OK Updated\r\n" UNKNOWN("pass")));
}

static void
xclient__without_an_address__changes_nothing(void **state)
{
	(void)state;
	conf.xclient_from = "192.0.2.7";
	(void)converse("XCLIENT TTL=1\r\nXCLIENT x\r\nXCLIENT\r\nQUIT\r\n");
	assert_string_equal(said, PROXY_BANNER "+OK Updated\r\n"
	    "-ERR Invalid parameters\r\n"
	    "-ERR Too few arguments for the xclient command.\r\n" BYE);
	assert_int_equal(mon.peers, 0);
}

static void
xclient__from_others_or_after_login__is_unknown(void **state)
{
	(void)state;
	conf.xclient_from = "192.0.2.8";
	(void)converse("CAPA\r\nXCLIENT ADDR=198.51.100.9\r\n" LOGIN
	    "XCLIENT ADDR=198.51.100.9\r\nQUIT\r\n");
	assert_memory_equal(said, BANNER, sizeof BANNER - 1);
	assert_null(strstr(said, "\r\nXCLIENT\r\n"));
	assert_non_null(strstr(said, UNKNOWN("xclient") WANTED));
	assert_non_null(strstr(said, UNKNOWN("xclient") BYE));
	assert_int_equal(mon.peers, 0);
}

static void
xclient__of_a_proxy_here__is_announced(void **state)
{
	(void)state;
	conf.xclient_from = "192.0.2.7";
	conf.shy = true;
	(void)converse("CAPA\r\n" LOGIN "CAPA\r\nXCLIENT ADDR=::1\r\nQUIT\r\n");
	assert_memory_equal(said, "+OK [XCLIENT] ready\r\n", 21);
	assert_non_null(strstr(said, "\r\nXCLIENT\r\n"));
	assert_null(strstr(strstr(said, "+OK jane has"), "\r\nXCLIENT\r\n"));
	assert_non_null(strstr(said, UNKNOWN("xclient") BYE));
}

static void
apop__without_a_stamp__is_not_available(void **state)
{
	(void)state;
	(void)converse("APOP jane 0123\r\n");
	assert_string_equal(said, BANNER
	    "-ERR [AUTH] APOP is not available here; use USER and PASS.\r\n");
	assert_string_equal(mon.user, "");
}

static void
apop__with_one__logs_in(void **state)
{
	(void)state;
	stamp = "<1.2.3@pop.example.org>";
	assert_int_equal(converse("APOP jane 0123\r\nQUIT\r\n"), STEP_LOGIN);
	assert_string_equal(mon.secret, "0123");
	assert_string_equal(said, "+OK POP3 solopop at pop.example.org "
	    "starting.  <1.2.3@pop.example.org>\r\n"
	    "+OK jane has 0 messages (0 octets).\r\n" BYE);
}

static void
quit__after_user__is_a_possible_probe(void **state)
{
	(void)state;
	(void)converse("USER ja\"ne\r\nQUIT\r\n");
	assert_string_equal(logged, "Possible probe of account ja\\x22ne from "
	    "host 192.0.2.7 (192.0.2.7)\n");
}

static void
dele__twice__second_is_refused(void **state)
{
	(void)state;
	put_two();
	(void)converse(LOGIN "DELE 1\r\nDELE 1\r\nRETR 1\r\nLIST 1\r\nLIST\r\n"
	    "UIDL 1\r\nUIDL\r\nTOP 1 0\r\nSTAT\r\n");
	assert_string_equal(said, IN("2 messages", "28")
	    "+OK Message 1 has been deleted.\r\n"
	    "-ERR Message 1 has been deleted.\r\n"
	    "-ERR Message 1 has been deleted.\r\n"
	    "-ERR Message 1 has been deleted.\r\n"
	    "+OK 1 messages (8 octets)\r\n2 8\r\n.\r\n"
	    "-ERR Message 1 has been marked for deletion.\r\n"
	    "+OK uidl command accepted.\r\n2 2.b\r\n.\r\n"
	    "-ERR Message 1 has been deleted.\r\n"
	    "+OK 1 8\r\n");
	assert_true(box_has("new/1.a"));
}

static void
assert_totals(uint64_t deleted, uint64_t deleted_octets, uint64_t left,
    uint64_t left_octets)
{
	assert_int_equal(mon.reports, 1);
	assert_int_equal(mon.totals[0], deleted);
	assert_int_equal(mon.totals[1], deleted_octets);
	assert_int_equal(mon.totals[2], left);
	assert_int_equal(mon.totals[3], left_octets);
}

static void
quit__removes_marks_and_reports(void **state)
{
	(void)state;
	put_two();
	box_put("new/3.c", SPAN("x\n"));
	(void)converse(LOGIN "RETR 1\r\nDELE 2\r\nLIST 3\r\nQUIT\r\n");
	assert_non_null(strstr(said, BYE));
	assert_true(box_has("cur/1.a:2,S"));
	assert_false(box_has("cur/2.b:2,S"));
	assert_true(box_has("new/3.c"));
	assert_totals(1, 8, 2, 23);
}

static void
end__without_quit__removes_nothing(void **state)
{
	(void)state;
	put_two();
	(void)converse(LOGIN "DELE 1\r\nRETR 2\r\nDELE 2\r\nQUI");
	assert_true(box_has("new/1.a"));
	assert_true(box_has("cur/2.b:2,S"));
	assert_totals(0, 0, 2, 28);
}

static void
end__without_quit__where_wished__updates(void **state)
{
	(void)state;
	conf.update_on_abort = true;
	put_two();
	(void)converse(LOGIN "DELE 1\r\n");
	assert_false(box_has("new/1.a"));
	assert_totals(1, 20, 1, 8);
}

static void
login__that_takes_too_long__ends_without_a_word(void **state)
{
	char expected[256];
	struct ask ask;
	struct pop3 *p;
	int out = open_ear();

	(void)state;
	type(SPAN("USER jane\r\nPA"));
	p = begin(&ask, out);
	fake_now += 180 * 1000;
	assert_int_equal(authorization_run(p), STEP_ABORT);
	pop3_free(p);
	hear(out);
	assert_string_equal(said, BANNER WANTED);
	(void)snprintf(expected, sizeof expected, "(v%s) Timeout (180 secs) "
	    "during nw read from jane at 192.0.2.7 (192.0.2.7)\n",
	    PACKAGE_VERSION);
	assert_string_equal(logged, expected);
}

static void
session__idle_for_too_long__removes_nothing(void **state)
{
	char expected[256];

	(void)state;
	put_two();
	type(SPAN(LOGIN "DELE 1\r\n"));
	conf.login_time = INT64_MAX / 4;
	fake_step = conf.idle_time;	/* so long between any two looks */
	(void)run();
	fake_step = 0;
	assert_string_equal(said, IN("2 messages", "28")
	    "+OK Message 1 has been deleted.\r\n");
	(void)snprintf(expected, sizeof expected, "(v%s) Timeout (600 secs) "
	    "during nw read from jane at 192.0.2.7 (192.0.2.7)\n",
	    PACKAGE_VERSION);
	assert_string_equal(logged, expected);
	assert_true(box_has("new/1.a"));
	assert_totals(0, 0, 2, 28);
}

static void
line__too_long_or_with_nul__is_refused_and_logged(void **state)
{
	char longest[POP3_LINE_MAX + 2];

	(void)state;
	memset(longest, 'x', sizeof longest);
	memcpy(longest + POP3_LINE_MAX - 1, "\r\n", 2);
	type((struct span){ longest, POP3_LINE_MAX + 1 });
	type(SPAN("QU\0IT\r\nQUIT\r\n"));
	(void)run();
	assert_string_equal(said, BANNER "-ERR Command line too long.\r\n"
	    "-ERR Command line holds a NUL.\r\n" BYE);
	assert_non_null(strstr(logged, "Excessive input from - 192.0.2.7 "
	    "(192.0.2.7); discarded 256 bytes\n"));
}

/* A session that has logged in, to run commands in one by one. */
static struct {
	struct ask ask;
	struct pop3 *p;
	int out;
} step;

static void
log_in(void)
{
	step.out = open_ear();
	step.p = begin(&step.ask, step.out);
	step.p->state = TRANSACTION;
	assert_int_equal(maildrop_open(&step.p->drop, box_top(), &conf.drop),
	    0);
}

static void
log_out(void)
{
	assert_int_equal(out_flush(step.p->out), 0);
	maildrop_save(step.p->drop);
	maildrop_close(step.p->drop);
	pop3_free(step.p);
	hear(step.out);
}

#define RUN(line, how) \
	assert_int_equal(command_run(step.p, transaction_commands, SPAN(line)), how)

/* Dovecot tells two octets too few where the last line has no end. */
static void
retr__of_other_octets_than_the_name_told__is_whole(void **state)
{
	char name[32];
	unsigned i;

	(void)state;
	if (!box_tells_kinds())
		skip();
	for (i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof name, "new/%u.a,S=4,W=4", 1000 + i);
		box_put(name, i == 1 ? SPAN("abcd") : SPAN("ab\r\n"));
	}
	log_in();
	RUN("LIST 2", STEP_NEXT);
	RUN("RETR 2", STEP_NEXT);
	log_out();
	assert_non_null(strstr(said, "+OK 2 4\r\n"));
	assert_non_null(strstr(said, "octets\r\nabcd\r\n.\r\n"));
	assert_non_null(strstr(logged, "message 2 is not as long as its name"));
	log_in();
	RUN("LIST 2", STEP_NEXT);
	log_out();
	assert_non_null(strstr(said, "+OK 2 6\r\n"));
}

/* Somebody wrote to the file after it was measured. */
static void
retr__of_a_message_that_grew__ends_without_the_dot(void **state)
{
	uint32_t last;

	(void)state;
	put_two();
	log_in();
	box_put("new/1.a", SPAN("H: h\n\n.\n.x\nend\nand more\n"));
	RUN("RETR 1", STEP_ABORT);
	assert_int_equal(maildrop_last(step.p->drop, &last), 0);
	assert_int_equal(last, 0);
	log_out();
	assert_null(strstr(said, "\r\n.\r\n"));
	assert_non_null(strstr(logged, "message 1 is no longer as long"));
	assert_false(box_has("solopop.index"));
}

static void
retr__of_a_vanished_message__is_temporary_trouble(void **state)
{
	(void)state;
	put_two();
	log_in();
	box_remove("new/1.a");
	RUN("RETR 1", STEP_NEXT);
	RUN("TOP 1 0", STEP_NEXT);
	RUN("DELE 1", STEP_NEXT);
	RUN("QUIT", STEP_END);
	assert_int_equal(step.p->answers, 4);
	log_out();
	assert_string_equal(said,
	    "-ERR [SYS/TEMP] Message 1 cannot be read.\r\n"
	    "-ERR [SYS/TEMP] Message 1 cannot be read.\r\n"
	    "+OK Message 1 has been deleted.\r\n" BYE);
	assert_non_null(strstr(logged,
	    "message 1: removed by another program"));
}

/* A directory stands where the message was: nobody can unlink it. */
static void
quit__with_a_message_that_stays__says_so(void **state)
{
	char path[BOX_PATH_MAX];

	(void)state;
	put_two();
	log_in();
	RUN("RETR 1", STEP_NEXT);
	box_remove("new/1.a");
	assert_int_equal(mkdir(box_path(path, "new/1.a"), 0700), 0);
	RUN("DELE 1", STEP_NEXT);
	RUN("DELE 2", STEP_NEXT);
	RUN("QUIT", STEP_END);
	log_out();
	assert_non_null(strstr(said,
	    "-ERR [SYS/TEMP] some deleted messages not removed\r\n"));
	assert_false(box_has("cur/2.b:2,S"));
	assert_true(box_has("new/1.a"));	/* nor marked as read */
	assert_totals(1, 8, 1, 20);
}

static void
client__that_is_gone__ends_the_session(void **state)
{
	struct ask ask;
	struct pop3 *p;
	int ends[2];

	(void)state;
	put_two();
	assert_int_equal(pipe(ends), 0);
	(void)close(ends[0]);
	type(SPAN(LOGIN "DELE 1\r\nQUIT\r\n"));
	p = begin(&ask, ends[1]);
	assert_int_equal(authorization_run(p), STEP_ABORT);
	pop3_free(p);
	(void)close(ends[1]);
	assert_int_equal(mon.expects, 0);
	assert_string_equal(logged, "");
}

static void
maildrop__of_somebody_elses_lock__is_refused(void **state)
{
	char path[BOX_PATH_MAX];

	(void)state;
	assert_int_equal(symlink("elsewhere", box_path(path, "solopop.lock")),
	    0);
	(void)converse(LOGIN "STAT\r\n");
	assert_string_equal(said, BANNER WANTED "-ERR [SYS/PERM] The lock file "
	    "of your maildrop is not a plain file of your own.\r\n");
	assert_int_equal(mon.reports, 0);
}

/*
 * Is there an index that the next session believes?  Not if a directory changed
 * in the very moment in which it was begun: see doc/index.md for the bytes.
 */
static bool
index_is_trusted(int fd)
{
	unsigned char head[INDEX_HEAD];

	return pread(fd, head, sizeof head, 0) == (ssize_t)sizeof head &&
	    head[60] == 1 && head[76] == 1 && head[92] == 1;
}

/* Nothing is believed of it, and nothing said that could be wrong. */
static void
index__that_is_damaged__ends_the_session_without_a_word(void **state)
{
	static const char *const commands[] = { "LIST", "LIST 1", "UIDL",
	    "UIDL 1", "RETR 1", "DELE 1", "TOP 1 0", "LAST" };
	char input[64], path[BOX_PATH_MAX];
	size_t i;
	int fd = -1;

	(void)state;
	put_two();
	for (i = 0; i < COUNT(commands); i++) {
		do {
			if (fd != -1)
				(void)close(fd);
			fake_date = time(NULL);	/* no stamp lies ahead */
			(void)converse(LOGIN "QUIT\r\n");
			assert_int_equal(pipe(in_pipe), 0);
			fd = open(box_path(path, INDEX_FILE), O_RDWR);
		} while (!index_is_trusted(fd));
		assert_int_equal(pwrite(fd, "\xff", 1, INDEX_HEAD), 1);
		logged[0] = '\0';
		(void)snprintf(input, sizeof input, LOGIN "%s\r\n",
		    commands[i]);
		(void)converse(input);
		assert_int_equal(pipe(in_pipe), 0);
		/* Not even what was to leave together with the answer. */
		assert_string_equal(said, BANNER WANTED);
		assert_non_null(strstr(logged, "solopop.index is damaged"));
		assert_false(box_has(INDEX_FILE));
	}
	(void)close(fd);
	assert_true(box_has("new/1.a"));
}

/* Wait, as somebody who wants the lock does, until the session is over. */
static pid_t
want_the_lock(void)
{
	struct flock f = { .l_type = F_WRLCK, .l_whence = SEEK_SET,
	    .l_start = 1, .l_len = 1 };
	char path[BOX_PATH_MAX], byte;
	int ready[2], fd;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	if ((pid = fork()) == 0) {
		(void)alarm(60);	/* should nobody end us */
		(void)close(in_pipe[1]);
		fd = open(box_path(path, "solopop.lock"), O_RDWR | O_CREAT,
		    0600);
		if (fcntl(fd, F_SETLK, &f) == -1 ||
		    write(ready[1], "x", 1) != 1)
			_exit(1);
		(void)pause();
		_exit(1);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	(void)close(ready[1]);
	return pid;
}

static void
session__idle_while_another_one_waits__gives_way(void **state)
{
	pid_t pid;

	(void)state;
	put_two();
	conf.yield_time = 0;
	type(SPAN(LOGIN "DELE 1\r\n"));
	pid = want_the_lock();
	(void)run();
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_string_equal(logged, "jane at 192.0.2.7 (192.0.2.7): idle, gave "
	    "way to a new session\n");
	assert_true(box_has("new/1.a"));
	assert_totals(0, 0, 2, 28);
}

/* It sends commands and never reads an answer. */
static void
client__that_does_not_read__is_dropped(void **state)
{
	char input[8192], path[BOX_PATH_MAX];
	struct ask ask;
	struct pop3 *p;
	int ends[2];
	size_t i;

	(void)state;
	box_put("new/1.a", SPAN("x\n"));
	assert_int_equal(truncate(box_path(path, "new/1.a"), 1000000), 0);
	assert_int_equal(pipe(ends), 0);
	for (i = 0; i < sizeof input; i += 8)
		memcpy(input + i, "RETR 1\r\n", 8);
	type(SPAN(LOGIN));
	type((struct span){ input, sizeof input });
	conf.idle_time = 0;
	p = begin(&ask, ends[1]);
	assert_int_equal(authorization_run(p), STEP_LOGIN);
	session_run(p, box_top());
	pop3_free(p);
	(void)close(ends[0]);
	(void)close(ends[1]);
	assert_non_null(strstr(logged, "Timeout (0 secs) during nw write to "
	    "jane at 192.0.2.7 (192.0.2.7)"));
	assert_totals(0, 0, 1, 1000003);
}

static void
maildrop__of_others__is_no_access(void **state)
{
	char path[BOX_PATH_MAX];
	struct ask ask;
	struct pop3 *p;
	int out = open_ear();

	(void)state;
	box_be_nobody();
	type(SPAN(LOGIN));
	hang_up();
	p = begin(&ask, out);
	assert_int_equal(chmod(box_path(path, "."), 0), 0);
	assert_int_equal(authorization_run(p), STEP_LOGIN);
	session_run(p, box_top());
	pop3_free(p);
	hear(out);
	assert_string_equal(said, BANNER WANTED
	    "-ERR [SYS/PERM] Your maildrop cannot be opened.\r\n");
	assert_non_null(strstr(logged, "Maildir /tmp"));
}

static void
capa__of_a_shy_server__has_a_name_after_login(void **state)
{
	const char *line;

	(void)state;
	conf.shy = true;
	(void)converse("CAPA\r\n" LOGIN "CAPA\r\nQUIT\r\n");
	line = strstr(said, "IMPLEMENTATION solopop\r\n");
	assert_non_null(line);
	assert_true(line > strstr(said, "+OK jane has"));
}

static void
capa__has_the_version__for_those_who_may_know(void **state)
{
	(void)state;
	conf.show_version = true;
	(void)converse("CAPA\r\n");
	assert_non_null(strstr(said,
	    "\r\nIMPLEMENTATION solopop-" PACKAGE_VERSION "\r\n"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(words__of_any_case_and_spacing__are_commands),
		TEST(transaction__of_each_command),
		TEST(authorization__knows_no_mail),
		TEST(scram__client_rejects_server_signature__ends_session),
		TEST(expect__is_for_mechanisms_of_pam),
		TEST(challenge__that_cannot_be_had__is_trouble_of_ours),
		TEST(bad_commands__too_many_before_login__end_it),
		TEST(bad_commands__after_login__are_no_matter),
		TEST(pass__takes_the_rest_of_the_line),
		TEST(pass__without_user__or_twice__is_unknown),
		TEST(user__of_bad_names__asks_nobody),
		TEST(user__of_the_longest_name__is_passed_on),
		TEST(refusal__of_each_verdict__has_its_words),
		TEST(refusal__in_other_languages__has_its_words_and_its_code),
		TEST(monitor__that_is_gone__leaves_no_word),
		TEST(apop__without_a_stamp__is_not_available),
		TEST(apop__with_one__logs_in),
		TEST(quit__after_user__is_a_possible_probe),
		TEST(dele__twice__second_is_refused),
		TEST(quit__removes_marks_and_reports),
		TEST(quit__with_a_message_that_stays__says_so),
		TEST(end__without_quit__removes_nothing),
		TEST(end__without_quit__where_wished__updates),
		TEST(login__that_takes_too_long__ends_without_a_word),
		TEST(session__idle_for_too_long__removes_nothing),
		TEST(line__too_long_or_with_nul__is_refused_and_logged),
		TEST(retr__of_other_octets_than_the_name_told__is_whole),
		TEST(retr__of_a_message_that_grew__ends_without_the_dot),
		TEST(retr__of_a_vanished_message__is_temporary_trouble),
		TEST(client__that_is_gone__ends_the_session),
		TEST(maildrop__of_somebody_elses_lock__is_refused),
		TEST(index__that_is_damaged__ends_the_session_without_a_word),
		TEST(session__idle_while_another_one_waits__gives_way),
		TEST(client__that_does_not_read__is_dropped),
		TEST(maildrop__of_others__is_no_access),
		TEST(capa__of_a_shy_server__has_a_name_after_login),
		TEST(capa__has_the_version__for_those_who_may_know),
		TEST(stls__where_it_works__ends_this_conversation),
		TEST(stls__without_tls__is_unknown),
		TEST(stls__twice__second_is_refused),
		TEST(stls__twice__is_refused_in_every_dialect_and_language),
		TEST(stls__with_anything_behind_it__ends_the_session),
		TEST(stls__after_login__is_unknown),
		TEST(stls__no_monitor__is_not_answered_twice),
		TEST(stls__that_cannot_begin__err),
		TEST(capa__has_stls__only_when_it_would_work),
		TEST(xclient__as_dovecot_sends_it__makes_another_client),
		TEST(xclient__a_second_one__is_unknown),
		TEST(xclient__forgets_who_was_named),
		TEST(xclient__without_an_address__changes_nothing),
		TEST(xclient__from_others_or_after_login__is_unknown),
		TEST(xclient__of_a_proxy_here__is_announced),
		TEST(cleartext__who_may),
		TEST(cleartext__refused__nobody_is_asked),
		TEST(cleartext__refused_too_often__ends),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	log_divert(take_line, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
