/*
 * Passwords, and numbers nobody can guess.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/ascii.h"

#include <stdbool.h>
#include <stddef.h>

/* The longest password we take, in bytes. */
#define SECRET_MAX 512

/* Lives for one function's time; secret_wipe() it on every way out. */
struct secret {
	size_t len;
	char text[SECRET_MAX + 1];	/* terminated, and without other NULs */
};

/* -1 with EMSGSIZE or EINVAL (a NUL) if the bytes cannot be a password. */
int secret_set(struct secret *secret, struct span bytes);

void secret_wipe(struct secret *secret);

/* Overwrite memory in a way the compiler may not leave out. */
void secret_erase(void *memory, size_t len);

/* Equal?  Takes the same time wherever the first difference stands. */
bool secret_equal(const void *a, const void *b, size_t len);

/*
 * Fill dst with 2*n lower-case hex digits from the kernel's generator and a
 * NUL.  n is at most 64.  -1 if the kernel has none to give.
 */
int secret_random_hex(char *dst, size_t n);

#endif
