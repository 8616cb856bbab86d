/*
 * --check: say in plain words what a session would meet here, and how to mend
 * what would stop it.
 */
#ifndef CHECK_H
#define CHECK_H

#include "options.h"

#include <stdio.h>

/*
 * Why no session may begin here at all, in words with the cure; NULL when it
 * may.  *reply is what a client on the network is told.
 */
const char *check_refusal(const struct options *o, const struct peer *peer,
    enum reply *reply);

/* Writes to f.  Returns the number of problems. */
unsigned check_run(FILE *f, const struct options *o, const struct peer *peer);

/*
 * Does clear-text-password leave a way to log in?  NULL, or what is missing: a
 * warning, for nobody is refused because of it.  tls and apop say whether these
 * would work.
 */
const char *check_clear_text(const struct options *o, bool tls, bool apop);

#endif
