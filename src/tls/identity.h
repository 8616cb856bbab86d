/*
 * A certificate with those that vouch for it, and the key that belongs to it.
 */
#ifndef TLS_IDENTITY_H
#define TLS_IDENTITY_H

#include "tls/bytes.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

struct identity {
	X509 *cert;
	STACK_OF(X509) *chain;		/* the others, in their order */
	EVP_PKEY *key;
};

/*
 * Read PEM: the server's own certificate first.  key may hold nothing: the key
 * then stands beside the certificate.  -1, and identity_error() says why.
 */
int identity_parse(struct identity *id, const struct bytes *cert,
    const struct bytes *key);

void identity_free(struct identity *id);

/* What the library last complained of, in words; static.  Clears it. */
const char *identity_error(void);

#endif
