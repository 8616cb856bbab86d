/*
 * Putting a whole new file in the place of an old one: a draft of a random name
 * is made, written, synced with fsync(2) and renamed.  A reader sees the old file
 * or the new one, and two writers cannot take each other's draft.
 */
#ifndef BASE_REPLACE_H
#define BASE_REPLACE_H

#define REPLACE_SUFFIX ".new"
#define REPLACE_NAME_MAX 64

struct replace {
	int fd;			/* to be written to; -1: there is no draft */
	const char *file;	/* on loan */
	char draft[REPLACE_NAME_MAX];
};

/* Make it safe to drop. */
void replace_init(struct replace *r);

/* Make an empty draft of this file, for its owner alone, in dir.  -1 with errno. */
int replace_begin(struct replace *r, int dir, const char *file);

/*
 * Put the draft in the place of the file.  -1 with errno: the draft is gone
 * then.  That the new name survives a crash needs fsync(2) of dir.
 */
int replace_commit(struct replace *r, int dir);

/* Remove the draft, if there is one.  errno is kept. */
void replace_drop(struct replace *r, int dir);

#endif
