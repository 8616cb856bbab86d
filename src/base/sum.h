/*
 * A sum over bytes that notices torn and foreign files, and spreads names over
 * a table.  Not made against forgers.
 */
#ifndef BASE_SUM_H
#define BASE_SUM_H

#include <stddef.h>
#include <stdint.h>

#define SUM_START 0x9e3779b97f4a7c15

/*
 * Over a whole text in pieces, from SUM_START on: every piece but the last is a
 * multiple of eight bytes long, and the last one is taken as if zeros
 * followed.  doc/index.md has the formula.
 */
uint64_t sum_add(uint64_t sum, const void *bytes, size_t len);

#endif
