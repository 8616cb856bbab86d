/*
 * AUTHORIZATION (RFC 1939, section 4): the commands before the login.
 */
#ifndef POP3_AUTHORIZATION_H
#define POP3_AUTHORIZATION_H

#include "pop3/pop3.h"

/*
 * From the banner, unless it was said, to the login.  STEP_LOGIN: p->user is
 * in; line_unread(&p->in) is for whoever goes on.  STEP_TLS: the client begins
 * TLS, and then all begins anew, without a banner (RFC 2595, section 4).
 * Anything else: it is over.
 */
enum pop3_step authorization_run(struct pop3 *p);

#endif
