/*
 * The program from its first line on, in a process of its own each time, and
 * each call in it failing in turn; and what settings come to together.
 */
int solopop_main(int argc, char **argv);

#define main solopop_main
#include "main.c"
#undef main

#include "box.h"
#include "failing.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#define NOBODY 65534
#define STRANGER 54321	/* has no account */
#define ARGUMENTS 7
#define LOGIN "USER a\r\nPASS b\r\n"
#define MAIL "Subject: a\n\nhello\n"

enum door { PIPES, PAIR, LISTENING };

/* How the program is started, and what the client says. */
struct start {
	enum door door;
	const char *name;
	const char *arguments[ARGUMENTS + 1];
	const char *says;
	bool by_systemd, by_ucspi, by_stranger;
};

static char said[65536];	/* its answers, and its standard error */
static bool has_failed;
static char *which;	/* the call; the child says it */

/* The Maildir's place is known only now. */
static const char *
fill_in(const char *argument, char room[BOX_PATH_MAX + 32])
{
	const char *box = argument != NULL ? strchr(argument, '@') : NULL;

	if (box == NULL)
		return argument;
	(void)snprintf(room, BOX_PATH_MAX + 32, "%.*s%s%s",
	    (int)(box - argument), argument, box_top(), box + 1);
	return room;
}

static void
announce(const struct start *s)
{
	char pid[32];

	(void)snprintf(pid, sizeof pid, "%ld", (long)getpid());
	(void)unsetenv("CREDENTIALS_DIRECTORY");
	if (s->by_systemd) {
		(void)setenv("LISTEN_FDS", "1", 1);
		(void)setenv("LISTEN_PID", pid, 1);
		(void)setenv("CREDENTIALS_DIRECTORY", box_top(), 1);
	}
	if (s->by_ucspi) {
		(void)setenv("SSLCTLFD", "4", 1);
		(void)setenv("SSLREADFD", "5", 1);
		(void)setenv("SSLWRITEFD", "6", 1);
	}
}

static void
arrange(const struct start *s, int in, int out)
{
	int fd;

	if (dup2(in, STDIN_FILENO) == -1 || dup2(out, STDOUT_FILENO) == -1)
		_exit(200);
	if (dup2(s->door == PIPES ? out : STDIN_FILENO, STDERR_FILENO) == -1)
		_exit(200);
	for (fd = 3; fd < 7; fd++)
		if (dup2(STDIN_FILENO, fd) == -1)
			_exit(200);
	if (s->by_systemd && (fd_to_null(STDIN_FILENO) == -1 ||
	    fd_to_null(STDOUT_FILENO) == -1))
		_exit(200);
	announce(s);
}

static void
be_it(const struct start *s, int in, int out, unsigned nth, int error)
{
	const struct sigaction usual = { .sa_handler = SIG_DFL };
	char rooms[ARGUMENTS][BOX_PATH_MAX + 32];
	const char *argv[ARGUMENTS + 2] = { s->name };
	int i, status, has;
	uid_t uid;

	for (i = 0; i < ARGUMENTS && s->arguments[i] != NULL; i++)
		argv[i + 1] = fill_in(s->arguments[i], rooms[i]);
	uid = s->by_stranger ? STRANGER : NOBODY;
	if (geteuid() == 0 && (setgid(uid) == -1 || setuid(uid) == -1))
		_exit(200);
	(void)sigaction(SIGSEGV, &usual, NULL);	/* cmocka's */
	(void)sigaction(SIGABRT, &usual, NULL);
	(void)alarm(60);	/* a session that waits for ever is red */
	arrange(s, in, out);
	failing_begin(nth, error);
	status = solopop_main(i + 1, (char **)(uintptr_t)argv);
	has = failing_end();
	(void)snprintf(which, 32, "%s", failing_name);
	(void)fflush(NULL);
	_exit(has ? 128 + status : status);
}

static void
open_door(enum door door, int client[2], int server[2])
{
	struct sockaddr_un here = { .sun_family = AF_UNIX };
	int a[2], b[2];

	if (door == PIPES) {
		assert_int_equal(pipe(a), 0);
		assert_int_equal(pipe(b), 0);
		client[0] = b[0];
		client[1] = a[1];
		server[0] = a[0];
		server[1] = b[1];
		return;
	}
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, a), 0);
	client[0] = client[1] = a[0];
	server[0] = server[1] = a[1];
	if (door == LISTENING) {
		server[0] = socket(AF_UNIX, SOCK_STREAM, 0);
		assert_int_not_equal(server[0], -1);
		assert_int_equal(bind(server[0], (struct sockaddr *)&here,
		    sizeof here.sun_family), 0);
		assert_int_equal(listen(server[0], 1), 0);
	}
}

static void
close_door(int ends[2])
{
	(void)close(ends[0]);
	if (ends[1] != ends[0])
		(void)close(ends[1]);
}

static void
hear(int fd)
{
	size_t len = 0;
	ssize_t n;

	while (len < sizeof said - 1 &&
	    (n = read(fd, said + len, sizeof said - 1 - len)) > 0)
		len += (size_t)n;
	said[len] = '\0';
}

/* The exit status; a signal fails the test. */
static int
start(const struct start *s, unsigned nth, int error)
{
	int client[2], server[2], status;
	pid_t pid;

	open_door(s->door, client, server);
	if ((pid = fork()) == 0) {
		close_door(client);
		be_it(s, server[0], server[1], nth, error);
	}
	assert_int_not_equal(pid, -1);
	close_door(server);
	(void)fd_write_all(client[1], s->says, strlen(s->says));
	if (client[1] != client[0])
		(void)close(client[1]);
	else
		(void)shutdown(client[1], SHUT_WR);
	hear(client[0]);
	(void)close(client[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status))
		fail_msg("%u, %s: signal %d", nth, strerror(error), WTERMSIG(status));
	status = WEXITSTATUS(status);
	has_failed = status >= 128;
	return has_failed ? status - 128 : status;
}

static int
share(void **state)
{
	(void)state;
	which = mmap(NULL, 32, PROT_READ | PROT_WRITE, MAP_SHARED |
	    MAP_ANONYMOUS, -1, 0);
	return which != MAP_FAILED ? 0 : -1;
}

/* Served or not, and seen or not. */
static void
expect_mail(void)
{
	static const char *const names[] = { "new/1.a", "cur/1.a:2,",
	    "cur/1.a:2,S" };
	size_t i;

	for (i = 0; i < COUNT(names); i++) {
		if (box_has(names[i])) {
			box_expect(names[i], MAIL);
			return;
		}
	}
	fail_msg("%s: the message is gone", which);
}

static int
set_up(void **state)
{
	static const char *const dirs[] = { ".", "new", "cur", "tmp" };
	char path[BOX_PATH_MAX];
	size_t i;

	if (box_set_up(state) == -1)
		return -1;
	(void)sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN },
	    NULL);
	box_put("new/1.a", SPAN(MAIL));
	box_put("tls-cert", SPAN("none\n"));
	box_put("tls-key", SPAN("none\n"));
	box_put("old", SPAN("set bulldb-max-tries = 3\nset auto-delete\n"
	    "set tls-support = default\nset debug\nset shy\n"
	    "set tls-identity-file = /nonexistent\n"));
	box_put("conf", SPAN("set timeout = 600\nset lock = none\n"));
	for (i = 0; i < COUNT(dirs); i++)
		if (geteuid() == 0 && chown(box_path(path, dirs[i]), NOBODY,
		    NOBODY) == -1)
			return -1;
	(void)chmod(box_path(path, "new/1.a"), 0644);
	(void)chmod(box_path(path, "conf"), 0644);
	(void)chmod(box_path(path, "old"), 0644);
	return 0;
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, set_up, box_tear_down)

#define BY_HAND "--no-auth", "--log=none"
#define LONG_NAME \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define NO_FILE "--config-file="

static const struct start starts[] = {
	{ PIPES, "solopop", { BY_HAND, NO_FILE, "@" }, LOGIN "LIST\r\nQUIT\r\n",
	    false, false, false },
	{ PAIR, "solopop", { BY_HAND, NO_FILE, "@" }, LOGIN "STAT\r\nQUIT\r\n",
	    true, true, false },
	{ PAIR, "solopop", { "--fixture=@", "--log=none" },
	    LOGIN "RETR 1\r\nQUIT\r\n", false, false, false },
	{ PIPES, "solopop", { BY_HAND, "--config-file=@/conf", "@" },
	    LOGIN "UIDL\r\nQUIT\r\n", false, false, false },
	{ PAIR, "solopop", { "--min-uid=x", "--log=none" }, "", false,
	    false, false },
	{ PIPES, "solopop", { NO_FILE, "--version" }, "", false, false, false },
	{ LISTENING, "solopop", { BY_HAND, NO_FILE, "@" }, "", false, false, false },
	{ PAIR, "/usr/sbin/popper", { BY_HAND, "-f", "@/old", "-T60", "-s",
	    "--maildir=@" }, "USER a-no-mime\r\nPASS b\r\nLAST\r\nQUIT\r\n",
	    false, false, false },
	{ PIPES, "in.qpopper", { "-f", "@/none" }, "", false, false, false },
	{ PIPES, "qpopper", { "-v" }, "", false, false, false },
	{ PIPES, "solopop", { BY_HAND, NO_FILE, "--maildir=%u%u%u%u%u%u%u%u"
	    "%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u"
	    "%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u" },
	    "USER " LONG_NAME "\r\nPASS b\r\nQUIT\r\n", false, false, false },
	{ PIPES, "solopop", { BY_HAND, NO_FILE, "@" }, LOGIN "QUIT\r\n", false,
	    false, true },
	{ PIPES, "solopop", { BY_HAND, NO_FILE, "--virtual-user=54321",
	    "--maildir=@/%u", "--failure-delay=0" }, LOGIN "QUIT\r\n", false,
	    false, true },
	/* No solopop-check is beside the test; it may be installed. */
	{ PIPES, "solopop", { NO_FILE, "--check" }, "", false, false, false },
};

static void
start__each__is_as_it_should(void **state)
{
	static const char *const wanted[COUNT(starts)] = {
		"+OK 1 messages (21 octets)\r\n1 21\r\n.\r\n",
		"+OK 1 21\r\n",
		"\r\nhello\r\n.\r\n",
		"1 1.a\r\n.\r\n",
		"-ERR [SYS/PERM] ",
		"solopop " PACKAGE_VERSION "\n", "", " is the last read", "",
		"solopop " PACKAGE_VERSION "\n", "-ERR",
		"Password required", "Password required", "",
	};
	static const int status[COUNT(starts)] = { 0, 0, 0, 0, EX_USAGE, 0,
	    EX_USAGE, 0, EX_USAGE, 0, 0, 0, 0, EX_UNAVAILABLE };
	size_t i, n;

	(void)state;
	n = access(CHECK_PROGRAM, F_OK) == 0 ? COUNT(starts) - 1 :
	    COUNT(starts);
	for (i = 0; i < n; i++) {
		if (start(&starts[i], 0, 0) != status[i] ||
		    strstr(said, wanted[i]) == NULL)
			fail_msg("start %zu: %s", i, said);
	}
}

/* No signal, no hang, and the mail as it was. */
static void
start__each_call_in_it_failing__loses_nothing(void **state)
{
	static const int errors[] = { EIO, EINTR, FAILING_SHORT };
	size_t i, e;
	unsigned nth;

	(void)state;
	for (i = 0; i < COUNT(starts); i++) {
		for (e = 0; e < COUNT(errors); e++) {
			for (nth = 1;; nth++) {
				(void)start(&starts[i], nth, errors[e]);
				expect_mail();
				if (!has_failed)
					break;
				assert_true(nth < 2000);
			}
		}
	}
}

/* One that comes from this machine. */
static const char *
refusal(const char *const arguments[4], bool warn)
{
	static const struct peer here = { .local = true };
	char *argv[6] = { (char *)(uintptr_t)"solopop",
	    (char *)(uintptr_t)"--config-file=" };
	struct options o;
	enum reply reply;
	const char *text;
	int n;

	for (n = 0; n < 4 && arguments[n] != NULL; n++)
		argv[n + 2] = (char *)(uintptr_t)arguments[n];
	assert_int_equal(options_parse(&o, n + 2, argv), 0);
	text = warn ? policy_warning(&o.server, false, false) :
	    policy_refusal(&o, &here, &reply);
	options_free(&o);
	return text != NULL ? text : "";
}

#define PAM "--pam-service=pop3"
#define NO_PAM "--pam-service=none"
#define MANY_USERS "--virtual-user=mail"

static void
settings__that_do_not_go_together__are_refused(void **state)
{
	static const struct {
		const char *arguments[4];
		const char *root, *others;
	} cases[] = {
		{ { PAM }, "", "" },
		{ { PAM, "/box" }, "MAILDIR is for use by hand", "" },
		{ { "--no-auth" }, "--no-auth is not for root", "" },
		{ { NO_PAM, "--secrets-file=/s" }, "is for virtual users", "" },
		{ { NO_PAM, "--no-auth" }, "--no-auth is not for root", "" },
		{ { PAM, MANY_USERS, "/box" }, "MAILDIR is for use by hand",
		    "need --maildir=PATTERN" },
		{ { PAM, MANY_USERS }, "would share", "would share" },
		{ { PAM, MANY_USERS, "--maildir=/m/%n" }, "would share",
		    "would share" },
		{ { PAM, MANY_USERS, "--maildir=/m/%d" }, "would share",
		    "would share" },
		{ { PAM, MANY_USERS, "--maildir=/m/%d/%n" }, "", "" },
		{ { MANY_USERS, "--maildir=/m/%u", NO_PAM }, "",
		    "name one by secrets-file" },
		{ { PAM, MANY_USERS, "--maildir=/m/%u", "--home-dir-mail=mbox" },
		    "have no home", "have no home" },
		{ { PAM, "--fixture-slow=1" }, "failures on purpose",
		    "failures on purpose" },
		{ { PAM, "--fixture-cut=1" }, "failures on purpose",
		    "failures on purpose" },
		{ { PAM, "--fixture-refuse=stat" }, "failures on purpose",
		    "failures on purpose" },
		{ { PAM, "--fixture-refuse=stat", "--no-auth" },
		    "--no-auth is not for root", "" },
	};
	const char *root, *others;
	uid_t was = geteuid();
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		root = refusal(cases[i].arguments, false);
		if (was == 0)
			assert_int_equal(seteuid(NOBODY), 0);
		others = refusal(cases[i].arguments, false);
		if (was == 0)
			assert_int_equal(seteuid(0), 0);
		if ((was == 0 && (strstr(root, cases[i].root) == NULL ||
		    (cases[i].root[0] == '\0') != (root[0] == '\0'))) ||
		    strstr(others, cases[i].others) == NULL ||
		    (cases[i].others[0] == '\0') != (others[0] == '\0'))
			fail_msg("case %zu: \"%s\", \"%s\"", i, root, others);
	}
}

static void
settings__that_let_nobody_in__are_warned_of(void **state)
{
	static const struct {
		const char *arguments[4];
		const char *text;
	} cases[] = {
		{ { "--clear-text-password=never" }, "nobody can log in" },
		{ { "--clear-text-password=tls" }, "refused to everybody" },
		{ { "--clear-text-password=tls", "--plaintext-from=::1" }, "" },
		{ { "--clear-text-password=always" }, "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		const char *text = refusal(cases[i].arguments, true);

		if (strstr(text, cases[i].text) == NULL ||
		    (cases[i].text[0] == '\0') != (text[0] == '\0'))
			fail_msg("case %zu: %s", i, text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(start__each__is_as_it_should),
		TEST(start__each_call_in_it_failing__loses_nothing),
		cmocka_unit_test(
		    settings__that_do_not_go_together__are_refused),
		cmocka_unit_test(settings__that_let_nobody_in__are_warned_of),
	};

	return cmocka_run_group_tests(tests, share, NULL);
}
