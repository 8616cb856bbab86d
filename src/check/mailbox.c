#include "check/mailbox.h"

#include "base/fd.h"
#include "confine/privilege.h"
#include "maildir/files.h"
#include "maildir/maildrop.h"
#include "maildir/storage.h"
#include "users/access.h"
#include "users/user.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Files of ours in a Maildir; a session refuses those of another owner. */
static const char *const our_files[] = { LOCK_FILE, INDEX_FILE,
    ADOPTED_FILE };

/* Name the directory on the way to path that cannot be searched, if any. */
static bool
check_way(struct report *r, const char *path)
{
	char prefix[PATH_MAX];
	size_t len;

	for (len = 1; path[len] != '\0'; len++) {
		if (path[len] != '/' ||
		    span_copy(prefix, sizeof prefix, (struct span){ path, len })
		    == -1 || access(prefix, X_OK) == 0)
			continue;
		report_say(r, "", "%s: %s", prefix, strerror(errno));
		if (errno == ENOENT)
			report_fix(r, "make that directory, or mount the file "
			    "system that holds it");
		else
			report_fix(r, "chmod a+x %s", prefix);
		return false;
	}
	return true;
}

static void
check_missing(struct report *r, const char *path, int error)
{
	if (error != ENOENT)
		report_say(r, "Maildir", "%s: %s", path, strerror(error));
	else
		report_say(r, "Maildir", "%s is not there: an empty maildrop, "
		    "if the directory above it is there", path);
	if (!check_way(r, path))
		return;
	if (error == ENOENT)
		report_fix(r, "mkdir -p -m 700 %s/cur %s/new %s/tmp", path,
		    path, path);
	else
		report_fix(r, "the Maildir must be a directory of its user");
}

static void
check_our_file(struct report *r, const char *top, const char *name)
{
	char path[PATH_MAX];
	struct stat st;
	int n = snprintf(path, sizeof path, "%s/%s", top, name);

	if (n < 0 || (size_t)n >= sizeof path || lstat(path, &st) == -1)
		return;
	if (!S_ISREG(st.st_mode)) {
		report_say(r, "", "%s is not a regular file", path);
		report_fix(r, "rm %s", path);
	} else if (st.st_uid != geteuid()) {
		report_say(r, "", "%s belongs to uid %ju", path,
		    (uintmax_t)st.st_uid);
		report_fix(r, "chown %ju %s", (uintmax_t)geteuid(), path);
	} else if (access(path, R_OK | W_OK) == -1) {
		report_say(r, "", "%s: %s", path, strerror(errno));
		report_fix(r, "chmod 600 %s", path);
	}
}

static void
check_rights(struct report *r, const char *path)
{
	struct stat st;
	size_t i;

	if (stat(path, &st) == -1)
		return;
	if (st.st_uid != geteuid()) {
		report_say(r, "", "%s belongs to uid %ju, the session runs as "
		    "uid %ju", path, (uintmax_t)st.st_uid,
		    (uintmax_t)geteuid());
		report_fix(r, "chown -R %ju:%ju %s", (uintmax_t)geteuid(),
		    (uintmax_t)getegid(), path);
	} else if (access(path, W_OK) == -1) {
		report_say(r, "", "%s cannot be written: nothing can be "
		    "deleted", path);
		report_fix(r, "chmod u+w %s, or set read-only", path);
	}
	for (i = 0; i < sizeof our_files / sizeof our_files[0]; i++)
		check_our_file(r, path, our_files[i]);
}

static void
check_left_out(struct report *r, struct left_out l)
{
	char forms[MAILDROP_FORMS_MAX];

	if (l.stored > 0) {
		report_say(r, "", "%" PRIu32 " more cannot be decoded: %s",
		    l.stored, maildrop_forms(&l, forms));
		report_fix(r, "have the program that stored them rewrite them "
		    "as they were");
	}
	if (l.too_long > 0) {
		report_say(r, "", "%" PRIu32 " more have names of more than "
		    "255 bytes", l.too_long);
		report_fix(r, "rename them");
	}
}

/* What is believed of the index, and why. */
static void
check_index(struct report *r, const struct options *o, const char *path)
{
	enum index_use use = o->server.pop3.drop.index;
	const char *name;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool keeps = fd != -1 && storage_keeps_times(fd, &name);

	if (fd == -1 || use == INDEX_OFF)
		report_say(r, "index", "none: each login reads all messages");
	else if (use == INDEX_FULL || (use == INDEX_AUTO && keeps))
		report_say(r, "index", "full: on %s, an unchanged directory "
		    "is not read", name);
	else
		report_say(r, "index", "sizes: on %s, each login reads the "
		    "directories%s", name, use == INDEX_SIZES ? "" :
		    ", since their times may not tell of new mail");
	fd_close(&fd);
}

static void
check_messages(struct report *r, const char *path, struct maildrop *d)
{
	struct maildrop_sum sum = maildrop_left(d);

	report_say(r, "Maildir", "%s: %" PRIu32 " messages, %" PRIu64
	    " octets", path, sum.count, sum.octets);
	check_left_out(r, maildrop_left_out(d));
	if (maildrop_unreadable(d) > 0) {
		report_say(r, "", "%zu more cannot be read: %s",
		    maildrop_unreadable(d), maildrop_error(d));
		report_fix(r, "chown and chmod u+r those files, or move them "
		    "away");
	}
}

void
mailbox_check(struct report *r, const struct options *o, const char *path)
{
	struct maildrop_conf look = { .lock = false, .read_only = true,
	    .flat = o->server.pop3.drop.flat };
	struct maildrop *d = NULL;

	if (access(path, F_OK) == -1) {
		check_missing(r, path, errno);
		return;
	}
	if (maildrop_open(&d, path, &look) == MAILDROP_OPEN) {
		check_messages(r, path, d);
		check_index(r, o, path);
	} else {
		report_say(r, "Maildir", "%s cannot be read: %s", path,
		    d != NULL ? maildrop_error(d) : strerror(errno));
		if (check_way(r, path))
			report_fix(r, "it must be a directory of its user: "
			    "chown, chmod u+rwx");
	}
	maildrop_close(d);
	check_rights(r, path);
}

static int
find_user(struct report *r, const struct server_conf *s, struct user *user,
    const char *given)
{
	char name[ASK_USER_MAX + 1];

	if (span_copy(name, sizeof name, span_of(given)) == -1 ||
	    (s->virtual_user != NULL ? user_virtual_name(name,
	    s->virtual_domain) == -1 || user_find_virtual(user,
	    s->virtual_user, name) == -1 : user_find(user, name) == -1)) {
		report_say(r, "user", "%s: %s", given, errno == ENOENT ?
		    "no such account" : errno == EINVAL ?
		    "the account has no usable name or home" :
		    strerror(errno));
		report_fix(r, "check the name: getent passwd %s", given);
		return -1;
	}
	return 0;
}

/* The reasons for which a right password is refused. */
static void
check_admission(struct report *r, const struct server_conf *s,
    const struct user *user)
{
	const char *file;
	bool trouble;

	report_say(r, "user", "%s: uid %ju, gid %ju", user->name,
	    (uintmax_t)user->uid, (uintmax_t)user->gid);
	if (user->uid == 0) {
		report_say(r, "", "root cannot log in");
		report_fix(r, "use another account");
	} else if (user->uid < s->min_uid) {
		report_say(r, "", "uid %ju is below min-uid %ju",
		    (uintmax_t)user->uid, (uintmax_t)s->min_uid);
		report_fix(r, "set min-uid = %ju", (uintmax_t)user->uid);
	}
	if ((file = access_refusal(&s->access, user, &trouble)) != NULL) {
		report_say(r, "", "refused by %s%s%s", file, trouble ? ": " :
		    "", trouble ? strerror(errno) : "");
		report_fix(r, "change that file, or the setting that names it");
	}
}

/* With the rights of the user; returns the number of problems. */
static unsigned
look_as_user(struct report *r, const struct options *o,
    const struct user *user, const char *path)
{
	struct report mine = { .f = r->f };

	if (initgroups(user->account, user->gid) == -1 ||
	    privilege_become(user->uid, user->gid) == -1) {
		report_say(&mine, "", "cannot become uid %ju: %s",
		    (uintmax_t)user->uid, strerror(errno));
		report_fix(&mine, "run --check as root, outside a container "
		    "without these rights");
	} else
		mailbox_check(&mine, o, path);
	return mine.problems;
}

void
mailbox_check_user(struct report *r, const struct options *o,
    const char *name)
{
	char path[PATH_MAX];
	struct user user;
	unsigned n;
	int status;
	pid_t pid;

	if (find_user(r, &o->server, &user, name) == -1)
		return;
	check_admission(r, &o->server, &user);
	if (user_maildir(path, o->server.maildir, &user) == -1) {
		report_say(r, "Maildir", "%s: %s", o->server.maildir != NULL ?
		    o->server.maildir : "~/Maildir", strerror(errno));
		report_fix(r, "change the pattern: set maildir");
		return;
	}
	if (user.uid == 0 || fflush(r->f) != 0 || (pid = fork()) == -1)
		return;
	if (pid == 0) {
		n = look_as_user(r, o, &user, path);
		_exit(fflush(r->f) == 0 && n < 255 ? (int)n : 255);
	}
	if (waitpid(pid, &status, 0) == pid && WIFEXITED(status))
		r->problems += (unsigned)WEXITSTATUS(status);
	else
		report_fix(r, "the look at the Maildir ended by a signal: "
		    "report it");
}
