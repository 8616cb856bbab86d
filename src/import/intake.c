#include "import/intake.h"

#include "base/fd.h"
#include "base/log.h"
#include "import/bulletin.h"
#include "import/dotlock.h"
#include "maildir/files.h"
#include "maildir/lock.h"
#include "maildir/maildrop.h"
#include "import/spool.h"
#include "confine/privilege.h"
#include "confine/sandbox.h"
#include "settings/place.h"
#include "settings/sources.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What MTAs wait for each other's locks, about. */
#define SPOOL_LOCK_WAIT 10000

bool
intake_is_needed(const struct intake *in)
{
	struct waiting w;

	if (in->conf->pop3.drop.read_only)
		return false;
	sources_find(&w, &in->conf->intake, in->user);
	return in->conf->intake.bulletin_dir != NULL ||
	    waiting_is_due(&w, in->maildir);
}

/*
 * The group that may make a lock file beside the spool: /var/mail is writable
 * for a group of its own where it is not writable for all.
 */
static gid_t
lock_group(const struct intake *in, const char *spool)
{
	char directory[PATH_MAX];
	const char *slash;
	struct stat st;

	if (!in->root || in->conf->intake.home_mail != NULL ||
	    (slash = strrchr(spool, '/')) == NULL ||
	    span_copy(directory, sizeof directory,
	    (struct span){ spool, (size_t)(slash - spool) }) == -1 ||
	    stat(directory, &st) == -1)
		return (gid_t)-1;
	return (st.st_mode & S_IWGRP) != 0 && (st.st_mode & S_IWOTH) == 0 &&
	    st.st_gid != 0 ? st.st_gid : (gid_t)-1;
}

/* --- Draining ---------------------------------------------------------------- */

/* -1 with errno of what failed. */
static int
drain(const struct intake *in, struct maildir *md, const char *path,
    bool adopt, bool orphans, bool *waits)
{
	struct spool_report report;
	int error;
	const struct spool_conf conf = {
		.path = path,
		.lock_gid = lock_group(in, path),
		.lock_wait = SPOOL_LOCK_WAIT,
		.adopt = adopt,
		.old_uids = in->conf->intake.old_uids,
		.orphans = orphans,
	};

	*waits = false;
	if (path[0] == '\0')
		return 0;
	if (spool_drain(md, &conf, &report) == -1) {
		error = errno;
		log_line(LOG_WARN, "%s: spool %s: %s", in->user->name, path,
		    maildir_error(md));
		errno = error;
		return -1;
	}
	*waits = report.waits;
	if (report.no_dotlock == EEXIST)
		log_line(LOG_WARN, "%s: %s.lock is no lock file, and stays: "
		    "fcntl(2) alone locks %s", in->user->name, path, path);
	if (report.messages > 0)
		log_line(LOG_NOTE, "%s: %" PRIu32 " message%s (%" PRIu64
		    " bytes) drained from %s", in->user->name, report.messages,
		    report.messages == 1 ? "" : "s", report.raw, path);
	return 0;
}

/*
 * The ids of what is in the Maildir already are taken over before the file of
 * ids is made by what comes.
 */
static void
adopt_present(const struct intake *in, const char *path)
{
	struct maildrop_conf conf = in->conf->pop3.drop;
	struct maildrop *d;

	conf.lock = false;
	if (maildrop_open(&d, path, &conf) != MAILDROP_OPEN)
		log_line(LOG_WARN, "%s: %s", in->user->name, d != NULL ?
		    maildrop_error(d) : strerror(errno));
	maildrop_close(d);
}

static void
note_drained(const struct maildir *md)
{
	int fd = openat(md->top, DRAINED_FILE, O_WRONLY | O_CREAT |
	    O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

	fd_close(&fd);
}

/*
 * qpopper's temporary drop is older, and so it comes first; but if it is the
 * draining of the spool that was interrupted, that one has to be finished.  If
 * the drop could not be drained, what is staged of it must not be published with
 * the spool: the drop is not cut, and would come again.
 */
static int
drain_both(const struct intake *in, const struct waiting *s,
    struct maildir *md, bool adopt)
{
	bool waits, none;
	int r, error;

	r = drain(in, md, s->temp_drop, adopt, false, &waits);
	error = errno;
	if (drain(in, md, s->spool, adopt, r == 0, &none) == -1 ||
	    (waits && drain(in, md, s->temp_drop, adopt, true, &none) == -1))
		return -1;
	errno = error;
	return r;
}

/* The first draining has failed, with errno: no login before one succeeds. */
static enum intake_result
refuse_first(void)
{
	return errno == EAGAIN || errno == EBUSY ? INTAKE_IN_USE :
	    INTAKE_REFUSED;
}

static enum intake_result
drain_all(const struct intake *in, const struct waiting *s,
    struct maildir *md)
{
	bool first = !waiting_drained(in->maildir);
	const char *away = first ? waiting_missing(s) : NULL;

	if (away != NULL) {
		log_line(LOG_FAULT, "%s: %s: %s", in->user->name, away,
		    strerror(errno));
		return INTAKE_REFUSED;
	}
	if (!waiting_mail(s, in->maildir))
		return INTAKE_DONE;
	if (first)
		adopt_present(in, in->maildir);
	if (drain_both(in, s, md, first &&
	    sources_adopt(in->conf->pop3.drop.adopt)) == -1)
		return first ? refuse_first() : INTAKE_LATER;
	if (first)
		note_drained(md);
	return INTAKE_DONE;
}

/* --- Bulletins --------------------------------------------------------------- */

/* Is the user of this process in the group? */
static bool
is_member(void *ctx, const char *group)
{
	const struct group *gr = getgrnam(group);
	gid_t groups[256];
	int i, n;

	(void)ctx;
	if (gr == NULL)
		return false;
	if (gr->gr_gid == getgid())
		return true;
	n = getgroups((int)(sizeof groups / sizeof groups[0]), groups);
	for (i = 0; i < n; i++)
		if (groups[i] == gr->gr_gid)
			return true;
	return false;
}

/* Virtual users have none of their own. */
static const char *
home_of(const struct intake *in)
{
	return in->conf->virtual_user != NULL ? in->maildir : in->user->home;
}

static int
take_bulletins(const struct intake *in, struct maildir *md)
{
	const struct intake_conf *conf = &in->conf->intake;
	char own[PATH_MAX + 16], shared[PATH_MAX + ASK_USER_MAX + 16];
	const struct bulletin_conf bulletins = {
		.directory = conf->bulletin_dir,
		.max = conf->max_bulletins,
		.groups = conf->group_bulletins,
		.marks = { own, shared },
		.is_member = is_member,
	};
	uint32_t n;
	int r;

	if (conf->bulletin_dir == NULL)
		return 0;
	(void)snprintf(own, sizeof own, "%s/.popbull", home_of(in));
	(void)snprintf(shared, sizeof shared, "%s/%s.popbull",
	    conf->bulletin_dir, in->user->name);
	if ((r = bulletin_deliver(md, &bulletins, &n)) == -1)
		log_line(LOG_WARN, "%s: %s", in->user->name, maildir_error(md));
	if (n > 0)
		log_line(LOG_CHAT, "%s: %" PRIu32 " bulletins delivered",
		    in->user->name, n);
	return r;
}

/* --- All of it --------------------------------------------------------------- */

/*
 * Two sessions of one user must not take in the same mail twice, with "lock =
 * none" either.  With a lock, no session is under way meanwhile.
 */
struct locks {
	struct lock draining, session;
};

static enum lock_result
take_locks(const struct intake *in, struct locks *l, int top)
{
	const struct maildrop_conf *conf = &in->conf->pop3.drop;
	enum lock_result r;

	r = lock_take_file(&l->draining, top, DRAIN_LOCK_FILE,
	    conf->lock_wait);
	return r == LOCK_HELD && conf->lock ?
	    lock_take(&l->session, top, conf->lock_wait) : r;
}

/* No mail can be taken in, for the reason in errno. */
static enum intake_result
give_up(const struct intake *in, const struct waiting *s,
    const char *why)
{
	int error = errno;

	log_line(LOG_WARN, "%s: no mail is taken in: %s", in->user->name, why);
	errno = error;
	return !waiting_drained(in->maildir) && waiting_mail(s, in->maildir) ?
	    (errno = error, refuse_first()) : INTAKE_LATER;
}

enum intake_result
intake_run(const struct intake *in)
{
	enum intake_result r;
	struct maildir md;
	struct waiting s;
	struct locks locks;

	sources_find(&s, &in->conf->intake, in->user);
	maildir_init(&md);
	lock_init(&locks.draining);
	lock_init(&locks.session);
	if (maildir_make(&md, in->maildir) == -1)
		r = give_up(in, &s, maildir_error(&md));
	else if (take_locks(in, &locks, md.top) != LOCK_HELD)
		r = give_up(in, &s, strerror(errno));
	else {
		r = drain_all(in, &s, &md);
		if (take_bulletins(in, &md) == -1 && r == INTAKE_DONE)
			r = INTAKE_LATER;
	}
	lock_release(&locks.session);
	lock_release(&locks.draining);
	maildir_close(&md);
	return r;
}

/* The directory that a path is in; "" for none. */
static const char *
directory_of(char directory[PATH_MAX], const char *path)
{
	const char *slash = strrchr(path, '/');

	directory[0] = '\0';
	if (slash != NULL && slash > path)
		(void)span_copy(directory, PATH_MAX,
		    (struct span){ path, (size_t)(slash - path) });
	return directory;
}

/* The databases of groups may be anywhere, even behind a socket. */
static bool
needs_groups(const struct intake *in)
{
	return in->conf->intake.bulletin_dir != NULL &&
	    in->conf->intake.group_bulletins;
}

/*
 * Of the spools this user's alone: the group that makes the lock file beside it
 * may read those of others.
 */
static int
see_only(const struct intake *in, const struct waiting *s,
    pid_t monitor)
{
	char spool[PATH_MAX], temp_drop[PATH_MAX], mark[PATH_MAX + 16];
	const struct sandbox_path paths[] = {
		{ in->maildir, SANDBOX_WRITE },
		{ s->spool, SANDBOX_WRITE },
		{ directory_of(spool, s->spool), SANDBOX_LOCK },
		{ s->temp_drop, SANDBOX_WRITE },
		{ directory_of(temp_drop, s->temp_drop), SANDBOX_LOCK },
		{ in->conf->intake.bulletin_dir, SANDBOX_READ },
		{ mark, SANDBOX_READ },
	};
	int r;

	(void)snprintf(mark, sizeof mark, "%s/.popbull", home_of(in));
	if (dotlock_group(lock_group(in, s->spool)) == -1)
		return -1;
	r = sandbox_intake(monitor, paths, sizeof paths / sizeof paths[0]);
	return dotlock_group((gid_t)-1) == -1 ? -1 : r;
}

int
intake_lock_up(const struct intake *in, pid_t monitor)
{
	struct waiting s;
	struct maildir md;

	sources_find(&s, &in->conf->intake, in->user);
	if (privilege_become_sparing(in->user->uid, in->user->gid,
	    lock_group(in, s.spool)) == -1)
		return -1;
	if (place_check(in->conf, in->user, in->maildir) == -1) {
		errno = ENOENT;
		return -1;
	}
	maildir_init(&md);		/* or there is nothing to be seen */
	(void)maildir_make(&md, in->maildir);
	maildir_close(&md);
	return in->conf->no_sandbox || needs_groups(in) ?
	    sandbox_bare(monitor) : see_only(in, &s, monitor);
}
