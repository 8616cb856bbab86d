/*
 * What the times of a directory are worth.  Where one kernel keeps them, a
 * directory that has changed has another time.  A union file system shows those
 * of one branch, and a network file system those of several clocks.
 */
#ifndef MAILDIR_STORAGE_H
#define MAILDIR_STORAGE_H

#include <stdbool.h>

/*
 * Does one kernel keep the times of the file system that fd is on?  *name is how
 * it is called, or "unknown".
 */
bool storage_keeps_times(int fd, const char **name);

#endif
