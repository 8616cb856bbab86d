/*
 * The loop that reads a command and has it answered, and how long the client
 * may take.
 */
#ifndef POP3_CONVERSATION_H
#define POP3_CONVERSATION_H

#include "pop3/commands.h"

/*
 * Answer these commands, a table that ends with a NULL name, until one of them
 * says how it goes on, never with STEP_NEXT.
 */
enum pop3_step conversation_run(struct pop3 *p, const struct command *commands);

/*
 * Within AUTH (RFC 5034, section 4): a challenge, "+ " and the text, which
 * leaves if the client has not yet said anything.  If it has to be waited for
 * and a login is expected, PAM's modules are loaded meanwhile.
 */
void conversation_challenge(struct pop3 *p, const char *text, bool expect);

/*
 * The response to it, a line of at most cap octets gathered at dst.  -1: there
 * is none, and *step is what comes of the command.
 */
int conversation_response(struct pop3 *p, char *dst, size_t cap,
    struct span *response, enum pop3_step *step);

#endif
