/*
 * A PAM service as its file describes it.  libpam reads the file only when a
 * user logs in, so --check reads it before that.
 */
#ifndef CHECK_PAM_H
#define CHECK_PAM_H

#include "check/report.h"

/*
 * Report where the service is defined, lines that libpam does not understand,
 * modules that are not installed, and a missing auth or account stack.
 */
void pam_check(struct report *r, const char *service);

#endif
