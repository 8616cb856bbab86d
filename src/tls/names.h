/*
 * Certificates for several names, chosen by what the client asks for (SNI, RFC
 * 6066).  All are read at the beginning, while we may; only the chosen one is
 * looked into.
 *
 *	DIR/NAME.crt or DIR/NAME.pem, and DIR/NAME.key (or in the same file)
 *	DIR/NAME/fullchain.pem and DIR/NAME/privkey.pem
 *
 * The NAME _.example.org stands for every name one label below example.org that
 * has no entry of its own.
 */
#ifndef TLS_NAMES_H
#define TLS_NAMES_H

#include "tls/bytes.h"

/* RFC 1035: no host name is longer. */
#define NAMES_LEN 253

/* More than these are left out. */
#define NAMES_MAX 1024

struct name {
	struct name *next;
	char host[NAMES_LEN + 1];	/* in lower case */
	int error;			/* errno: it cannot be used */
	struct bytes cert, key;
};

struct names {
	struct name *first;
	size_t count;
};

/*
 * Read the directory.  -1 with errno when that cannot be done at all; a file
 * that cannot be read is remembered with its error.
 */
int names_read(struct names *n, const char *dir);

void names_free(struct names *n);

/* The entry for what a client said; NULL if there is none. */
const struct name *names_find(const struct names *n, struct span host);

/*
 * Write a host name in lower case, as a string.  -1 when it can be none: other
 * characters than letters, digits, '-', '_' and '.', a dot in front, or too
 * long.  A dot at its end is taken off.
 */
int names_fold(char host[NAMES_LEN + 1], struct span text);

#endif
