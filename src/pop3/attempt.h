/*
 * What all ways to log in have in common.
 */
#ifndef POP3_ATTEMPT_H
#define POP3_ATTEMPT_H

#include "pop3/pop3.h"

/*
 * The name as the client said it, or as the site wants it, becomes p->user;
 * false if it is none, and there is no user then.
 */
bool attempt_take_name(struct pop3 *p, struct span name);

/* Behind UTF8: may this be a name or a password (RFC 6856, section 2.2)? */
bool attempt_is_text(const struct pop3 *p, struct span s);

/*
 * Before the monitor is asked: the answers so far leave, so that a client need
 * not wait for them, too.  False if that failed.
 */
bool attempt_can_wait(struct pop3 *p);

/* ask_verify(), and those answers before it. */
int attempt_verify(struct pop3 *p, const struct secret *password,
    enum verdict *verdict, bool *last);

/* What the monitor said, to the client. */
enum pop3_step attempt_answer(struct pop3 *p, enum verdict verdict, bool last);

#endif
