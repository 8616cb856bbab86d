/*
 * The command line, in GNU's manner, or, called as popauth or qpopauth, in
 * that of qpopper's popauth.
 */
#ifndef PASSWD_SETTINGS_H
#define PASSWD_SETTINGS_H

#include "passwd/commands.h"

#include <stdio.h>

#define SETTINGS_FILE SYSCONFDIR "/solopop.secrets"

/*
 * What is to be done.  Strings are kept by reference.  r->run is NULL when
 * something has been said instead, --help for one.  -1 with the reason in error.
 */
int settings_parse(struct request *r, int argc, char **argv, char *error,
    size_t cap);

#endif
