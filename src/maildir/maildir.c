#include "maildir/maildir.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/replace.h"
#include "maildir/files.h"
#include "maildir/name.h"

#include <sys/types.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TMP_MAX_AGE (36 * 60 * 60)

static const char *const names[] = {
	[MAILDIR_NEW] = "new",
	[MAILDIR_CUR] = "cur",
};

void
maildir_init(struct maildir *md)
{
	md->top = md->dir[MAILDIR_NEW] = md->dir[MAILDIR_CUR] = -1;
	md->owner = geteuid();
	md->error[0] = '\0';
}

int
maildir_fail(struct maildir *md, const char *format, ...)
{
	int kept = errno, n;
	va_list ap;

	va_start(ap, format);
	n = vsnprintf(md->error, sizeof md->error, format, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof md->error)
		(void)snprintf(md->error + n, sizeof md->error - (size_t)n,
		    ": %s", strerror(kept));
	errno = kept;
	return -1;
}

static int
fail_file(struct maildir *md, enum maildir_where where, const char *file)
{
	char quoted[LOG_QUOTED_MAX(48)];

	return maildir_fail(md, "%s/%s", names[where],
	    log_quote(quoted, sizeof quoted, span_of(file)));
}

void
maildir_blame(struct maildir *md, enum maildir_where where, const char *file,
    const char *format, ...)
{
	char quoted[LOG_QUOTED_MAX(48)], words[128];
	int kept = errno;
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(words, sizeof words, format, ap);
	va_end(ap);
	(void)snprintf(md->error, sizeof md->error, "%s/%s: %s", names[where],
	    log_quote(quoted, sizeof quoted, span_of(file)),
	    words[0] != '\0' ? words : strerror(kept));
	errno = kept;
}

void
maildir_forget_error(struct maildir *md)
{
	md->error[0] = '\0';
}

static int
open_dir(struct maildir *md, enum maildir_where where)
{
	md->dir[where] = openat(md->top, names[where],
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (md->dir[where] == -1 && errno != ENOENT)
		return maildir_fail(md, "%s", names[where]);
	return 0;
}

static int
find_owner(struct maildir *md)
{
	struct stat st;

	if (fstat(md->top, &st) == -1)
		return maildir_fail(md, "the Maildir");
	md->owner = st.st_uid;
	return 0;
}

int
maildir_open(struct maildir *md, const char *path)
{
	char quoted[LOG_QUOTED_MAX(64)];

	md->top = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (md->top == -1)
		return maildir_fail(md, "Maildir %s",
		    log_quote_path(quoted, sizeof quoted, span_of(path)));
	if (find_owner(md) == -1 || open_dir(md, MAILDIR_NEW) == -1 ||
	    open_dir(md, MAILDIR_CUR) == -1)
		return -1;
	return 0;
}

static int
make(struct maildir *md, int at, const char *path, bool *made)
{
	if (mkdirat(at, path, 0700) == 0) {
		*made = true;
		return 0;
	}
	if (errno == EEXIST)
		return 0;
	return maildir_fail(md, "making %s", at == AT_FDCWD ? "the Maildir" :
	    path);
}

/* fsync the new directories: drained mail will exist only here. */
static void
sync_made(const struct maildir *md)
{
	int parent = openat(md->top, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)fsync(md->top);
	if (parent != -1)
		(void)fsync(parent);
	fd_close(&parent);
}

int
maildir_make(struct maildir *md, const char *path)
{
	bool made = false;

	if (make(md, AT_FDCWD, path, &made) == -1 ||
	    maildir_open(md, path) == -1)
		return -1;
	if (make(md, md->top, "tmp", &made) == -1 ||
	    make(md, md->top, names[MAILDIR_NEW], &made) == -1 ||
	    make(md, md->top, names[MAILDIR_CUR], &made) == -1)
		return -1;
	if (made)
		sync_made(md);
	fd_close(&md->dir[MAILDIR_NEW]);
	fd_close(&md->dir[MAILDIR_CUR]);
	return open_dir(md, MAILDIR_NEW) == -1 ? -1 :
	    open_dir(md, MAILDIR_CUR);
}

void
maildir_close(struct maildir *md)
{
	fd_close(&md->dir[MAILDIR_NEW]);
	fd_close(&md->dir[MAILDIR_CUR]);
	fd_close(&md->top);
}

bool
maildir_flatten(struct maildir *md)
{
	if (md->dir[MAILDIR_NEW] != -1 || md->dir[MAILDIR_CUR] != -1)
		return false;
	md->dir[MAILDIR_NEW] = fd_copy(md->top);
	return md->dir[MAILDIR_NEW] != -1;
}

int
maildir_open_own(const struct maildir *md, int dir, const char *file)
{
	int fd = openat(dir, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_NOCTTY | O_CLOEXEC);

	if (fd == -1 && errno == ELOOP)
		errno = EPERM;
	if (fd != -1 && fd_is_file_of(fd, md->owner) == -1)
		fd_close(&fd);
	return fd;
}

char *
maildir_read_own(const struct maildir *md, int dir, const char *file,
    size_t max, size_t *len)
{
	int fd = maildir_open_own(md, dir, file);
	char *text;

	if (fd == -1)
		return NULL;
	text = fd_read_text(fd, max, len);
	fd_close(&fd);
	return text;
}

const char *
maildir_error(const struct maildir *md)
{
	return md->error;
}

int
maildir_stamp(struct maildir *md, struct maildir_stamp *stamp)
{
	struct stat st;
	int i;

	memset(stamp, 0, sizeof *stamp);
	if (fstatat(md->top, ADOPTED_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0)
		stamp->changed[MAILDIR_IDS] = st.st_ctim;
	else if (errno != ENOENT)
		return maildir_fail(md, "%s", ADOPTED_FILE);
	for (i = MAILDIR_NEW; i <= MAILDIR_CUR; i++) {
		if (md->dir[i] == -1)
			continue;
		if (fstat(md->dir[i], &st) == -1)
			return maildir_fail(md, "%s", names[i]);
		stamp->changed[i] = st.st_ctim;
	}
	return 0;
}

bool
maildir_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool
maildir_same_stamp(const struct maildir_stamp *a, const struct maildir_stamp *b)
{
	int i;

	for (i = 0; i < MAILDIR_STAMPS; i++)
		if (!maildir_same_time(&a->changed[i], &b->changed[i]))
			return false;
	return true;
}

/*
 * A name that is gone is no failure to speak of: the caller looks for the new
 * one.
 */
static int
fail_gone(struct maildir *md, enum maildir_where where, const char *file)
{
	return errno == ENOENT ? -1 : fail_file(md, where, file);
}

bool
maildir_is_no_message(int error)
{
	return error == ENOENT || error == ELOOP || error == EINVAL ||
	    error == ENXIO;
}

int
maildir_read(struct maildir *md, enum maildir_where where, const char *file)
{
	struct stat st;
	int fd;

	fd = openat(md->dir[where], file,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1)
		return fail_gone(md, where, file);
	if (fstat(fd, &st) == -1)
		goto out;
	if (S_ISREG(st.st_mode))
		return fd;
	errno = EINVAL;
out:
	fd_close(&fd);
	return fail_gone(md, where, file);
}

int
maildir_raw(struct maildir *md, enum maildir_where where, const char *file,
    off_t *raw)
{
	struct stat st;

	if (fstatat(md->dir[where], file, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return fail_gone(md, where, file);
	*raw = st.st_size;
	return 0;
}

int
maildir_remove(struct maildir *md, enum maildir_where where, const char *file)
{
	if (unlinkat(md->dir[where], file, 0) == -1)
		return fail_gone(md, where, file);
	return 0;
}

static int
need_cur(struct maildir *md)
{
	if (md->dir[MAILDIR_CUR] != -1)
		return 0;
	if (mkdirat(md->top, names[MAILDIR_CUR], 0700) == -1 &&
	    errno != EEXIST)
		return maildir_fail(md, "%s", names[MAILDIR_CUR]);
	return open_dir(md, MAILDIR_CUR);
}

/*
 * rename(2) replaces its target without a word, and does nothing if both names
 * are links to one file.  So look first: that file keeps its new name and loses
 * its old one, and another file is left alone.
 */
static int
move(struct maildir *md, enum maildir_where where, const char *file,
    const char *name)
{
	int from = md->dir[where], to = md->dir[MAILDIR_CUR];
	struct stat old, there;

	if (fstatat(to, name, &there, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? renameat(from, file, to, name) : -1;
	if (fstatat(from, file, &old, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	if (old.st_dev == there.st_dev && old.st_ino == there.st_ino)
		return unlinkat(from, file, 0);
	errno = EEXIST;
	return -1;
}

int
maildir_set_seen(struct maildir *md, enum maildir_where where,
    const char *file)
{
	static const char signs[] = ":;";
	char seen[NAME_MAX + 1];
	size_t i;
	int r = -1;

	if (where == MAILDIR_CUR && name_has_flag(file, 'S'))
		return 0;
	if (need_cur(md) == -1)
		return fail_file(md, where, file);
	errno = EINVAL;
	/* Some file systems refuse a colon (vfat, NTFS, SMB). */
	for (i = 0; i < strlen(signs) && r == -1 && errno == EINVAL; i++)
		if ((r = name_add_flag(seen, sizeof seen, file, 'S',
		    signs[i])) == 0)
			r = move(md, where, file, seen);
	return r == 0 ? 0 : fail_gone(md, where, file);
}

static void
clean_one(int dir, const char *file, time_t now)
{
	struct stat st;

	if (file[0] == '.' ||
	    fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !S_ISREG(st.st_mode))
		return;
	if (now - st.st_mtime > TMP_MAX_AGE &&
	    now - st.st_atime > TMP_MAX_AGE &&
	    now - st.st_ctime > TMP_MAX_AGE)
		(void)unlinkat(dir, file, 0);
}

/* solopop.*.new: the draft of a session that was killed. */
static bool
is_draft(const char *file)
{
	size_t len = strlen(file), begin = sizeof FILES_PREFIX - 1;
	size_t end = sizeof REPLACE_SUFFIX - 1;

	return len > begin + end && memcmp(file, FILES_PREFIX, begin) == 0 &&
	    strcmp(file + len - end, REPLACE_SUFFIX) == 0;
}

static bool
is_any(const char *file)
{
	return file[0] != '\0';
}

static void
clean(const struct maildir *md, const char *name, bool (*is_ours)(const char *))
{
	time_t now = clock_date();
	struct dirent *entry;
	DIR *dir;
	int fd;

	fd = openat(md->top, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return;
	if ((dir = fdopendir(fd)) == NULL) {
		fd_close(&fd);
		return;
	}
	while ((entry = readdir(dir)) != NULL)
		if (is_ours(entry->d_name))
			clean_one(fd, entry->d_name, now);
	(void)closedir(dir);
}

void
maildir_clean_tmp(struct maildir *md)
{
	clean(md, "tmp", is_any);
}

void
maildir_clean_drafts(struct maildir *md)
{
	clean(md, ".", is_draft);
}
