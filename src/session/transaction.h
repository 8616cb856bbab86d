/*
 * TRANSACTION (RFC 1939, section 5): the commands after the login.
 */
#ifndef SESSION_TRANSACTION_H
#define SESSION_TRANSACTION_H

#include "pop3/commands.h"

extern const struct command transaction_commands[];

#endif
