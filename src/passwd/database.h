/*
 * qpopper's pop.auth, a database of gdbm's.  configure chooses the file:
 * database_gdbm.c or database_none.c.
 */
#ifndef PASSWD_DATABASE_H
#define PASSWD_DATABASE_H

#include "base/ascii.h"

/*
 * Give every key and its value to take(), as they stand, on loan.  NULL, or
 * what went wrong, in words; so when take() returned that.
 */
const char *database_read(const char *path, const char *(*take)(void *ctx,
    struct span key, struct span value), void *ctx);

#endif
