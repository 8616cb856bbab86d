/*
 * Numbers 0..n-1 by directory and file name, so that an entry of a directory is
 * found among the messages of a list without being parsed or compared with names.
 *
 * A 64-bit sum stands for directory and name, because to look at each name costs
 * more than to read the directory.  Two names of one sum are noticed where both
 * are there.  Only the owner of a Maildir can choose names that have one.
 */
#ifndef MAILDIR_PLACES_H
#define MAILDIR_PLACES_H

#include "maildir/maildir.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct places {
	struct place {
		uint64_t sum;
		uint32_t number;	/* idx and 1; 0: nothing stands here */
	} *slot;
	size_t mask;
	bool *found;			/* by idx */
};

enum places_result {
	PLACES_FOUND,
	PLACES_NEW,
	PLACES_AGAIN			/* found before: two names of one sum */
};

/* Make room for n of them, none of which is found yet.  -1 with ENOMEM. */
int places_open(struct places *p, size_t n);

/* Frees; keeps errno. */
void places_close(struct places *p);

/* -1 with EAGAIN when its sum is another one's, or too many fall together. */
int places_enter(struct places *p, size_t idx, enum maildir_where where,
    const char *file);

enum places_result places_find(struct places *p, enum maildir_where where,
    const char *file);

#endif
