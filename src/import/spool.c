#include "import/spool.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/fd.h"
#include "base/num.h"
#include "base/replace.h"
#include "base/secret.h"
#include "maildir/adopted.h"
#include "import/dotlock.h"
#include "import/lease.h"
#include "import/mbox.h"
#include "maildir/files.h"
#include "maildir/quota.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_LINE "solopop drain 1\n"
#define NO_UIDL "-"

#define JOURNAL_MAX ((size_t)1024 * 1024 * 1024)

#define CHUNK 65536
#define RETRY_MS 100

/* For those who append without a lock, to come to their end. */
#define LEASE_WAIT 500

/* So often it may grow while we copy it. */
#define ATTEMPTS 5

/* Room for the names that we make: see stage_one(). */
#define STAGED_NAME 80

/* A message that is staged. */
struct staged {
	char name[STAGED_NAME];		/* as it will be in new/ or cur/ */
	char uidl[NAME_UIDL_MAX + 1];	/* to adopt, or "" */
};

struct drain {
	struct maildir *md;
	const struct spool_conf *conf;
	int spool;			/* -1: there is none */
	struct dotlock dotlock;
	int stage;			/* the directory */
	char salt[2 * 8 + 1];		/* in the names of this draining */
	off_t length;			/* so much of the mbox is staged */
	char sum[DIGEST_MD5_HEX + 1];	/* of that */
	uint64_t when;			/* of the message before */
	struct staged *v;
	size_t n, cap;
};

/* --- The mbox and its locks --------------------------------------------------- */

/*
 * It is cut, so it has one name.  Where all files have one owner, it has that of
 * the Maildir.
 */
static int
is_own_spool(const struct drain *d)
{
	struct stat st;

	if (fd_is_file_of(d->spool, d->md->owner) == -1 ||
	    fstat(d->spool, &st) == -1)
		return -1;
	if (st.st_nlink == 1)
		return 0;
	errno = EPERM;
	return -1;
}

static int
open_spool(struct drain *d)
{
	if (dotlock_group(d->conf->lock_gid) == -1)
		return -1;
	d->spool = open(d->conf->path, O_RDWR | O_NOFOLLOW | O_NONBLOCK |
	    O_NOCTTY | O_CLOEXEC);
	if (dotlock_group((gid_t)-1) == -1)
		return -1;
	if (d->spool == -1)
		return errno == ENOENT ? 0 : -1;
	return is_own_spool(d);
}

/* fcntl(2) goes with the dot-lock; it works over NFS, and flock(2) may not. */
static int
lock_range(struct drain *d, int64_t deadline)
{
	struct flock f = { 0 };

	f.l_type = F_WRLCK;
	f.l_whence = SEEK_SET;
	while (fcntl(d->spool, F_SETLK, &f) == -1) {
		if (errno != EACCES && errno != EAGAIN && errno != EINTR)
			return -1;
		if (clock_ms() >= deadline) {
			errno = EAGAIN;
			return -1;
		}
		clock_sleep_until(clock_ms() + RETRY_MS);
	}
	return 0;
}

/* Mail readers may put another file in its place. */
static bool
is_current(const struct drain *d)
{
	struct stat ours, now;

	return fstat(d->spool, &ours) == 0 && lstat(d->conf->path, &now) == 0 &&
	    ours.st_dev == now.st_dev && ours.st_ino == now.st_ino;
}

/* The file that is there once it is locked. */
static int
lock_file(struct drain *d, int64_t deadline)
{
	while (d->spool != -1) {
		if (lock_range(d, deadline) == -1)
			return -1;
		if (is_current(d))
			return 0;
		fd_close(&d->spool);
		if (open_spool(d) == -1)
			return -1;
	}
	return 0;
}

/* The dot-lock is first with most MTAs. */
static int
lock_spool(struct drain *d, struct spool_report *report)
{
	int64_t deadline = clock_ms() + d->conf->lock_wait;

	if (d->spool == -1)
		return 0;
	if (dotlock_take(&d->dotlock, d->conf->path, d->conf->lock_gid,
	    deadline) == -1) {
		if (errno != EACCES && errno != EPERM && errno != EROFS &&
		    errno != EEXIST)
			return -1;
		report->no_dotlock = errno;
	}
	return lock_file(d, deadline);
}

static int
size_of_spool(const struct drain *d, off_t *size)
{
	struct stat st;

	if (fstat(d->spool, &st) == -1)
		return -1;
	*size = st.st_size;
	return 0;
}

/* The MD5 of the mbox up to a length; another one if it is shorter. */
static int
sum_spool(struct drain *d, off_t length, char hex[DIGEST_MD5_HEX + 1])
{
	unsigned char chunk[CHUNK], sum[16];
	struct digest_md5 md5;
	off_t at = 0;
	ssize_t n;

	digest_md5_begin(&md5);
	while (at < length) {
		n = fd_read_at(d->spool, chunk, CHUNK, at, length);
		if (n == -1)
			return -1;
		if (n == 0)
			break;
		digest_md5_add(&md5, chunk, (size_t)n);
		at += n;
		dotlock_refresh(&d->dotlock);
	}
	digest_md5_end(&md5, sum);
	digest_hex(hex, sum, sizeof sum);
	return 0;
}

/* --- Staging ------------------------------------------------------------------ */

/* The directory must be there after a crash, too. */
static int
open_stage(struct drain *d)
{
	if (mkdirat(d->md->top, STAGE, 0700) == 0) {
		if (fsync(d->md->top) == -1)
			return -1;
	} else if (errno != EEXIST)
		return -1;
	fd_close(&d->stage);
	d->stage = openat(d->md->top, STAGE, O_RDONLY | O_DIRECTORY |
	    O_NOFOLLOW | O_CLOEXEC);
	return d->stage == -1 ? -1 : 0;
}

/* Remove whatever a draining that did not come to its journal has left. */
static int
empty_stage(struct drain *d)
{
	struct dirent *entry;
	int fd, r = 0;
	DIR *dir;

	fd = openat(d->stage, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || (dir = fdopendir(fd)) == NULL) {
		fd_close(&fd);
		return -1;
	}
	while (r == 0 && (errno = 0, (entry = readdir(dir)) != NULL))
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			r = unlinkat(d->stage, entry->d_name, 0);
	if (r == 0 && errno != 0)
		r = -1;
	(void)closedir(dir);
	return r;
}

static int
copy_range(struct drain *d, int to, off_t at, off_t end)
{
	char chunk[CHUNK];
	ssize_t n;

	for (; at < end; at += n) {
		n = fd_read_at(d->spool, chunk, CHUNK, at, end);
		if (n == 0)
			errno = EBADMSG;
		if (n <= 0 || fd_write_all(to, chunk, (size_t)n) == -1)
			return -1;
		dotlock_refresh(&d->dotlock);
	}
	return 0;
}

static struct staged *
add_staged(struct drain *d)
{
	struct staged *grown;
	size_t cap;

	if (d->n == d->cap) {
		cap = d->cap == 0 ? 64 : 2 * d->cap;
		if ((grown = realloc(d->v, cap * sizeof *grown)) == NULL)
			return NULL;
		d->v = grown;
		d->cap = cap;
	}
	memset(&d->v[d->n], 0, sizeof d->v[d->n]);
	return &d->v[d->n++];
}

/*
 * The number keeps the order within a second, the salt keeps the name unique
 * for good.
 */
static int
name_message(struct drain *d, const struct mbox_mail *mail,
    struct staged *s)
{
	int n;

	if (mail->when != 0)
		d->when = mail->when;
	n = snprintf(s->name, sizeof s->name, "%" PRIu64 ".M%06zuR%s.spool%s%s",
	    d->when, d->n, d->salt, mail->old ? ":2," : "", mail->flags);
	if (n < 0 || (size_t)n >= sizeof s->name) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (d->conf->adopt)
		(void)snprintf(s->uidl, sizeof s->uidl, "%s",
		    mail->x_uidl[0] != '\0' ? mail->x_uidl :
		    d->conf->old_uids ? mail->old_uid : mail->new_uid);
	return 0;
}

/* Some file systems refuse the colon (vfat, NTFS, SMB). */
static int
make_staged(struct drain *d, struct staged *s)
{
	char *info;
	int fd;

	fd = openat(d->stage, s->name, O_WRONLY | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd != -1 || errno != EINVAL || (info = strchr(s->name, ':')) == NULL)
		return fd;
	*info = ';';
	return openat(d->stage, s->name, O_WRONLY | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
}

static int
stage_one(struct drain *d, const struct mbox_mail *mail)
{
	struct timespec times[2] = { { 0 } };
	struct staged *s;
	int fd, r;

	if ((s = add_staged(d)) == NULL || name_message(d, mail, s) == -1 ||
	    (fd = make_staged(d, s)) == -1)
		return -1;
	r = copy_range(d, fd, mail->start, mail->end);
	times[0].tv_sec = times[1].tv_sec = (time_t)d->when;
	(void)futimens(fd, times);
	/* Here some network file systems say what went wrong, and only once. */
	if (close(fd) == -1)
		r = -1;
	return r;
}

/* All messages up to size. */
static int
stage_messages(struct drain *d, off_t size)
{
	struct mbox_mail mail;
	struct mbox *m;
	int r;

	if ((m = malloc(sizeof *m)) == NULL)
		return -1;
	mbox_begin(m, d->spool, 0, size);
	while ((r = mbox_next(m, &mail)) == 1) {
		if (!mail.folder_data && stage_one(d, &mail) == -1) {
			r = -1;
			break;
		}
		dotlock_refresh(&d->dotlock);
	}
	free(m);
	return r;
}

/* One by one at the end: the first of these calls does most of the work. */
static int
sync_stage(struct drain *d)
{
	size_t i;
	int fd, r = 0;

	for (i = 0; i < d->n && r == 0; i++) {
		fd = openat(d->stage, d->v[i].name, O_RDONLY | O_NOFOLLOW |
		    O_CLOEXEC);
		if (fd == -1)
			return -1;
		r = fsync(fd);
		fd_close(&fd);
		dotlock_refresh(&d->dotlock);
	}
	return r;
}

/* --- The journal -------------------------------------------------------------- */

/* What the journal is about, so that it is not taken for another mbox's. */
static void
sum_path(const struct drain *d, char hex[DIGEST_MD5_HEX + 1])
{
	const struct span path = span_of(d->conf->path);

	digest_md5(hex, &path, 1);
}

static int
write_journal_to(const struct drain *d, FILE *f)
{
	char path[DIGEST_MD5_HEX + 1];
	size_t i;

	sum_path(d, path);
	if (fprintf(f, FIRST_LINE "%s %jd %s %zu\n", path, (intmax_t)d->length,
	    d->sum, d->n) < 0)
		return -1;
	for (i = 0; i < d->n; i++)
		if (fprintf(f, "%s %s\n", d->v[i].name, d->v[i].uidl[0] != '\0'
		    ? d->v[i].uidl : NO_UIDL) < 0)
			return -1;
	return fflush(f) == 0 ? 0 : -1;
}

/* From here on everything in it is safe. */
static int
write_journal(const struct drain *d)
{
	struct replace draft;
	int copy, r = -1;
	FILE *f = NULL;

	if (replace_begin(&draft, d->stage, JOURNAL) == -1)
		return -1;
	if ((copy = fd_copy(draft.fd)) != -1 &&
	    (f = fdopen(copy, "w")) == NULL)
		fd_close(&copy);
	if (f != NULL) {
		r = write_journal_to(d, f);
		if (fclose(f) != 0)
			r = -1;
	}
	if (r == 0 && replace_commit(&draft, d->stage) == 0)
		return fsync(d->stage);
	replace_drop(&draft, d->stage);
	return -1;
}

/* "path length md5 count" */
static int
parse_head(struct drain *d, struct span line, bool *ours, uint64_t *count)
{
	char path[DIGEST_MD5_HEX + 1];
	struct span w[4];
	uint64_t length;
	size_t i;

	for (i = 0; i < 4; i++)
		if (!span_word(&line, &w[i]))
			return -1;
	if (num_u64(w[1], INT64_MAX, &length) == -1 ||
	    span_copy(d->sum, sizeof d->sum, w[2]) == -1 ||
	    num_u64(w[3], SIZE_MAX, count) == -1)
		return -1;
	sum_path(d, path);
	*ours = span_is(w[0], path);
	d->length = (off_t)length;
	return 0;
}

/* @audit the journal is the user's: a name must be one file's of the stage. */
static int
parse_row(struct drain *d, struct span line)
{
	struct span name, uidl;
	struct staged *s;

	if (!span_word(&line, &name) || !span_word(&line, &uidl) ||
	    name.p[0] == '.' || span_has(name, '/') ||
	    (s = add_staged(d)) == NULL ||
	    span_copy(s->name, sizeof s->name, name) == -1)
		return -1;
	if (!span_is(uidl, NO_UIDL) &&
	    span_copy(s->uidl, sizeof s->uidl, uidl) == -1)
		return -1;
	return 0;
}

static int
parse_journal(struct drain *d, struct span text, bool *ours)
{
	uint64_t count;
	struct span line;

	if (!span_line(&text, &line) || line.len + 1 != strlen(FIRST_LINE) ||
	    memcmp(line.p, FIRST_LINE, line.len) != 0 ||
	    !span_line(&text, &line) || parse_head(d, line, ours, &count) == -1)
		return -1;
	while (span_line(&text, &line))
		if (parse_row(d, line) == -1)
			return -1;
	return text.len == 0 && d->n == count ? 0 : -1;
}

/*
 * 1 when there is one, 0 when not.  It was renamed into its place when it was
 * whole, so one that makes no sense is not ours, and nothing is touched.
 */
static int
read_journal(struct drain *d, bool *ours)
{
	size_t len;
	char *text;
	int r;

	text = maildir_read_own(d->md, d->stage, JOURNAL, JOURNAL_MAX, &len);
	if (text == NULL)
		return errno == ENOENT ? 0 : -1;
	r = parse_journal(d, (struct span){ text, len }, ours);
	free(text);
	if (r == 0)
		return 1;
	errno = EBADMSG;
	return -1;
}

/* --- The steps ---------------------------------------------------------------- */

/* Forget what is staged, with its journal first. */
static int
forget(struct drain *d)
{
	d->n = 0;
	d->length = 0;
	if (unlinkat(d->stage, JOURNAL, 0) == -1 && errno != ENOENT)
		return -1;
	return empty_stage(d);
}

/* All that the mbox has, with its journal. */
static int
stage(struct drain *d)
{
	struct stat st;

	if (forget(d) == -1 || fstat(d->spool, &st) == -1)
		return -1;
	d->when = (uint64_t)(st.st_mtime > 0 ? st.st_mtime : 1);
	if (stage_messages(d, st.st_size) == -1 || sync_stage(d) == -1 ||
	    sum_spool(d, st.st_size, d->sum) == -1)
		return -1;
	d->length = st.st_size;
	return write_journal(d);
}

/*
 * 0 when it is cut, 1 when it has grown.  Who obeys our locks is not there;
 * whoever does not has, with a lease, nothing of it open, and without one had
 * half a second to come to the end of what he writes.
 */
static int
cut(struct drain *d)
{
	bool leased = lease_take(d->spool, clock_ms() + LEASE_WAIT) == 0;
	off_t size;
	int r;

	r = size_of_spool(d, &size);
	if (r == 0 && size != d->length)
		r = 1;
	else if (r == 0 && (!dotlock_is_ours(&d->dotlock) || !is_current(d))) {
		errno = EAGAIN;
		r = -1;
	}
	if (r == 0)
		r = ftruncate(d->spool, 0);
	if (leased)
		lease_drop(d->spool);
	return r == 0 ? fsync(d->spool) : r;
}

/*
 * What grows while we copy it is copied anew: the end of what we have may be
 * the first half of a message.
 */
static int
stage_and_cut(struct drain *d)
{
	int i, r = 1;

	for (i = 0; i < ATTEMPTS && r == 1; i++)
		r = stage(d) == -1 ? -1 : cut(d);
	if (r == 1 && forget(d) == 0)
		errno = EAGAIN;
	return r == 0 ? 0 : -1;
}

static int
adopt(const struct drain *d)
{
	struct adopted_row *rows;
	size_t i, n = 0;
	int r;

	if ((rows = calloc(d->n + 1, sizeof *rows)) == NULL)
		return -1;
	for (i = 0; i < d->n; i++)
		if (d->v[i].uidl[0] != '\0')
			rows[n++] = (struct adopted_row){
			    name_unique(d->v[i].name), d->v[i].uidl };
	r = n > 0 || d->conf->adopt ? adopted_add(d->md, rows, n, NULL) : 0;
	free(rows);
	return r;
}

/*
 * Never onto a file.  1 when it is not in the stage: an interrupted draining has
 * moved it, and the messages before it.
 */
static int
publish_one(struct drain *d, const struct staged *s, struct quota *q,
    struct spool_report *report)
{
	enum maildir_where where = name_has_info(s->name) ? MAILDIR_CUR :
	    MAILDIR_NEW;
	int to = d->md->dir[where];
	struct stat st, other;

	if (fstatat(d->stage, s->name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 1 : -1;
	if (fstatat(to, s->name, &other, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	if (renameat(d->stage, s->name, to, s->name) == -1)
		return -1;
	quota_added(q, (uint64_t)st.st_size);
	report->messages++;
	report->raw += (uint64_t)st.st_size;
	return 0;
}

/*
 * They move in their order, so only the first ones can have moved before, in a
 * draining that was interrupted.  Another one that is missing was taken away: its
 * journal stays, because the mbox is cut already.
 */
static int
publish_all(struct drain *d, bool again, struct spool_report *report)
{
	bool may_lack = again;
	struct quota q;
	size_t i;
	int r = 0;

	quota_open(&q, d->md->top);
	for (i = 0; i < d->n && r != -1; i++) {
		r = publish_one(d, &d->v[i], &q, report);
		if (r == 1 && !may_lack) {
			errno = ENODATA;
			r = -1;
		}
		may_lack = may_lack && r == 1;
	}
	(void)quota_close(&q);
	return r == -1 ? -1 : 0;
}

static int
publish(struct drain *d, bool again, struct spool_report *report)
{
	if (publish_all(d, again, report) == -1 ||
	    fsync(d->md->dir[MAILDIR_NEW]) == -1 ||
	    fsync(d->md->dir[MAILDIR_CUR]) == -1)
		return -1;
	if (unlinkat(d->stage, JOURNAL, 0) == -1)
		return -1;
	(void)unlinkat(d->md->top, STAGE, AT_REMOVEDIR);
	return 0;
}

/* Is the mbox still to be cut?  1 or 0. */
static int
is_uncut(struct drain *d)
{
	char now[DIGEST_MD5_HEX + 1];
	off_t size;

	if (d->spool == -1)
		return 0;
	if (size_of_spool(d, &size) == -1)
		return -1;
	if (size < d->length)
		return 0;
	if (sum_spool(d, d->length, now) == -1)
		return -1;
	return strcmp(now, d->sum) == 0;
}

static int
finish(struct drain *d, bool again, struct spool_report *report)
{
	return adopt(d) == -1 ? -1 : publish(d, again, report);
}

/* Bring to its end what was interrupted behind its journal. */
static int
resume(struct drain *d, bool ours, struct spool_report *report)
{
	int r = ours ? is_uncut(d) : 0;

	return r == 0 ? finish(d, true, report) : r == 1 ? 0 : -1;
}

static int
begin(struct drain *d, struct spool_report *report)
{
	return stage_and_cut(d) == -1 ? -1 : finish(d, false, report);
}

static bool
is_empty(const struct drain *d)
{
	off_t size = 0;

	return d->spool == -1 || (size_of_spool(d, &size) == 0 && size == 0);
}

/*
 * An uncommitted draining that fails leaves nothing behind.  One that has its
 * journal is not touched: the next time goes on with it.
 */
static int
run(struct drain *d, struct spool_report *report)
{
	bool ours;
	int r;

	if (open_stage(d) == -1 || (r = read_journal(d, &ours)) == -1)
		return -1;
	if (r == 1 && !ours && !d->conf->orphans) {
		report->waits = true;
		return 0;
	}
	if (r == 1 && resume(d, ours, report) == -1)
		return -1;
	if (r == 1 && open_stage(d) == -1)
		return -1;
	if (is_empty(d)) {
		(void)empty_stage(d);
		(void)unlinkat(d->md->top, STAGE, AT_REMOVEDIR);
		return 0;
	}
	return begin(d, report);
}

static void
clean_up(struct drain *d)
{
	struct stat st;
	int kept = errno;

	if (d->stage != -1 && fstatat(d->stage, JOURNAL, &st,
	    AT_SYMLINK_NOFOLLOW) == -1 && errno == ENOENT) {
		(void)empty_stage(d);
		(void)unlinkat(d->md->top, STAGE, AT_REMOVEDIR);
	}
	errno = kept;
}

static bool
has_stage(const struct drain *d)
{
	struct stat st;

	return fstatat(d->md->top, STAGE, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int
spool_drain(struct maildir *md, const struct spool_conf *conf,
    struct spool_report *report)
{
	struct drain d = { .md = md, .conf = conf, .spool = -1, .stage = -1 };
	int r;

	*report = (struct spool_report){ .messages = 0 };
	dotlock_init(&d.dotlock);
	r = open_spool(&d);
	if (r == 0 && (!is_empty(&d) || has_stage(&d))) {
		r = secret_random_hex(d.salt, 8);
		if (r == 0)
			r = lock_spool(&d, report);
		if (r == 0)
			r = run(&d, report);
		if (r == -1) {
			(void)maildir_fail(md, "draining");
			clean_up(&d);
		}
	} else if (r == -1)
		(void)maildir_fail(md, "opening");
	dotlock_release(&d.dotlock);
	fd_close(&d.spool);
	fd_close(&d.stage);
	free(d.v);
	return r;
}
