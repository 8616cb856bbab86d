/*
 * Another program of ours: its command line, and becoming it.  What it is told
 * stands there for all to see, so it holds no secret.
 */
#ifndef SERVER_PROGRAM_H
#define SERVER_PROGRAM_H

#include "base/num.h"

#include <stddef.h>
#include <stdint.h>

#define PROGRAM_WORDS_MAX 48
#define PROGRAM_NUMBERS_MAX 8

struct program {
	size_t n;			/* words */
	char *words[PROGRAM_WORDS_MAX + 1];
	size_t n_numbers;
	char numbers[PROGRAM_NUMBERS_MAX][NUM_DECIMAL_MAX];
};

/* Begin a command line with the program's path.  Words are kept by reference. */
void program_init(struct program *p, const char *path);

/* A word of its own; more than there is room for, and it does not start. */
void program_word(struct program *p, const char *word);
void program_number(struct program *p, uint64_t n);

/* "NAME" "VALUE", or neither when value is NULL. */
void program_option(struct program *p, const char *name, const char *value);

/*
 * In a child: be that program, with an empty environment, no signal held back,
 * and no descriptor above 2 but these n, from 3 on in this order.  It ends with
 * PROGRAM_MISSING when that cannot be.
 */
#define PROGRAM_MISSING 127
_Noreturn void program_become(const struct program *p, int **fds, int n);

#endif
