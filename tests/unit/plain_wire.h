/*
 * io/wire.c without vector code, beside the one that is built: both must say
 * the same.
 */
#ifndef PLAIN_WIRE_H
#define PLAIN_WIRE_H

#include "io/wire.h"

size_t plain_encode(struct wire *w, unsigned char *dst,
    const unsigned char *src, size_t n);
void plain_measure(struct wire *w, const unsigned char *src, size_t n);

#endif
