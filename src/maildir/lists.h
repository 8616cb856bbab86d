/*
 * The lists of unique-ids that other servers keep in a Maildir.
 */
#ifndef MAILDIR_LISTS_H
#define MAILDIR_LISTS_H

#include "maildir/adopted.h"
#include "maildir/maildir.h"
#include "maildir/sources.h"

#include <stdbool.h>
#include <time.h>

struct list_facts {
	bool had_pop3;		/* a POP3 server has left its traces */
	struct timespec changed;
};

/* The file that a source reads, or NULL if it reads none. */
const char *lists_file(const struct source *s);

/* When it was changed last.  -1 with ENOENT when there is no such file. */
int lists_changed(const struct maildir *md, const struct source *s,
    struct timespec *changed);

/*
 * Read the list as rows of ours; the caller frees them.  A file that is no such list
 * has none.  -1 with ENOENT when it is not there, or with errno and maildir_error().
 */
int lists_read(struct adopted *a, struct maildir *md, const struct source *s,
    struct list_facts *facts);

#endif
