/*
 * AUTH (RFC 5034): what passes between a mechanism and the client.
 *
 * All that is read from the client is taken apart here, where a mistake does
 * little harm; the monitor gets fields.
 */
#ifndef POP3_SASL_H
#define POP3_SASL_H

#include "pop3/commands.h"

/* The longest response, its line end included: RFC 4954 has 12288, too. */
#define SASL_LINE_MAX 12288

enum pop3_step sasl_auth(struct pop3 *p, const struct args *a);

#endif
