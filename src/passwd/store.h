/*
 * The secrets file itself: who changes it holds a lock on FILE.lock beside it,
 * writes FILE.new, and puts that in FILE's place.  So whoever reads FILE, at
 * any time and after any crash, reads the old one whole or the new one whole.
 */
#ifndef PASSWD_STORE_H
#define PASSWD_STORE_H

#include "base/ascii.h"

#include <limits.h>

struct store {
	int dir, lock;			/* ours, or -1 */
	char name[NAME_MAX + 1];	/* in dir */
	struct span text;		/* ours */
	char error[2 * PATH_MAX];
};

/*
 * Read the file, without the lock; none is as good as an empty one.  -1:
 * store_error() says why, and how to mend it.  Close it in either case.
 */
int store_read(struct store *s, const char *path);

/* The same, to change it: nobody else does until it is closed. */
int store_lock(struct store *s, const char *path);

/*
 * Put the text in the file's place, for good: a crash of the machine does not
 * take it back.  After store_lock(); the text stays the caller's.  On -1 the
 * file is as it was, or, when only the last word is missing whether the disk
 * has it, as it shall be.
 */
int store_write(struct store *s, struct span text);

const char *store_error(const struct store *s);

void store_close(struct store *s);

#endif
