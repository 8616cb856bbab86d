/*
 * --check: the certificates and keys as a session would meet them, in words.
 */
#ifndef TLS_INSPECT_H
#define TLS_INSPECT_H

#include "tls/settings.h"

#include <stdio.h>

/*
 * Write to f, a line for each thing; a line that begins with "-> " tells how to
 * mend what the one before it complains of.  Returns how many of those.
 */
unsigned inspect_run(FILE *f, const struct settings *s);

#endif
