/*
 * One Maildir on disk: its directories, held open, and what may be done in
 * them.  Everything happens below these descriptors and follows no symbolic
 * link, so nothing outside the Maildir is touched.
 */
#ifndef MAILDIR_MAILDIR_H
#define MAILDIR_MAILDIR_H

#include "base/ascii.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <stdbool.h>

enum maildir_where { MAILDIR_NEW, MAILDIR_CUR };

#define MAILDIR_ERROR_MAX 256

struct maildir {
	int top;
	int dir[2];			/* by enum maildir_where; -1: missing */
	uid_t owner;			/* of the top */
	char error[MAILDIR_ERROR_MAX];
};

/* Make it safe to close. */
void maildir_init(struct maildir *md);

/*
 * Open the Maildir at path.  The top may be a symbolic link, new/ and cur/ may
 * be missing.  -1 with ENOENT when there is none.
 */
int maildir_open(struct maildir *md, const char *path);
void maildir_close(struct maildir *md);

/*
 * An open Maildir without new/ and cur/: take the files in its top for messages
 * instead.  False if it has one of them.
 */
bool maildir_flatten(struct maildir *md);

/*
 * The same, but what is missing of the Maildir is made first, its owner's alone:
 * the top, new/, cur/ and tmp/.
 */
int maildir_make(struct maildir *md, const char *path);

/*
 * Open a file that a server of ours has put into dir, a directory of the
 * Maildir: a plain file of the one who runs us, or of the owner of the
 * Maildir, because there are file systems on which all files have one owner.  It
 * may have more names than one: backups are made of hard links.  -1 with ENOENT;
 * EPERM when it is another kind of file.
 */
int maildir_open_own(const struct maildir *md, int dir, const char *file);

/* The whole of such a file, as fd_read_text() gives it. */
char *maildir_read_own(const struct maildir *md, int dir, const char *file,
    size_t max, size_t *len);

/*
 * Why the last call failed, in words for the log; foreign bytes quoted.  That a
 * message's name is gone (ENOENT) is not told here: it is nobody's fault.
 */
const char *maildir_error(const struct maildir *md);

void maildir_forget_error(struct maildir *md);

/*
 * When new/ and cur/ last changed, and the file of adopted unique-ids: by
 * ctime, which moves with every change of a directory's entries as mtime does,
 * and which nobody can set back (tar, rsync and touch set mtime).  Zero for
 * what is not there.
 */
#define MAILDIR_IDS 2		/* after enum maildir_where */
#define MAILDIR_STAMPS 3

struct maildir_stamp {
	struct timespec changed[MAILDIR_STAMPS];
};

/* -1 if the file system will not say. */
int maildir_stamp(struct maildir *md, struct maildir_stamp *stamp);
bool maildir_same_time(const struct timespec *a, const struct timespec *b);
bool maildir_same_stamp(const struct maildir_stamp *a,
    const struct maildir_stamp *b);

/*
 * Open a message for reading: a regular file, and never a wait.  The caller
 * owns the descriptor.  -1 with ENOENT when the name is gone.
 */
int maildir_read(struct maildir *md, enum maildir_where where,
    const char *file);

/* Did maildir_read() say that it is gone, or a link, a pipe, a directory? */
bool maildir_is_no_message(int error);

/* Its size on disk.  -1 with ENOENT when the name is gone. */
int maildir_raw(struct maildir *md, enum maildir_where where,
    const char *file, off_t *raw);

/* Remove it.  -1 with ENOENT when the name is gone. */
int maildir_remove(struct maildir *md, enum maildir_where where,
    const char *file);

/*
 * Move a message to cur/ under its name with the S flag (cur/ is made if it is
 * missing).  Never onto another file: -1 with EEXIST then, ENOENT when the
 * name is gone, EINVAL when its info is not ours to change.  If the file has
 * that name already, it loses the other one.
 */
int maildir_set_seen(struct maildir *md, enum maildir_where where,
    const char *file);

/* Remove what was left in tmp/ untouched for 36 hours, as maildir(5) asks. */
void maildir_clean_tmp(struct maildir *md);

/* Remove drafts of our own files that are as old: their sessions were killed. */
void maildir_clean_drafts(struct maildir *md);

/* Remember what is wrong with a message, a printf format; "": what errno says. */
void maildir_blame(struct maildir *md, enum maildir_where where,
    const char *file, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Remember errno with this text, a printf format, and return -1. */
int maildir_fail(struct maildir *md, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
