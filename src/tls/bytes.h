/*
 * Small files, read whole while we may: certificates and keys.
 */
#ifndef TLS_BYTES_H
#define TLS_BYTES_H

#include "base/ascii.h"

#include <sys/types.h>

#include <stdbool.h>

/* No certificate chain and no key is longer. */
#define BYTES_MAX 262144

struct bytes {
	char *p;			/* NULL: nothing */
	size_t len, cap;
	mode_t mode;			/* of the file; with uid, for checks */
	uid_t uid;
};

/*
 * Read the regular file at path, below the directory at (or AT_FDCWD).  -1 with
 * errno: EFBIG when it is too long, EINVAL when it is no regular file.
 */
int bytes_read(struct bytes *b, int at, const char *path);

/* Does the mode of its file let every user read or write it? */
bool bytes_is_public(const struct bytes *b);

/* Overwrite and free; b becomes empty.  It may have been a key. */
void bytes_free(struct bytes *b);

#endif
