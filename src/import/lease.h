/*
 * The moment in which nobody else has a file open: what somebody appends
 * without a lock is then there whole or not at all, and who opens the file
 * meanwhile waits.  Linux has leases for it; elsewhere there is none.
 */
#ifndef IMPORT_LEASE_H
#define IMPORT_LEASE_H

#include <stdint.h>

/*
 * Wait for it until deadline (as clock_ms()).  -1 with EAGAIN when others keep
 * the file open, or what this file system says.
 */
int lease_take(int fd, int64_t deadline);

void lease_drop(int fd);

#endif
