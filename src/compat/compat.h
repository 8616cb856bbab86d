/*
 * What configure found missing.  Each replacement is a file of its own here,
 * compiled only where it is needed.
 */
#ifndef COMPAT_COMPAT_H
#define COMPAT_COMPAT_H

#include "config.h"

#include <stddef.h>

#ifdef HAVE_MALLOC_TRIM
#include <malloc.h>
#else
int malloc_trim(size_t);
#endif

#ifndef HAVE_EXPLICIT_BZERO
void explicit_bzero(void *, size_t);
#endif
#ifndef HAVE_GETENTROPY
int getentropy(void *, size_t);
#endif
#ifndef HAVE_CLOSEFROM
void closefrom(int);
#endif

#ifndef HAVE_FEXECVE
int fexecve(int, char *const *, char *const *);
#endif

#endif
