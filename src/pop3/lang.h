/*
 * LANG (RFC 6856, section 3), in both states.
 */
#ifndef POP3_LANG_H
#define POP3_LANG_H

#include "pop3/commands.h"

enum pop3_step lang_run(struct pop3 *p, const struct args *a);

#endif
