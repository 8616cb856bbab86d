/*
 * Between the client, who speaks TLS, and us, who do not.  Each direction has a
 * buffer of fixed size and waits for the slower side; an end in one direction
 * is passed on, and the other goes on.
 */
#ifndef TLS_PUMP_H
#define TLS_PUMP_H

#include "tls/raw.h"

#include <openssl/ssl.h>

#include <stddef.h>
#include <stdint.h>

#define PUMP_UP		16384		/* commands */
#define PUMP_DOWN	65536		/* mail */

struct flow {
	size_t start, end;		/* what of the buffer is to be sent */
	bool ended;			/* nothing more will come in */
	bool told;			/* the other side knows that */
};

struct pump {
	SSL *ssl;
	struct raw raw;
	int plain;			/* on loan, a socket */
	bool plain_gone;		/* closed, both ways */
	bool broken;			/* TLS is, or the client is gone */
	bool dead;			/* ... since it answers no probe */
	short raw_wants, plain_wants;	/* poll events, before we can go on */
	int64_t patience, deadline;	/* ms */
	struct flow up, down;
	char up_bytes[PUMP_UP], down_bytes[PUMP_DOWN];
};

/*
 * Begin over the client's descriptors and the plain end, all of which stay the
 * caller's.  NULL when memory is out.  patience: see pump_run().
 */
struct pump *pump_new(SSL_CTX *ctx, int in, int out, int plain,
    int64_t patience);
void pump_free(struct pump *p);

/*
 * Shake hands until deadline (clock_ms() terms).  The plain side may have left
 * meanwhile, with a last word that the client should hear.  -1 with ETIMEDOUT
 * when the deadline passed, EPIPE when the client left, EPROTO when TLS came to
 * no agreement.
 */
int pump_handshake(struct pump *p, int64_t deadline);

/*
 * Move bytes until both directions have ended.  While the plain side is there,
 * waiting is its business; after it has gone, the client may take nothing for
 * patience ms, and may keep its own side open for two seconds once all is sent.
 */
void pump_run(struct pump *p);

#endif
