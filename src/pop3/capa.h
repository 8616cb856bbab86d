/*
 * CAPA (RFC 2449), in both states.
 */
#ifndef POP3_CAPA_H
#define POP3_CAPA_H

#include "pop3/commands.h"

enum pop3_step capa_run(struct pop3 *p, const struct args *a);

#endif
