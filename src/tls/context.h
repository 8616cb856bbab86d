/*
 * What all of TLS is set up from: the certificates, the keys for tickets, and
 * the choice of protocols and ciphers.
 */
#ifndef TLS_CONTEXT_H
#define TLS_CONTEXT_H

#include "tls/names.h"
#include "tls/settings.h"
#include "tls/tickets.h"

#include <openssl/ssl.h>

struct context {
	SSL_CTX *ssl;
	struct names names;
	struct tickets tickets;
};

/*
 * Read every file that the settings name.  -1 when no session can be served;
 * the reason is in the log, and so is what else is wrong.
 */
int context_open(struct context *c, const struct settings *s);

void context_free(struct context *c);

#endif
