#include "check/demo.h"

#include "base/fd.h"
#include "confine/privilege.h"
#include "confine/account.h"
#include "server/program.h"

#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define HEAD "From: Ann <ann@example.org>\nTo: you@example.org\n" \
	"Date: Mon, 5 Jan 2026 09:00:00 +0000\n"

static const struct sample {
	const char *name, *text;
} samples[] = {
	{ "cur/1767600001.M1P1.demo:2,S", HEAD "Subject: Welcome\n\n"
	    "This message has been read; the others are new.\n"
	    "LIST shows them all, RETR 2 the next one.\n" },
	{ "new/1767600002.M1P2.demo", HEAD "Subject: Dots\n\n"
	    ".\n..\nLines that begin with a dot arrive as they are.\n" },
	{ "new/1767600003.M1P3.demo", HEAD "Subject: Deleting\n\n"
	    "DELE 3 deletes this message when QUIT ends the session.\n"
	    "RSET takes that back.\n" },
};

static pid_t session;

static void
pass_on(int number)
{
	if (session > 0)
		(void)kill(session, number);
}

static int
fail(const char *what)
{
	(void)fprintf(stderr, "solopop: %s: %s\n", what, strerror(errno));
	return EX_OSERR;
}

/* Beside us, as in the folder that we were built in, or where it is installed. */
static void
find_server(char path[PATH_MAX])
{
	static const char name[] = "solopop";
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - sizeof name);
	char *slash;

	if (n > 0) {
		path[n] = '\0';
		if ((slash = strrchr(path, '/')) != NULL)
			memcpy(slash + 1, name, sizeof name);
		if (access(path, X_OK) == 0)
			return;
	}
	(void)snprintf(path, PATH_MAX, "%s/%s", SBINDIR, name);
}

static int
put_file(int top, const struct sample *s)
{
	int fd = openat(top, s->name, O_WRONLY | O_CREAT | O_EXCL, 0600), r;

	if (fd == -1)
		return -1;
	r = fd_write_all(fd, s->text, strlen(s->text));
	return close(fd) == -1 ? -1 : r;
}

static int
fill(int top)
{
	size_t i;

	if (mkdirat(top, "new", 0700) == -1 ||
	    mkdirat(top, "cur", 0700) == -1 || mkdirat(top, "tmp", 0700) == -1)
		return -1;
	for (i = 0; i < sizeof samples / sizeof samples[0]; i++)
		if (put_file(top, &samples[i]) == -1)
			return -1;
	return 0;
}

static int
make_maildir(const char *path)
{
	int top = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	if (top == -1)
		return -1;
	r = fill(top);
	(void)close(top);
	return r;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void
remove_maildir(const char *path)
{
	if (nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS) == -1)
		(void)fail(path);
}

static int
become_nobody(void)
{
	uid_t uid;
	gid_t gid;

	if (!privilege_is_root())
		return 0;
	return account_find("nobody", &uid, &gid) == NULL ||
	    setgroups(0, NULL) == -1 ? -1 : privilege_become(uid, gid);
}

/* ^C is for the session, at whose end we clear up. */
static int
serve(const char *program, const char *maildir)
{
	struct sigaction act = { .sa_handler = SIG_IGN };
	struct program p;
	int status;

	program_init(&p, program);
	program_word(&p, "--config-file=");
	program_word(&p, "--no-auth");
	program_word(&p, "--log=none");
	program_word(&p, maildir);
	(void)sigemptyset(&act.sa_mask);
	if ((session = fork()) == -1)
		return fail("fork");
	if (session == 0)
		program_become(&p, NULL, 0);
	(void)sigaction(SIGINT, &act, NULL);
	act.sa_handler = pass_on;
	(void)sigaction(SIGTERM, &act, NULL);
	(void)sigaction(SIGHUP, &act, NULL);
	while (waitpid(session, &status, 0) == -1)
		if (errno != EINTR)
			return fail("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : EX_SOFTWARE;
}

int
demo_run(void)
{
	const char *tmp = getenv("TMPDIR");
	char program[PATH_MAX], path[PATH_MAX];
	int status;

	find_server(program);
	if (become_nobody() == -1)
		return fail("nobody");
	if (snprintf(path, sizeof path, "%s/solopop-demo.XXXXXX",
	    tmp != NULL && tmp[0] == '/' ? tmp : "/tmp") >= (int)sizeof path ||
	    mkdtemp(path) == NULL)
		return fail(path);
	(void)fprintf(stderr, "solopop: you are the client, of sample mail that "
	    "goes when the session ends.\nsolopop: USER me, PASS x, then HELP.\n");
	status = make_maildir(path) == -1 ? fail(path) : serve(program, path);
	remove_maildir(path);
	return status;
}
