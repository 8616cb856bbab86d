/*
 * File descriptors: one owner each, -1 once closed, and never 0, 1 or 2 by
 * accident.
 */
#ifndef BASE_FD_H
#define BASE_FD_H

#include "base/ascii.h"

#include <sys/types.h>

#include <stdbool.h>

/* Close *fd if it is open and set it to -1.  errno is kept. */
void fd_close(int *fd);

/* Close every descriptor from lowest up: superservers leave some open. */
void fd_close_from(int lowest);

/*
 * Keep these n descriptors, which are moved to 3 and up, close-on-exec, and
 * close all others from 3 up.  -1 with errno; some are closed then.
 */
int fd_keep(int **fds, int n);

/* Open whatever of 0, 1 and 2 came closed on /dev/null.  -1 if that fails. */
int fd_open_standard(void);

/* Make fd (any of 0-2) refer to /dev/null. */
int fd_to_null(int fd);

/* A close-on-exec copy of fd at 3 or above; the caller owns it. */
int fd_copy(int fd);

/* Do both refer to the same file, socket, pipe or terminal? */
bool fd_same(int a, int b);

bool fd_is_socket(int fd);

/*
 * Is it a plain file, under one name only, of the one who runs us?  -1 with
 * EPERM when it is not, or with what fstat(2) said.
 */
int fd_is_own_file(int fd);

/*
 * Is it a plain file of the one who runs us, or of this owner?  It may have
 * several names, so a caller that writes to it changes them all.
 */
int fd_is_file_of(int fd, uid_t owner);

/*
 * Write all of it, however often the kernel takes only a part.  For regular
 * files and terminals; sockets belong to io/out.
 */
int fd_write_all(int fd, const void *bytes, size_t len);

/*
 * The bytes of a regular file from at up to end, as many as there is room for.
 * Fewer than that only where the file ends: EINTR and short reads are gone on
 * with.  Their number, or -1.
 */
ssize_t fd_read_at(int fd, void *bytes, size_t room, off_t at, off_t end);

/*
 * All of a regular file from its beginning, as a string that the caller frees;
 * *len without its NUL.  NULL with EPERM when it is not a plain file of the
 * one who runs us, EFBIG when it has more than max bytes, or what reading said.
 */
char *fd_read_all(int fd, size_t max, size_t *len);

/* The same of a file that the caller has looked at: its owner may be any. */
char *fd_read_text(int fd, size_t max, size_t *len);

#endif
