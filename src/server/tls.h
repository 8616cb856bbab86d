/*
 * TLS between the client and us, in a process of its own: solopop-tls, or a
 * superserver that offers UCSPI-TLS.  What it makes of the client's bytes comes
 * over descriptors that take the client's place.
 */
#ifndef SERVER_TLS_H
#define SERVER_TLS_H

#include "settings/server.h"

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tls {
	pid_t pid;			/* of solopop-tls; 0: none */
	int alive;			/* ends when that one does; -1: none */
	int plain;			/* until tls_begin(); -1: none */
};

void tls_init(struct tls *t);

/* The first file of TLS that is named and cannot be read, with errno, or NULL. */
const char *tls_missing(const struct tls_conf *conf);

/*
 * Could a client have TLS here?  Looks whether program, certificate and key are
 * there, and at nothing where no certificate is named.
 */
bool tls_is_offered(const struct tls_conf *conf, const struct client *client);

/*
 * Start solopop-tls and wait until it has read its files and is confined.  It
 * does not hear the client before tls_begin().  -1 and its own line in the log if
 * it cannot: then the client has lost nothing.
 */
int tls_start(struct tls *t, const struct server_conf *conf,
    const struct client *client, int64_t deadline);

/*
 * Begin, and start first if that is still to be done.  client->in and client->out are closed and become the plain end, 3 or
 * above and close-on-exec.  The handshake must end before deadline (clock_ms()
 * terms).  -1 with errno; the client is then lost.
 */
int tls_begin(struct tls *t, const struct server_conf *conf,
    struct client *client, int64_t deadline);

/*
 * All is said, and our copies of the plain end are closed: wait until the
 * client has the last bytes, or until deadline, then end what is left.
 */
void tls_end(struct tls *t, int64_t deadline);

/*
 * Let solopop-tls look at the files that the settings name.  What it says is
 * written to text as a string, cut at cap - 1.  Its exit status, or -1.
 */
int tls_check(const struct tls_conf *conf, char *text, size_t cap);

#endif
