/*
 * solopop-import: what a login does with the spool, ahead of time and for many.
 * It takes the settings of solopop(8), and qpopper's.
 */
#include "import/apart.h"
#include "import/at_login.h"
#include "import/expected.h"

#include "base/fd.h"
#include "base/log.h"
#include "base/signals.h"
#include "settings/options.h"
#include "settings/sources.h"
#include "import/intake.h"
#include "confine/privilege.h"

#include <sys/stat.h>

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <signal.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define ARGUMENTS_MAX 256
#define BAR 30			/* characters */
#define CLEAR_LINE "\r\033[K"

struct import {
	struct options options;
	bool all, dry_run, quiet, help, version;
	char *settings[ARGUMENTS_MAX];	/* for solopop's own parser */
	int n_settings;
	char **users;			/* on loan from argv */
	int n_users;
	bool bar;			/* there is a terminal to draw on */
	uint64_t bytes, bytes_done;
	unsigned done, failed;
};

static const char usage[] =
    "Usage: solopop-import [OPTION]... USER...\n"
    "       solopop-import [OPTION]... --all\n"
    "Drain mbox spools into Maildirs, as solopop does at login, and look "
    "whether all is there.\n"
    "\n"
    "      --all          every user who has mail in the spool\n"
    "      --dry-run      say what is there, and change nothing\n"
    "      --quiet        speak of failures alone\n"
    "      --help         this text\n"
    "      --version      name and version\n"
    "\n"
    "Any setting of solopop(8) may be given as --NAME=VALUE, and a "
    "configuration file,\nalso one of qpopper's, by -f FILE.  The spool is "
    "/var/mail unless told otherwise.\n"
    "What is interrupted goes on with the next run.\n";

/* --- Arguments --------------------------------------------------------------- */

static bool
take_own(struct import *im, const char *argument)
{
	static const char *const names[] = { "--all", "--dry-run", "--quiet",
	    "--help", "--version" };
	bool *const flags[] = { &im->all, &im->dry_run, &im->quiet, &im->help,
	    &im->version };
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(argument, names[i]) == 0)
			return *flags[i] = true;
	return false;
}

static int
parse(struct import *im, int argc, char **argv)
{
	static char as_qpopper[] = "--qpopper";
	int i;

	if (argc + 2 > ARGUMENTS_MAX) {
		errno = E2BIG;
		return -1;
	}
	im->users = argv + 1;
	im->settings[im->n_settings++] = argv[0];
	im->settings[im->n_settings++] = as_qpopper;
	for (i = 1; i < argc; i++) {
		if (take_own(im, argv[i]))
			continue;
		if (argv[i][0] != '-')
			im->users[im->n_users++] = argv[i];
		else {
			im->settings[im->n_settings++] = argv[i];
			if (strcmp(argv[i], "-f") == 0 && i + 1 < argc)
				im->settings[im->n_settings++] = argv[++i];
		}
	}
	return options_parse(&im->options, im->n_settings, im->settings);
}

/* --- One user ---------------------------------------------------------------- */

static void
say(const struct import *im, const char *user, const char *what,
    const struct expected *e)
{
	if (!im->quiet)
		(void)printf("%s%s: %zu messages, %" PRIu64 " octets %s\n",
		    im->bar ? CLEAR_LINE : "", user, e->n, e->octets, what);
}

static int
complain(const char *user, const char *what, int error)
{
	(void)fprintf(stderr, "solopop-import: %s: %s%s%s\n", user, what,
	    error != 0 ? ": " : "", error != 0 ? strerror(error) : "");
	return -1;
}

/* The spool as it is now, by a way of our own. */
static int
look(const struct intake *in, struct expected *e)
{
	struct waiting w;
	bool ids = !waiting_drained(in->maildir);
	bool old_uids = in->conf->intake.old_uids;

	sources_find(&w, &in->conf->intake, in->user);
	if (expected_add(e, w.temp_drop, ids, old_uids) == -1 ||
	    expected_add(e, w.spool, ids, old_uids) == -1)
		return complain(in->user->name, "the spool cannot be read",
		    errno);
	return 0;
}

static int
import(const struct import *im, const struct intake *in, struct expected *e)
{
	const char *user = in->user->name;
	long missing;

	if (look(in, e) == -1)
		return -1;
	if (im->dry_run) {
		say(im, user, "wait in the spool", e);
		return 0;
	}
	if (intake_is_needed(in) && intake_run(in) != INTAKE_DONE)
		return complain(user, "not all is drained; the rest is where "
		    "it was", 0);
	if ((missing = expected_missing(e, in->maildir)) == -1)
		return complain(user, "the Maildir cannot be read", errno);
	if (missing > 0)
		return complain(user, "the Maildir has not what the spool "
		    "promised", 0);
	say(im, user, "are in the Maildir, octets and unique-ids verified", e);
	return 0;
}

static int
become_and_import(const struct import *im, const struct intake *in,
    pid_t parent)
{
	struct expected e;
	int r;

	(void)umask(077);
	if (in->root && (initgroups(in->user->name, in->user->gid) == -1 ||
	    (im->dry_run ? privilege_become(in->user->uid, in->user->gid) :
	    intake_lock_up(in, parent)) == -1))
		return complain(in->user->name, "cannot become this user",
		    errno);
	expected_init(&e);
	r = import(im, in, &e);
	expected_free(&e);
	return fflush(stdout) == 0 ? r : -1;
}

struct job {
	const struct import *im;
	const struct intake *in;
	pid_t parent;
};

static int
do_job(void *ctx)
{
	const struct job *job = ctx;
	struct import im = *job->im;

	im.bar = false;			/* there is no terminal */
	return become_and_import(&im, job->in, job->parent);
}

/* As root each user is served by a process of its own, which is theirs. */
static int
import_apart(const struct import *im, const struct intake *in)
{
	struct job job = { im, in, getpid() };

	int r = apart_run(do_job, &job, im->bar ? CLEAR_LINE : "");

	return r == -1 ? complain(in->user->name, "no process", errno) :
	    r == 0 ? 0 : -1;
}

static int
import_user(const struct import *im, const char *name)
{
	const struct server_conf *conf = &im->options.server;
	char path[PATH_MAX];
	struct user user;
	struct intake in = { conf, &user, path, privilege_is_root() };

	if (conf->virtual_user != NULL)
		return complain(name, "virtual users' spools are drained at "
		    "login alone", 0);
	if (user_find(&user, name) == -1)
		return complain(name, "no such user", 0);
	if (in.root && (user.uid == 0 || user.uid < conf->min_uid))
		return complain(name, "below min-uid", 0);
	if (user_maildir(path, conf->maildir, &user) == -1)
		return complain(name, "no Maildir", errno);
	return in.root ? import_apart(im, &in) :
	    become_and_import(im, &in, getpid());
}

/* --- All of them ------------------------------------------------------------- */

static uint64_t
size_of(const char *path)
{
	struct stat st;

	return path[0] != '\0' && lstat(path, &st) == 0 && st.st_size > 0 ?
	    (uint64_t)st.st_size : 0;
}

/* How much waits for a user; nothing for who cannot log in. */
static uint64_t
waiting(const struct import *im, const char *name)
{
	const struct server_conf *conf = &im->options.server;
	struct waiting w;
	char path[PATH_MAX];
	struct user user;

	if (user_find(&user, name) == -1 || user.uid < conf->min_uid ||
	    user_maildir(path, conf->maildir, &user) == -1)
		return 0;
	sources_find(&w, &conf->intake, &user);
	return size_of(w.spool) + size_of(w.temp_drop) +
	    (conf->intake.bulletin_dir != NULL || waiting_is_due(&w, path));
}

static void
draw(const struct import *im)
{
	unsigned n = im->bytes == 0 ? BAR :
	    (unsigned)(im->bytes_done * BAR / im->bytes);

	if (im->bar)
		(void)fprintf(stderr, "\r[%.*s%*s] %u users, %" PRIu64 " of %"
		    PRIu64 " MB ", (int)n, "##############################",
		    (int)(BAR - n), "", im->done, im->bytes_done / 1000000,
		    im->bytes / 1000000);
}

static void
one(struct import *im, const char *name)
{
	uint64_t bytes = waiting(im, name);

	draw(im);
	if (import_user(im, name) == -1)
		im->failed++;
	im->done++;
	im->bytes_done += bytes;
	draw(im);
}

/*
 * The names first: reading the accounts must not be interrupted by using them.
 * -1 when memory is out: what is there is not all.
 */
static int
find_users(const struct import *im, char ***users, int *n)
{
	struct passwd *pw;
	char **grown;
	int r = 0;

	*n = 0;
	*users = NULL;
	setpwent();
	while (r == 0 && (pw = getpwent()) != NULL) {
		if (pw->pw_uid < im->options.server.min_uid)
			continue;
		r = -1;
		grown = realloc(*users, ((size_t)*n + 1) * sizeof *grown);
		if (grown == NULL)
			break;
		*users = grown;
		if ((grown[*n] = strdup(pw->pw_name)) == NULL)
			break;
		(*n)++;
		r = 0;
	}
	endpwent();
	return r;
}

static void
import_all(struct import *im)
{
	char **users;
	int i, n;

	if (find_users(im, &users, &n) == -1) {
		(void)complain("some users", "not looked at", ENOMEM);
		im->failed++;
	}
	for (i = 0; i < n; i++)
		im->bytes += waiting(im, users[i]);
	for (i = 0; i < n; i++) {
		if (waiting(im, users[i]) > 0)
			one(im, users[i]);
		free(users[i]);
	}
	free(users);
}

static void
import_named(struct import *im)
{
	int i;

	for (i = 0; i < im->n_users; i++)
		im->bytes += waiting(im, im->users[i]);
	for (i = 0; i < im->n_users; i++)
		one(im, im->users[i]);
}

static int
run(struct import *im)
{
	im->bar = isatty(STDERR_FILENO) && !im->quiet;
	(void)log_open("solopop-import", "mail", LOG_STDERR, true);
	if (im->all)
		import_all(im);
	else
		import_named(im);
	if (im->bar)
		(void)fputc('\n', stderr);
	if (!im->quiet)
		(void)printf("%u users, %u failed\n", im->done, im->failed);
	return im->failed == 0 && fflush(stdout) == 0 ? EXIT_SUCCESS :
	    EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
	static struct import im;
	int status = EX_USAGE;

	if (fd_open_standard() == -1)
		return EX_OSERR;
	signals_ignore(SIGXFSZ);
	if (argc > 1 && strcmp(argv[1], "--at-login") == 0)
		return at_login(argc, argv);
	if (parse(&im, argc, argv) == -1)
		(void)fprintf(stderr, "solopop-import: %s\n",
		    im.options.error[0] != '\0' ? im.options.error :
		    strerror(errno));
	else if (im.help)
		status = fputs(usage, stdout) < 0;
	else if (im.version)
		status = puts("solopop-import (" PACKAGE_STRING ")") < 0;
	else if (im.all == (im.n_users > 0))
		(void)fputs("solopop-import: name users, or --all; see "
		    "--help\n", stderr);
	else
		status = run(&im);
	options_free(&im.options);
	return status;
}
