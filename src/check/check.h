/*
 * --check: say in plain words what a session would meet here, and how to mend
 * what would stop it.
 */
#ifndef CHECK_CHECK_H
#define CHECK_CHECK_H

#include "settings/options.h"

#include <stdio.h>

/* Writes to f.  Returns the number of problems. */
unsigned check_run(FILE *f, const struct options *o, const struct peer *peer);

#endif
