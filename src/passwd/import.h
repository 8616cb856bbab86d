/*
 * What others kept: qpopper's pop.auth, or lines of user:secret.
 */
#ifndef PASSWD_IMPORT_H
#define PASSWD_IMPORT_H

#include "base/ascii.h"

struct import {
	char *p;			/* lines as of a secrets file; ours */
	size_t len, cap;
	unsigned left_out;
};

/*
 * Read all that can be taken; what cannot is named on standard output, with the
 * reason.  NULL, or what went wrong, in words.  import_free() it in either case.
 */
const char *import_read(struct import *im, const char *path);

void import_free(struct import *im);

#endif
