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
#define LOGIN "USER a\r\nPASS b\r\n"
#define MAIL "Subject: a\n\nhello\n"

enum door { PIPES, PAIR, LISTENING };

/* How the program is started, and what the client says. */
struct start {
	enum door door;
	const char *name;
	const char *arguments[4];
	const char *says;
	bool by_systemd, by_ucspi;
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
	announce(s);
}

static void
be_it(const struct start *s, int in, int out, unsigned nth, int error)
{
	const struct sigaction usual = { .sa_handler = SIG_DFL };
	char rooms[4][BOX_PATH_MAX + 32];
	const char *argv[6] = { s->name };
	int i, status, has;

	for (i = 0; i < 4 && s->arguments[i] != NULL; i++)
		argv[i + 1] = fill_in(s->arguments[i], rooms[i]);
	if (geteuid() == 0 && (setgid(NOBODY) == -1 || setuid(NOBODY) == -1))
		_exit(200);
	(void)sigaction(SIGSEGV, &usual, NULL);	/* cmocka's */
	(void)sigaction(SIGABRT, &usual, NULL);
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
	box_put("conf", SPAN("set timeout = 600\nset lock = none\n"));
	for (i = 0; i < COUNT(dirs); i++)
		if (geteuid() == 0 && chown(box_path(path, dirs[i]), NOBODY,
		    NOBODY) == -1)
			return -1;
	(void)chmod(box_path(path, "new/1.a"), 0644);
	(void)chmod(box_path(path, "conf"), 0644);
	return 0;
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, set_up, box_tear_down)

#define BY_HAND "--no-auth", "--log=none"

static const struct start starts[] = {
	{ PIPES, "solopop", { BY_HAND, "@" }, LOGIN "LIST\r\nQUIT\r\n",
	    false, false },
	{ PAIR, "solopop", { BY_HAND, "@", NULL }, LOGIN "STAT\r\nQUIT\r\n",
	    true, true },
	{ PAIR, "solopop", { "--fixture=@", "--log=none", NULL },
	    LOGIN "RETR 1\r\nQUIT\r\n", false, false },
	{ PIPES, "solopop", { BY_HAND, "--config-file=@/conf", "@" },
	    LOGIN "UIDL\r\nQUIT\r\n", false, false },
	{ PAIR, "solopop", { "--min-uid=x", "--log=none", NULL }, "", false,
	    false },
	{ PIPES, "solopop", { "--version", NULL }, "", false, false },
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
		"solopop " PACKAGE_VERSION "\n",
	};
	static const int status[COUNT(starts)] = { 0, 0, 0, 0, EX_USAGE, 0 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(starts); i++) {
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(start__each__is_as_it_should),
		TEST(start__each_call_in_it_failing__loses_nothing),
	};

	return cmocka_run_group_tests(tests, share, NULL);
}
