/*
 * The client's descriptors as OpenSSL sees them.  They are blocking and not
 * ours to change, so each call asks not to wait: it gives what there is, or
 * says that there is nothing now.
 */
#ifndef TLS_RAW_H
#define TLS_RAW_H

#include <openssl/bio.h>

#include <stdbool.h>
#include <stdint.h>

struct raw {
	int in, out;			/* on loan */
	bool in_socket, out_socket;
	bool eof;			/* the client sends no more */
	uint64_t received;
};

/* What the client's in and out may be: two, or one. */
void raw_init(struct raw *raw, int in, int out);

/* A BIO over it, which the caller frees; raw must live longer. */
BIO *raw_bio(struct raw *raw);

/* No more bytes will follow, as far as that can be said without closing. */
void raw_end(const struct raw *raw);

#endif
