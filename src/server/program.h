/*
 * Build the command line of a helper program and exec it.  Everybody can read that
 * line in ps(1): nothing secret, no name and no address is on it.
 */
#ifndef SERVER_PROGRAM_H
#define SERVER_PROGRAM_H

#include "base/num.h"

#include <sys/types.h>

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#define PROGRAM_WORDS_MAX 56
#define PROGRAM_NUMBERS_MAX 8

struct program {
	size_t n;			/* words */
	char *words[PROGRAM_WORDS_MAX + 1];
	size_t n_numbers;
	char numbers[PROGRAM_NUMBERS_MAX][NUM_DECIMAL_MAX];
	uid_t uid;			/* to become first; 0: nobody else */
	gid_t gid;
};

/* Begin a command line with the program's path.  Words are kept by reference. */
void program_init(struct program *p, const char *path);

/* A word of its own; more than there is room for, and it does not start. */
void program_word(struct program *p, const char *word);
void program_number(struct program *p, uint64_t n);

/* "NAME" "VALUE", or neither when value is NULL. */
void program_option(struct program *p, const char *name, const char *value);

/*
 * Where a program of ours is: beside this one, as in the folder that both were
 * built in, or where it is installed.  name NULL is this one itself.
 */
#define SESSION_NAME "solopop-session"
#define SESSION_PROGRAM LIBEXECDIR "/" SESSION_NAME
const char *program_find(char path[PATH_MAX], const char *name,
    const char *fallback);

/*
 * In a child: be that program, with an empty environment, no signal held back,
 * and no descriptor above 2 but these n, from 3 on in this order.  It ends with
 * PROGRAM_MISSING when that cannot be.
 */
#define PROGRAM_MISSING 127
_Noreturn void program_become(const struct program *p, int **fds, int n);

/*
 * The same in a new process, which has seen nothing of our memory when the
 * program begins.  Its pid, or -1 with errno when it does not begin.
 */
#define PROGRAM_FDS_MAX 4
pid_t program_start(const struct program *p, const int *fds, int n);

#endif
