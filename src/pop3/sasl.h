/*
 * AUTH (RFC 5034): which mechanisms there are, and what passes between one of
 * them and the client.  The handler stands in pop3/commands.h.
 *
 * All that is read from the client is taken apart here, where a mistake does
 * little harm; the monitor gets fields.
 */
#ifndef POP3_SASL_H
#define POP3_SASL_H

#include "pop3/pop3.h"

/* The longest response, its line end included: RFC 4954 has 12288, too. */
#define SASL_LINE_MAX 12288

/* Can any mechanism succeed on this connection? */
bool sasl_works(const struct pop3 *p);

/*
 * Append " NAME" for each that can to the string at dst, which has room for
 * cap bytes in all.
 */
void sasl_list(const struct pop3 *p, char *dst, size_t cap);

#endif
